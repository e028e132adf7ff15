import { type Clock, isAbort, TimeoutError } from "@ccm/base";
import { noAnswer } from "./answer.ts";
import type { WatchEvent, WatchOptions } from "./client.ts";
import { ACCEPT_PROTOBUF_WATCH, isProtobuf } from "./protobuf/envelope.ts";
import type { Call, Sender } from "./sender.ts";
import type { KubeObject } from "./types/meta.ts";
import { jsonEvents, protobufEvents } from "./watch-events.ts";

/** A server ends a watch after timeoutSeconds; this much later we take the connection for dead. */
const MARGIN_MS = 30_000;

/**
 * The events of a watch: in protobuf when the caller can read it and the server writes it, else in JSON. Ends when the
 * server ends it; throws a KubeError when the server refuses or reports an error in the stream, when the connection
 * breaks, and when the server is silent past its own deadline.
 */
export async function* watchEvents<T extends KubeObject>(
  sender: Sender,
  clock: Clock,
  { signal, timeoutSeconds, message }: WatchOptions<T>,
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
    const asked = message ? { ...call, accept: ACCEPT_PROTOBUF_WATCH } : call;
    const response = await sender.open(asked, controller.signal);
    cancel();
    if (timeoutSeconds) cancel = deadline(timeoutSeconds * 1000 + MARGIN_MS, "the server did not end it in time");
    const events = message && isProtobuf(response.headers) ? protobufEvents<T>(what, message) : jsonEvents<T>(what);
    for await (const chunk of response.body) yield* events.push(chunk);
    const last = events.end();
    if (last) yield last;
  } catch (error) {
    if (isAbort(error, signal)) throw error;
    throw noAnswer(what, error);
  } finally {
    cancel();
    signal?.removeEventListener("abort", onAbort);
  }
}
