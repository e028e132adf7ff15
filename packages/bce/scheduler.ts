import {
  Backoff,
  type Clock,
  formatMs,
  type Logger,
  type Metrics,
  noMetrics,
  type Random,
  silentLogger,
  sleep,
  type Transport,
} from "@ccm/base";
import type { Answer, BceCall, Scheduler } from "./api-call.ts";
import type { CredentialSource } from "./credentials.ts";
import { BceError } from "./error.ts";
import { createExchange } from "./exchange.ts";
import { Gate, Slots } from "./lanes.ts";
import { checkLimits, limitOf, type RateLimits } from "./limits.ts";
import { instruments } from "./metrics.ts";
import { shareReads } from "./shared-reads.ts";

export interface SchedulerOptions {
  readonly credentials: CredentialSource;
  readonly send: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  readonly userAgent?: string;
  /** Instead of the defaults in limits.ts. */
  readonly limits?: RateLimits;
  /** Calls on their way at once, over all operations. Default 32. */
  readonly concurrency?: number;
  /** Of one attempt. Default 30 s. */
  readonly timeoutMs?: number;
  /** Attempts after the first. Default 4. */
  readonly retries?: number;
}

const BACKOFF = { minMs: 300, maxMs: 20_000, factor: 2, jitter: 0.3 };
/** Who is asked to wait longer hands the error back: its caller has a queue for that, and others to serve meanwhile. */
const LONGEST_WAIT_MS = 60_000;

/**
 * The one way to the cloud for one account: limits per operation, lanes, a bound on concurrency, one call for equal
 * reads, a fresh signature for each attempt. What was throttled or found the cloud unavailable is repeated, a write with
 * its clientToken. A write that may have been done is first looked for (`BceCall.observe`), and not repeated where only
 * the caller can look; neither is a conflict. Throws a RangeError for limits that let nothing through.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { clock, random, timeoutMs = 30_000, retries = 4, limits = {}, concurrency = 32 } = options;
  const { credentials, send, userAgent = "cloud-provider-baiducloud" } = options;
  checkLimits(limits);
  if (!(concurrency >= 1)) throw new RangeError(`concurrency: expected a number of at least 1, got ${concurrency}`);
  const logger = options.logger ?? silentLogger;
  const measure = instruments(options.metrics ?? noMetrics, clock);
  const exchange = createExchange({ credentials, send, clock, userAgent, timeoutMs });
  const slots = new Slots(concurrency);
  const gates = new Map<string, Gate>();
  /** How far the cloud's clock is ahead of ours, learned from a refusal. */
  let aheadMs = 0;

  const gateOf = (operation: string): Gate => {
    let gate = gates.get(operation);
    if (!gate) {
      const { perSecond, burst } = limitOf(operation, limits);
      gate = new Gate(clock, perSecond, burst);
      gates.set(operation, gate);
    }
    return gate;
  };

  /** Waits for its turn and makes one attempt; a BceError is returned, not thrown. */
  const attempt = async (call: BceCall, onSend: () => void): Promise<Answer | BceError> => {
    const gate = gateOf(call.operation);
    await gate.pass(call.lane, call.signal);
    measure.passed(call.operation, gate.share);
    const leave = await slots.enter(call.lane, call.signal);
    const finish = measure.start(call.operation);
    try {
      onSend();
      const answer = await exchange(call, aheadMs);
      finish("OK");
      return answer;
    } catch (error) {
      finish(error instanceof BceError ? (error.code ?? error.kind) : "Aborted");
      if (error instanceof BceError) return error;
      throw error;
    } finally {
      leave();
    }
  };

  const run = async (call: BceCall, onSend: () => void): Promise<Answer> => {
    const { operation, signal } = call;
    checkCall(call);
    const backoff = new Backoff(BACKOFF, random);
    let clockRepaired = false;
    for (let failures = 0; ; ) {
      const outcome = await attempt(call, onSend);
      if (!(outcome instanceof BceError)) return outcome;
      if (isSkew(outcome)) {
        const ahead = outcome.serverTime === undefined ? undefined : outcome.serverTime - clock.now();
        if (clockRepaired || ahead === undefined) throw skewError(outcome, ahead);
        clockRepaired = true;
        aheadMs = ahead;
        logger.warn("the cloud's clock differs from ours, following it", { operation, aheadMs });
        measure.retried(operation);
        continue;
      }
      const waitMs = Math.max(outcome.retryAfterMs ?? 0, backoff.next());
      if (outcome.kind === "throttled") {
        const gate = gateOf(operation);
        gate.slowDown();
        gate.hold(Math.min(waitMs, LONGEST_WAIT_MS));
        measure.throttled(operation, gate.share);
      }
      if (failures >= retries || waitMs > LONGEST_WAIT_MS || !mayRepeat(call, outcome)) throw outcome;
      failures++;
      measure.retried(operation);
      logger.debug("repeating a cloud API call", { operation, error: outcome.message, waitMs: Math.round(waitMs) });
      await sleep(clock, waitMs, signal);
      if (outcome.kind !== "ambiguous" || call.read) continue;
      const seen = await look(call, outcome);
      if (seen) return seen;
    }
  };

  return shareReads(run);
}

function tokenOf(call: BceCall): string {
  return call.query?.find(([name]) => name === "clientToken")?.[1] ?? "";
}

/** Throws for what must never be sent: a path with a hole in it means another object, or the whole collection. */
function checkCall(call: BceCall): void {
  const { operation, path } = call;
  const parts = path === "/" ? [] : path.split("/").slice(1);
  if (parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new BceError("permanent", operation, `${operation}: an id is empty or not an id (path ${path})`);
  }
  if (!call.read && !/^[\x21-\x7e]{1,64}$/.test(tokenOf(call))) {
    const text = "clientToken: expected 1 to 64 printable ASCII characters, without which a write cannot be repeated";
    throw new BceError("permanent", operation, `${operation}: ${text}`);
  }
}

function mayRepeat(call: BceCall, { kind }: BceError): boolean {
  if (kind === "ambiguous") return call.read || call.observe !== undefined;
  return kind === "throttled" || kind === "unavailable";
}

/** Whether the work of an attempt without an answer was done. When that cannot be seen, the attempt's error stays. */
async function look(call: BceCall, outcome: BceError): Promise<Answer | undefined> {
  try {
    return await call.observe?.();
  } catch (error) {
    if (call.signal?.aborted) throw error;
    throw outcome;
  }
}

function isSkew({ code }: BceError): boolean {
  return code === "RequestTimeTooSkewed" || code === "RequestExpired";
}

function skewError(refused: BceError, aheadMs: number | undefined): BceError {
  const { operation, code, status, requestId, serverTime } = refused;
  const gap =
    aheadMs === undefined
      ? "check this machine's clock"
      : `this machine's clock is ${formatMs(Math.abs(aheadMs))} ${aheadMs > 0 ? "behind" : "ahead of"} the cloud's`;
  return new BceError("auth", operation, `${refused.message}: ${gap}`, {
    ...(code ? { code } : {}),
    ...(status ? { status } : {}),
    ...(requestId ? { requestId } : {}),
    ...(serverTime === undefined ? {} : { serverTime }),
    cause: refused,
  });
}
