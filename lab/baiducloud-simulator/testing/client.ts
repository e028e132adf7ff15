import { createHmac } from "node:crypto";
import { type HttpHandler, readText, seededRandom, VirtualClock } from "@ccm/base";
import type { AccessKey } from "../api/signature.ts";
import { createSimulator, type Simulator, type SimulatorOptions } from "../simulator.ts";

/** An answer as the test expects it (T), or a refusal: what is not there is undefined, and the assertion tells. */
export interface Reply<T> {
  readonly status: number;
  readonly body: T & { readonly code: string; readonly message: string; readonly requestId: string };
}

export interface Scene {
  readonly clock: VirtualClock;
  readonly simulator: Simulator;
  /** A signed call: "GET /v1/vpc?maxKeys=1". Default: of the first account, on the shared port. */
  call<T = unknown>(line: string, body?: unknown, how?: How): Promise<Reply<T>>;
  /** Lets the state machines end. */
  settle(ms?: number): Promise<void>;
}

export interface How {
  readonly host?: string;
  readonly key?: AccessKey;
  readonly handler?: HttpHandler;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A simulator under a virtual clock whose answers must be as their schemas say, and a client that signs. */
export function createScene(options: Partial<SimulatorOptions> = {}): Scene {
  const clock = new VirtualClock();
  const simulator = createSimulator({
    clock,
    random: seededRandom("scene"),
    eipPool: "127.100.0.0/16",
    checkAnswers: true,
    ...options,
  });
  const now = options.clientClock ?? options.clock ?? clock;
  return {
    clock,
    simulator,
    async call(line, body, how = {}) {
      const { host = "127.0.0.1:80", key = simulator.credentials, handler = simulator.handler } = how;
      const [method = "", target = ""] = line.split(" ");
      const headers = { host, ...how.headers };
      const authorization = sign(method, target, host, key, now.now());
      const bytes = new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body));
      const signal = new AbortController().signal;
      const answer = await handler({ method, target, headers: { ...headers, authorization }, body: bytes, signal });
      return { status: answer.status, body: JSON.parse(await readText(answer.body)) };
    },
    settle: (ms = 5000) => clock.advance(ms),
  };
}

function sign(method: string, target: string, host: string, key: AccessKey, nowMs: number): string {
  const hmac = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest("hex");
  const time = new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z");
  const prefix = `bce-auth-v1/${key.accessKeyId}/${time}/1800`;
  const [path = "", query = ""] = target.split("?");
  const pairs = query
    .split("&")
    .filter(Boolean)
    .map((pair) => (pair.includes("=") ? pair : `${pair}=`))
    .sort();
  const text = [method, path, pairs.join("&"), `host:${encodeURIComponent(host)}`].join("\n");
  return `${prefix}/host/${hmac(hmac(key.secretAccessKey, prefix), text)}`;
}
