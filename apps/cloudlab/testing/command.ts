import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** The line that `cloudlab baiducloud` prints when it is ready. */
export interface Ready {
  readonly endpoints: Readonly<Record<string, string>>;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly vpcId: string;
  readonly admin: string;
  readonly adminToken: string;
}

export interface Running {
  readonly ready: Ready;
  readonly errors: () => string;
  /** Returns the exit code. */
  stop(): Promise<number | null>;
  /** As a machine that loses power: SIGKILL. */
  kill(): Promise<void>;
}

/** `cloudlab baiducloud` with these arguments, when it is ready. Its processes end with `children`. */
export async function startCommand(children: Set<ChildProcess>, ...args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [MAIN, "baiducloud", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += String(chunk);
  });
  const exited = once(child, "close");
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, "line"), exited])) as [string | number];
  if (typeof line !== "string") throw new Error(`ended with ${line}: ${errors}`);
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<number | null> => {
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    children.delete(child);
    return code;
  };
  return {
    ready: JSON.parse(line) as Ready,
    errors: () => errors,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL").then(() => {}),
  };
}

/** A command that ends by itself. */
export function cloudlab(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } }, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
    });
  });
}

export interface Answer {
  readonly status: number;
  /** As they came: names and values in turn. */
  readonly headers: readonly string[];
  readonly text: string;
}

/** One request on a connection of its own; rejects where no whole answer comes. */
export function send(
  url: string,
  {
    method = "GET",
    headers = {},
    body = "",
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.rawHeaders, text }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** A call as an SDK makes it: "POST /v1/eip?clientToken=a". Default: at the host that the URL of `ready` names. */
export function sendSigned(ready: Ready, line: string, body?: unknown, host?: string): Promise<Answer> {
  const [method = "", target = ""] = line.split(" ");
  const url = ready.endpoints.bcc ?? "";
  const named = host ?? new URL(url).host;
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers = { host: named, authorization: authorizationOf(ready.credentials, method, target, named) };
  return send(`${url}${target}`, { method, headers, body: text });
}

function authorizationOf(
  { accessKeyId, secretAccessKey }: Ready["credentials"],
  method: string,
  target: string,
  host: string,
): string {
  const hmac = (key: string, text: string) => createHmac("sha256", key).update(text).digest("hex");
  const prefix = `bce-auth-v1/${accessKeyId}/${new Date().toISOString().replace(/\.\d+Z$/, "Z")}/1800`;
  const [path = "", query = ""] = target.split("?");
  const pairs = query.split("&").filter(Boolean);
  const sorted = pairs.map((pair) => (pair.includes("=") ? pair : `${pair}=`)).sort();
  const text = [method, path, sorted.join("&"), `host:${encodeURIComponent(host)}`].join("\n");
  return `${prefix}/host/${hmac(hmac(secretAccessKey, prefix), text)}`;
}
