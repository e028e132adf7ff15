import { type Clock, isAbort, TimeoutError } from "@ccm/base";
import { noAnswer, refusal, statusOf } from "./answer.ts";
import type { WatchEvent, WatchOptions } from "./client.ts";
import { KubeError } from "./error.ts";
import { LineSplitter } from "./lines.ts";
import type { Call, Sender } from "./sender.ts";
import type { KubeObject } from "./types/meta.ts";

/** A server ends a watch after timeoutSeconds; this much later we take the connection for dead. */
const MARGIN_MS = 30_000;

/**
 * The events of a watch, one JSON object a line. Ends when the server ends it; throws a KubeError when the server refuses
 * or reports an error in the stream, when the connection breaks, and when the server is silent past its own deadline.
 */
export async function* watchEvents<T extends KubeObject>(
  sender: Sender,
  clock: Clock,
  { signal, timeoutSeconds }: WatchOptions,
  call: Call,
): AsyncGenerator<WatchEvent<T>> {
  const { what } = call;
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const deadline = (ms: number, text: string) =>
    clock.schedule(ms, () => controller.abort(new TimeoutError(`${what}: ${text}`)));
  let cancel = deadline(sender.timeoutMs, "no answer in time");
  try {
    const response = await sender.open(call, controller.signal);
    cancel();
    if (timeoutSeconds) cancel = deadline(timeoutSeconds * 1000 + MARGIN_MS, "the server did not end it in time");
    const lines = new LineSplitter();
    for await (const chunk of response.body) {
      for (const line of lines.push(chunk)) yield parseEvent<T>(what, line);
    }
    const last = lines.end();
    if (last !== undefined) yield parseEvent<T>(what, last);
  } catch (error) {
    if (isAbort(error, signal)) throw error;
    throw noAnswer(what, error);
  } finally {
    cancel();
    signal?.removeEventListener("abort", onAbort);
  }
}

function parseEvent<T extends KubeObject>(what: string, line: string): WatchEvent<T> {
  let event: { readonly type?: unknown; readonly object?: unknown };
  try {
    event = JSON.parse(line) as typeof event;
  } catch {
    // Without the parser's words: they quote the object, which may be a Secret.
    throw new KubeError("unexpected", `${what}: a line of ${line.length} characters is not JSON`);
  }
  switch (event?.type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
    case "BOOKMARK":
      if (hasMetadata(event.object)) return event as WatchEvent<T>;
      throw new KubeError("unexpected", `${what}: a ${event.type} event without an object`);
    case "ERROR": {
      const text = JSON.stringify(event.object ?? null);
      throw refusal(what, statusOf(text)?.code ?? 500, text);
    }
    default:
      throw new KubeError("unexpected", `${what}: unknown event type ${JSON.stringify(event?.type)}`);
  }
}

function hasMetadata(value: unknown): value is KubeObject {
  if (typeof value !== "object" || value === null || !("metadata" in value)) return false;
  return typeof value.metadata === "object" && value.metadata !== null;
}
