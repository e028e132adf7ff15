import {
  createLogger,
  type HttpResponse,
  inProcessTransport,
  jsonResponse,
  type LogFields,
  type Metrics,
  noMetrics,
  Secret,
  type ServerRequest,
  seededRandom,
  type Transport,
  VirtualClock,
} from "@ccm/base";
import type { BceCall } from "./api-call.ts";
import { createBceClient } from "./client.ts";
import { staticCredentials } from "./credentials.ts";
import { createScheduler, type SchedulerOptions } from "./scheduler.ts";

/** For this package's tests: a cloud that answers with what a test says, and remembers what it was asked. */
export const AK = "canaryAccessKeyId0000";
export const SK = "canarySecretAccessKey0";

export interface Asked {
  readonly at: number;
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type Reply = (asked: Asked, nth: number) => HttpResponse | Promise<HttpResponse>;

export function fakeCloud(reply: Reply, options: Partial<SchedulerOptions> & { readonly send?: Transport } = {}) {
  const clock = new VirtualClock();
  const asked: Asked[] = [];
  const logs: string[] = [];
  const counts = new Map<string, number>();
  const handler = async ({ method, target, headers, body }: ServerRequest): Promise<HttpResponse> => {
    const text = new TextDecoder().decode(body);
    const query = new URLSearchParams(target.split("?")[1] ?? "");
    const seen = { at: clock.monotonic(), method, target, query, headers, body: text ? JSON.parse(text) : undefined };
    asked.push(seen);
    return reply(seen, asked.length - 1);
  };
  const metrics: Metrics = {
    ...noMetrics,
    gauge: ({ name }) => ({
      set: (value, labels = {}) => void counts.set(`${name} ${Object.values(labels).join(" ")}`, value),
    }),
    counter: ({ name }) => ({
      inc(labels = {}, by = 1) {
        const key = `${name} ${Object.values(labels).join(" ")}`;
        counts.set(key, (counts.get(key) ?? 0) + by);
      },
    }),
  };
  const all: SchedulerOptions = {
    credentials: staticCredentials({ accessKeyId: AK, secretAccessKey: new Secret(SK) }),
    send: inProcessTransport(handler),
    clock,
    random: seededRandom(1),
    logger: createLogger((level, message, fields: LogFields) => {
      logs.push(`${level} ${message} ${JSON.stringify(fields)}`);
    }),
    metrics,
    ...options,
  };
  const client = createBceClient({ ...all, region: "bj" });
  /** Moves time until the promise settles, at most ten minutes, and says how it did. */
  const settled = async <T>(promise: Promise<T>): Promise<{ value?: T; error?: unknown }> => {
    let outcome: { value?: T; error?: unknown } | undefined;
    promise.then(
      (value) => {
        outcome = { value };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    await clock.advanceUntil(() => outcome !== undefined, 600_000);
    if (!outcome) throw new Error("the call did not settle within ten minutes");
    return outcome;
  };
  return { clock, asked, logs, counts, client, call: createScheduler(all), settled };
}

export function read(path: string, more: Partial<BceCall> = {}): BceCall {
  const base = { operation: "bcc.list", endpoint: "https://bcc.bj.baidubce.com", lane: "resync" } as const;
  return { ...base, method: "GET", read: true, path, ...more };
}

export function write(path: string, more: Partial<BceCall> = {}): BceCall {
  return read(path, { method: "POST", read: false, lane: "user", query: [["clientToken", "token-1"]], ...more });
}

export function refuse(status: number, code: string, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return jsonResponse(status, { code, message: `about ${code}`, requestId: "req-1" }, headers);
}
