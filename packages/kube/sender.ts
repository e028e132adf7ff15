import {
  type Clock,
  type HttpResponse,
  isAbort,
  type Logger,
  type Random,
  readBody,
  sleep,
  TimeoutError,
  TokenBucket,
  type Transport,
  withTimeout,
} from "@ccm/base";
import { noAnswer, refusal } from "./answer.ts";
import type { ClientMetrics } from "./client-metrics.ts";
import type { KubeError } from "./error.ts";
import { isProtobuf, statusAsJson } from "./protobuf/envelope.ts";

export interface SenderOptions {
  readonly base: string;
  readonly send: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly measure: ClientMetrics;
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly authorize?: (refresh: boolean) => Promise<Readonly<Record<string, string>>>;
  readonly qps?: number;
  readonly burst?: number;
}

/** One call of the API, ready to be sent. */
export interface Call {
  readonly method: string;
  readonly path: string;
  /** "patch services default/web at https://kubernetes:443": the start of every error's message. */
  readonly what: string;
  readonly body?: string;
  readonly contentType?: string;
  /** The forms of answer that the caller can read. Default: JSON. */
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Sender {
  /** The text of the answer: authorised again after a 401, repeated when that is safe. Throws a KubeError, or the signal's reason. */
  request(call: Call): Promise<string>;
  /** The answer with its body still open, or a KubeError when the server refuses. Authorised again after a 401, not repeated. */
  open(call: Call, signal: AbortSignal): Promise<HttpResponse>;
  /** For the beginning of an answer. */
  readonly timeoutMs: number;
}

/** Attempts of a call that is safe to send again. */
const ATTEMPTS = 4;
const RETRY_MS = 250;
/** A server that asks for a longer pause than this is the caller's affair. */
const LONGEST_RETRY_MS = 30_000;

export function createSender(options: SenderOptions): Sender {
  const { base, send, clock, random, logger, measure, authorize, userAgent, timeoutMs } = options;
  const bucket = options.qps ? new TokenBucket(clock, options.qps, options.burst ?? options.qps) : undefined;

  /** Waits for the client's own limit. Not part of the time an attempt may take: a long queue is not a slow server. */
  const admit = async (call: Call, signal: AbortSignal | undefined): Promise<void> => {
    if (!bucket) return;
    const start = clock.monotonic();
    await bucket.take(signal);
    measure.waited(call.method, clock.monotonic() - start);
  };
  const attempt = async (call: Call, refresh: boolean, signal: AbortSignal): Promise<HttpResponse> => {
    const headers = {
      accept: call.accept ?? "application/json",
      "user-agent": userAgent,
      ...(call.contentType ? { "content-type": call.contentType } : {}),
      ...(authorize ? await unlessAborted(authorize(refresh), signal) : {}),
    };
    const answered = measure.sent(call.method, Buffer.byteLength(call.body ?? ""));
    try {
      const response = await send(
        { method: call.method, url: base + call.path, headers, ...(call.body ? { body: call.body } : {}) },
        { signal },
      );
      answered(String(response.status));
      return response;
    } catch (error) {
      answered("<error>");
      throw error;
    }
  };
  const readWhole = async (call: Call, response: HttpResponse): Promise<string> => {
    const bytes = await readBody(response.body);
    measure.answered(call.method, bytes.length);
    return isProtobuf(response.headers) ? statusAsJson(bytes) : new TextDecoder().decode(bytes);
  };

  return {
    timeoutMs,
    async request(call) {
      const { signal, what } = call;
      /** At most once for a call: a second 401 means that the fresh credentials are no better. */
      let refreshed = false;
      let refresh = false;
      for (let tries = 1; ; tries++) {
        let failure: KubeError;
        await admit(call, signal);
        try {
          const { status, headers, text } = await withTimeout(clock, timeoutMs, what, signal, async (inner) => {
            const response = await attempt(call, refresh, inner);
            return { status: response.status, headers: response.headers, text: await readWhole(call, response) };
          });
          if (status < 400) return text;
          failure = refusal(what, status, text, headers);
          refresh = status === 401 && authorize !== undefined && !refreshed;
          if (refresh) {
            refreshed = true;
            measure.repeated(call.method, "401");
            continue;
          }
        } catch (error) {
          if (isAbort(error, signal)) throw error;
          failure = noAnswer(what, error);
        }
        const wait = failure.retryAfterMs ?? RETRY_MS * 2 ** (tries - 1);
        if (tries >= ATTEMPTS || wait > LONGEST_RETRY_MS || !mayRepeat(call, failure)) throw failure;
        logger.debug("repeating a Kubernetes API call", { call: what, tries, error: failure.message });
        measure.repeated(call.method, String(failure.status ?? "<error>"));
        await sleep(clock, wait * (1 + random.next() * 0.2), signal);
      }
    },
    async open(call, signal) {
      await admit(call, signal);
      let response = await attempt(call, false, signal);
      if (response.status === 401 && authorize) {
        await readWhole(call, response);
        response = await attempt(call, true, signal);
      }
      if (response.status < 400) return response;
      throw refusal(call.what, response.status, await readWhole(call, response), response.headers);
    },
  };
}

/**
 * A call that certainly did nothing may be sent again, whatever it is; one that may have been carried out only if it
 * reads. One that took all its time is not repeated: a server that slow is not helped by being asked again at once.
 */
function mayRepeat(call: Call, failure: KubeError): boolean {
  if (failure.code === "throttled") return true;
  const reads = call.method === "GET";
  if (failure.code === "unavailable" || (failure.code === "timeout" && failure.retryAfterMs !== undefined)) {
    return reads || failure.retryAfterMs !== undefined;
  }
  const timedOut = failure.cause instanceof TimeoutError;
  return reads && !timedOut && (failure.code === "unreachable" || failure.code === "lost");
}

/** A credential plugin knows no signal; who waits for it need not hang with it. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
