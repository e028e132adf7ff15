import {
  Backoff,
  type Clock,
  errorText,
  formatMs,
  isAbort,
  type Logger,
  type Metrics,
  noMetrics,
  type Random,
  readText,
  silentLogger,
  sleep,
  splitUrl,
  TimeoutError,
  type Transport,
  TransportError,
  withTimeout,
} from "@ccm/base";
import type { Lane } from "./call.ts";
import { parseBody, refusal } from "./classify.ts";
import type { CredentialSource } from "./credentials.ts";
import { BceError } from "./error.ts";
import { Gate } from "./lanes.ts";
import { authorization, bceTime, contentMd5, encode, encodePath } from "./signing.ts";

/** One call of the API, before it is signed. */
export interface BceCall {
  /** Product and action: "blb.create". Limits, metrics and errors go by it. */
  readonly operation: string;
  readonly endpoint: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[];
  readonly body?: unknown;
  readonly lane: Lane;
  readonly signal?: AbortSignal | undefined;
  /** Whether it changes nothing, or carries a clientToken: only then is it sent again when its fate is unknown. */
  readonly repeatable: boolean;
}

export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

export interface SchedulerOptions {
  readonly credentials: CredentialSource;
  readonly send: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  readonly userAgent?: string;
  /** By operation; "default" for the rest. Baidu publishes none: these are what its own controllers allow themselves. */
  readonly limits?: Readonly<Record<string, RateLimit>>;
  /** Of one attempt. Default 30 s. */
  readonly timeoutMs?: number;
  /** Attempts after the first. Default 4. */
  readonly retries?: number;
}

/** Resolves to the answer's JSON object ({} for an empty one). Throws a BceError. */
export type Scheduler = (call: BceCall) => Promise<Readonly<Record<string, unknown>>>;

const DEFAULT_LIMIT: RateLimit = { perSecond: 20, burst: 40 };
const BACKOFF = { minMs: 300, maxMs: 20_000, factor: 2, jitter: 0.3 };
const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * The one way to the cloud: limits per operation, lanes, one call for equal reads at the same time, a fresh signature
 * for each attempt. Throttling, 5xx and lost answers are repeated here; a conflict is not, since its cure is to look
 * again, which only the caller can.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { credentials, send, clock, random, timeoutMs = 30_000, retries = 4, limits = {} } = options;
  const logger = options.logger ?? silentLogger;
  const userAgent = options.userAgent ?? "cloud-provider-baiducloud";
  const measure = instruments(options.metrics ?? noMetrics, clock);
  const gates = new Map<string, Gate>();
  /** How far the cloud's clock is ahead of ours, learned from a refusal. Milliseconds. */
  let skewMs = 0;

  const gateOf = (operation: string): Gate => {
    let gate = gates.get(operation);
    if (!gate) {
      const { perSecond, burst } = limits[operation] ?? limits.default ?? DEFAULT_LIMIT;
      gate = new Gate(clock, perSecond, burst);
      gates.set(operation, gate);
    }
    return gate;
  };

  const attempt = async (call: BceCall): Promise<Answer> => {
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials();
    const time = clock.now() + skewMs;
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const query = call.query ?? [];
    const headers: Record<string, string> = {
      host: splitUrl(call.endpoint).host,
      "content-type": "application/json;charset=utf-8",
      "x-bce-date": bceTime(time),
      ...(sessionToken ? { "x-bce-security-token": sessionToken.reveal() } : {}),
      ...(body === undefined
        ? {}
        : { "content-length": String(Buffer.byteLength(body)), "content-md5": contentMd5(body) }),
    };
    const signed = authorization(
      { method: call.method, path: call.path, query, headers },
      { accessKeyId, secretAccessKey, time },
    );
    const request = {
      method: call.method,
      url: call.endpoint + encodePath(call.path) + queryText(query),
      headers: { ...headers, "user-agent": userAgent, authorization: signed },
      ...(body === undefined ? {} : { body }),
    };
    const what = `${call.operation}: ${headers.host}`;
    const answer = await withTimeout(clock, timeoutMs, what, call.signal, async (signal) => {
      const response = await send(request, { signal });
      return { status: response.status, headers: response.headers, text: await readText(response.body) };
    });
    if (answer.status >= 400) throw refusal(call.operation, answer.status, answer.headers, answer.text);
    if (answer.text.trim() === "") return {};
    const parsed = parseBody(answer.text);
    if (answer.status < 300 && parsed) return parsed;
    const kind = call.method === "GET" ? "unavailable" : "ambiguous";
    throw new BceError(kind, call.operation, `${what} answered HTTP ${answer.status} with something that is not JSON`, {
      status: answer.status,
    });
  };

  const run = async (call: BceCall, onSend: () => void): Promise<Answer> => {
    const backoff = new Backoff(BACKOFF, random);
    let skewCorrected = false;
    for (let tries = 0; ; tries++) {
      await gateOf(call.operation).pass(call.lane, call.signal);
      onSend();
      const finish = measure.start(call.operation);
      try {
        const answer = await attempt(call);
        finish("OK");
        return answer;
      } catch (error) {
        if (isAbort(error, call.signal)) {
          finish("Aborted");
          throw error;
        }
        const failure = asBceError(call, error);
        finish(failure.code ?? failure.kind);
        if (isSkew(failure)) {
          const ahead = failure.serverTime === undefined ? undefined : failure.serverTime - clock.now();
          if (skewCorrected || ahead === undefined) throw skewError(failure, ahead);
          skewCorrected = true;
          skewMs = ahead;
          logger.warn("the cloud's clock differs from ours, following it", { aheadMs: ahead });
          continue;
        }
        if (tries >= retries || !mayRepeat(call, failure)) throw failure;
        measure.retried(call.operation, failure.kind);
        const waitMs = failure.retryAfterMs ?? backoff.next();
        logger.debug("repeating a cloud API call", { operation: call.operation, error: failure.message, waitMs });
        await sleep(clock, waitMs, call.signal);
      }
    }
  };

  /** Reads that wait for the gate. A read that is already under way is not joined: it may have missed the caller's own write. */
  const waiting = new Map<string, Promise<Answer>>();
  return (call) => {
    if (call.method !== "GET") return run(call, () => {});
    const key = `${call.endpoint}${call.path}${queryText(call.query ?? [])}`;
    let shared = waiting.get(key);
    if (!shared) {
      // Without the first caller's signal: its abort must not fail the others.
      const { signal: _, ...unbound } = call;
      shared = run(unbound, () => waiting.delete(key));
      waiting.set(key, shared);
    }
    return unlessAborted(shared, call.signal);
  };
}

