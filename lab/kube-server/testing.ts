/** A small HTTP client for the tests of this room. */
import { inProcessTransport, readText, seededRandom, VirtualClock } from "@ccm/base";
import { at, type Fields, fieldsOf, listOf } from "./json.ts";
import { createKubeServer, type KubeServerOptions } from "./server.ts";

const TYPES: Record<string, string> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

export function startForTest(options: Partial<KubeServerOptions> = {}) {
  const clock = new VirtualClock();
  const server = createKubeServer({ clock, random: seededRandom(1), ...options });
  const send = inProcessTransport(server.handler);
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await send({
      method,
      url: `https://kubernetes.test${path}`,
      headers,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await readText(response.body);
    const json: Fields = text.startsWith("{") ? fieldsOf(JSON.parse(text)) : {};
    return { status: response.status, body: json, text, headers: response.headers };
  };
  const patch = (type: string, path: string, body: unknown) =>
    call("PATCH", path, body, { "content-type": TYPES[type] ?? type });
  /** Collects the events of a watch until it is aborted or ended. */
  const watch = async (path: string) => {
    const gone = new AbortController();
    const response = await send(
      { method: "GET", url: `https://kubernetes.test${path}`, headers: {} },
      { signal: gone.signal },
    );
    const events: { type: string; object: Fields }[] = [];
    let rest = "";
    const done = (async () => {
      for await (const chunk of response.body) {
        rest += new TextDecoder().decode(chunk);
        const lines = rest.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) events.push(JSON.parse(line));
      }
    })().catch(() => {});
    return { status: response.status, events, done, stop: () => gone.abort(new Error("stopped")) };
  };
  return { clock, server, call, patch, watch };
}

export const service = (name: string, spec: Fields = {}): Fields => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});

export const version = (object: unknown): string => String(at(object, "metadata", "resourceVersion"));
export const names = (list: unknown): unknown[] =>
  listOf(at(list, "items")).map((item) => at(item, "metadata", "name"));
