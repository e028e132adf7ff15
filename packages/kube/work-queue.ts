import { type Cancel, type Clock, isAbort, type Metrics } from "@ccm/base";
import type { RateLimiter } from "./limiter.ts";
import { queueMetrics } from "./queue-metrics.ts";

/**
 * Keys to be worked on, each once: a key that is added while it waits is not added again, one that is added while it
 * is being worked on comes again afterwards, and no two workers ever hold the same key.
 */
export interface WorkQueue {
  /** Lane 0, the default, is served before lane 1, and so on. A key that was added in several lanes comes once, in the first of them. */
  add(key: string, lane?: number): void;
  /** The earliest of several delays wins, with its lane. */
  addAfter(key: string, delayMs: number, lane?: number): void;
  /** After as long as the limiter says. */
  addRateLimited(key: string, lane?: number): void;
  /** The next failure of `key` counts as its first. */
  forget(key: string): void;
  failures(key: string): number;
  /** Keys that wait for their time, each with how long still. Milliseconds. */
  waiting(): Iterable<readonly [key: string, ms: number]>;
  /** Keys that are ready and not yet taken. */
  readonly length: number;
  /** Takes no more keys and drops the delayed ones; `run` resolves once those that are ready have been worked on. */
  shutDown(): void;
  /**
   * Hands keys to `handle`, at most `workers` at a time, in the order they became ready, with the lanes they were added
   * in. Resolves when the signal has aborted and every worker is idle; keys that are ready then stay. A throw adds the
   * key again, rate limited, and goes to `onError`; what an aborted signal throws is no failure. One run at a time.
   */
  run(
    workers: number,
    handle: (key: string, signal: AbortSignal, lanes: ReadonlySet<number>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
}

/** A key that waits: since when, and in which lanes it was added. */
interface Waiting {
  readonly since: number;
  readonly lanes: Set<number>;
}

/** How often the age of unfinished work is told, as upstream does. */
const AGE_PERIOD_MS = 500;
/** Taken keys are cut off the front of the order this many at a time: one by one would cost the square of the length. */
const CUT = 1024;

export function createWorkQueue(options: {
  readonly name: string;
  readonly clock: Clock;
  readonly limiter: RateLimiter;
  readonly metrics?: Metrics;
  readonly onError?: (key: string, error: unknown) => void;
  /** So many workers take only keys of lane 0. Default 0; one worker is always left to the other lanes. */
  readonly reserve?: number;
}): WorkQueue {
  const { name, clock, limiter, onError, metrics, reserve = 0 } = options;
  const measure = metrics ? queueMetrics(metrics, name) : undefined;
  /** Ready and not taken. */
  const ready = new Map<string, Waiting>();
  /** The same keys by lane, oldest first. One that moved up to another lane is still in its old one, and passed over there. */
  const orders: Fifo[] = [];
  /** Being worked on, since when. */
  const working = new Map<string, number>();
  /** Added while being worked on, in which lanes. */
  const dirty = new Map<string, Set<number>>();
  const delayed = new Map<string, { readonly at: number; readonly cancel: Cancel }>();
  /** No more keys are taken in, and delays make no sense: nobody would work on them. */
  let closed = false;
  let wake: (() => void) | undefined;
  let stopAging: Cancel | undefined;

  const orderOf = (lane: number): Fifo => {
    while (orders.length <= lane) orders.push(createFifo());
    return orders[lane] as Fifo;
  };
  const enqueue = (key: string, lanes: Set<number>): void => {
    ready.set(key, { since: clock.monotonic(), lanes });
    orderOf(Math.min(...lanes)).push(key);
    measure?.depth(ready.size);
    wake?.();
  };
  const add = (key: string, lane = 0): void => {
    if (closed) return;
    const known = ready.get(key)?.lanes ?? dirty.get(key);
    if (known) {
      const first = Math.min(...known);
      known.add(lane);
      if (lane >= first || !ready.has(key)) return;
      orderOf(lane).push(key);
      wake?.();
      return;
    }
    measure?.added();
    if (working.has(key)) dirty.set(key, new Set([lane]));
    else enqueue(key, new Set([lane]));
  };
  const addAfter = (key: string, delayMs: number, lane = 0): void => {
    if (delayMs <= 0) {
      add(key, lane);
      return;
    }
    if (closed) return;
    const at = clock.monotonic() + delayMs;
    const known = delayed.get(key);
    if (known && known.at <= at) return;
    known?.cancel();
    const cancel = clock.schedule(delayMs, () => {
      delayed.delete(key);
      add(key, lane);
    });
    delayed.set(key, { at, cancel });
  };
  const addRateLimited = (key: string, lane = 0): void => {
    measure?.retried();
    addAfter(key, limiter.when(key), lane);
  };
  const dropDelayed = (): void => {
    for (const { cancel } of delayed.values()) cancel();
    delayed.clear();
  };
  const age = (): void => {
    measure?.unfinished([...working.values()].map((since) => (clock.monotonic() - since) / 1000));
    stopAging = working.size === 0 ? undefined : clock.schedule(AGE_PERIOD_MS, age);
  };
  /** The key whose turn it is, of lane 0 to `last`. */
  const take = (last: number): { readonly key: string; readonly lanes: ReadonlySet<number> } | undefined => {
    for (let lane = 0; lane <= last && lane < orders.length; lane++) {
      const order = orderOf(lane);
      for (let key = order.shift(); key !== undefined; key = order.shift()) {
        const waiting = ready.get(key);
        if (!waiting || Math.min(...waiting.lanes) !== lane) continue;
        const now = clock.monotonic();
        ready.delete(key);
        measure?.depth(ready.size);
        measure?.waited((now - waiting.since) / 1000);
        working.set(key, now);
        if (measure && !stopAging) stopAging = clock.schedule(AGE_PERIOD_MS, age);
        return { key, lanes: waiting.lanes };
      }
    }
    return undefined;
  };
  const done = (key: string): void => {
    measure?.worked((clock.monotonic() - (working.get(key) ?? 0)) / 1000);
    working.delete(key);
    const lanes = dirty.get(key);
    if (dirty.delete(key) && lanes) enqueue(key, lanes);
  };
  /** Never throws: what `onError` throws would end a worker. */
  const failed = (key: string, error: unknown, lane: number): void => {
    try {
      onError?.(key, error);
    } catch {
      // It was the place to report to.
    }
    addRateLimited(key, lane);
  };

  return {
    add,
    addAfter,
    addRateLimited,
    forget: (key) => limiter.forget(key),
    failures: (key) => limiter.failures(key),
    *waiting() {
      const now = clock.monotonic();
      for (const [key, { at }] of delayed) yield [key, at - now];
    },
    get length() {
      return ready.size;
    },
    shutDown() {
      closed = true;
      dropDelayed();
      wake?.();
    },
    async run(workers, handle, signal) {
      let active = 0;
      /** Those of `active` that are of another lane than 0. */
      let patient = 0;
      const patientLimit = Math.max(1, workers - reserve);
      const work = async (key: string, lanes: ReadonlySet<number>): Promise<void> => {
        const lane = Math.min(...lanes);
        active++;
        if (lane > 0) patient++;
        try {
          await handle(key, signal, lanes);
        } catch (error) {
          if (!isAbort(error, signal)) failed(key, error, lane);
        }
        done(key);
        active--;
        if (lane > 0) patient--;
        wake?.();
      };
      const onAbort = () => wake?.();
      signal.addEventListener("abort", onAbort, { once: true });
      for (;;) {
        const stopping = signal.aborted || (closed && ready.size === 0);
        if (stopping && active === 0) break;
        if (!stopping && active < workers) {
          const next = take(patient < patientLimit ? Number.POSITIVE_INFINITY : 0);
          if (next) {
            work(next.key, next.lanes);
            continue;
          }
        }
        // Whatever changes the answer above wakes; nothing can have changed since it was asked.
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
      signal.removeEventListener("abort", onAbort);
      dropDelayed();
      stopAging?.();
      stopAging = undefined;
    },
  };
}

interface Fifo {
  push(key: string): void;
  shift(): string | undefined;
}

function createFifo(): Fifo {
  const keys: string[] = [];
  let head = 0;
  return {
    push: (key) => void keys.push(key),
    shift() {
      const key = keys[head];
      if (key === undefined) return undefined;
      head++;
      if (head >= CUT && head * 2 >= keys.length) {
        keys.splice(0, head);
        head = 0;
      }
      return key;
    },
  };
}