type Answer = Readonly<Record<string, unknown>>;

function queryText(query: readonly (readonly [string, string])[]): string {
  if (query.length === 0) return "";
  // A flag such as "unbind" is sent bare, as the official SDKs do.
  return `?${query.map(([name, value]) => (value === "" ? encode(name) : `${encode(name)}=${encode(value)}`)).join("&")}`;
}

function asBceError(call: BceCall, error: unknown): BceError {
  if (error instanceof BceError) return error;
  const { host } = splitUrl(call.endpoint);
  const read = call.method === "GET";
  if (error instanceof TransportError) {
    const kind = error.maybeSent && !read ? "ambiguous" : "unavailable";
    return new BceError(kind, call.operation, `${call.operation}: ${error.message}`, { cause: error });
  }
  if (error instanceof TimeoutError) {
    return new BceError(read ? "unavailable" : "ambiguous", call.operation, error.message, { cause: error });
  }
  return new BceError("permanent", call.operation, `${call.operation}: ${host}: ${errorText(error)}`, { cause: error });
}

function mayRepeat(call: BceCall, failure: BceError): boolean {
  if (failure.kind === "throttled" || failure.kind === "unavailable") return true;
  return failure.kind === "ambiguous" && call.repeatable;
}

function isSkew(failure: BceError): boolean {
  return failure.code === "RequestTimeTooSkewed" || failure.code === "RequestExpired";
}

function skewError(failure: BceError, aheadMs: number | undefined): BceError {
  const gap =
    aheadMs === undefined
      ? "check this machine's clock"
      : `this machine's clock is ${formatMs(Math.abs(aheadMs))} ${aheadMs > 0 ? "behind" : "ahead of"} the cloud's`;
  return new BceError("auth", failure.operation, `${failure.message}: ${gap}`, {
    ...(failure.code ? { code: failure.code } : {}),
    ...(failure.status ? { status: failure.status } : {}),
    ...(failure.requestId ? { requestId: failure.requestId } : {}),
    cause: failure,
  });
}

function instruments(metrics: Metrics, clock: Clock) {
  const requests = metrics.counter({
    name: "bce_api_requests_total",
    help: "Calls to Baidu AI Cloud, by operation and the cloud's code (OK for success)",
    labels: ["operation", "code"],
  });
  const duration = metrics.histogram({
    name: "bce_api_request_duration_seconds",
    help: "How long one attempt of a call takes, by operation",
    labels: ["operation"],
    buckets: SECONDS,
  });
  const retries = metrics.counter({
    name: "bce_api_retries_total",
    help: "Attempts after the first, by operation and the kind of error before",
    labels: ["operation", "kind"],
  });
  return {
    start(operation: string): (code: string) => void {
      const since = clock.monotonic();
      return (code) => {
        requests.inc({ operation, code });
        duration.observe((clock.monotonic() - since) / 1000, { operation });
      };
    },
    retried: (operation: string, kind: string) => retries.inc({ operation, kind }),
  };
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
