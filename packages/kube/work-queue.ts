import { type Cancel, type Clock, isAbort, type Metrics } from "@ccm/base";
import type { RateLimiter } from "./limiter.ts";
import { queueMetrics } from "./queue-metrics.ts";

/**
 * Keys to be worked on, each once: a key that is added while it waits is not added again, one that is added while it
 * is being worked on comes again afterwards, and no two workers ever hold the same key.
 */
export interface WorkQueue {
  add(key: string): void;
  /** The earliest of several delays wins. */
  addAfter(key: string, delayMs: number): void;
  /** After as long as the limiter says. */
  addRateLimited(key: string): void;
  /** The next failure of `key` counts as its first. */
  forget(key: string): void;
  failures(key: string): number;
  /** Keys that are ready and not yet taken. */
  readonly length: number;
  /** Takes no more keys and drops the delayed ones; `run` resolves once those that are ready have been worked on. */
  shutDown(): void;
  /**
   * Hands keys to `handle`, at most `workers` at a time, in the order they became ready. Resolves when the signal has
   * aborted and every worker is idle; keys that are ready then stay. A throw adds the key again, rate limited, and goes
   * to `onError`; what an aborted signal throws is no failure. One run at a time.
   */
  run(workers: number, handle: (key: string, signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
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
}): WorkQueue {
  const { name, clock, limiter, onError, metrics } = options;
  const measure = metrics ? queueMetrics(metrics, name) : undefined;
  /** Ready and not taken, with the time each was added. */
  const ready = new Map<string, number>();
  /** The same keys, oldest first from `head` on. */
  const order: string[] = [];
  let head = 0;
  /** Being worked on, since when. */
  const working = new Map<string, number>();
  /** Added while being worked on. */
  const dirty = new Set<string>();
  const delayed = new Map<string, { readonly at: number; readonly cancel: Cancel }>();
  /** No more keys are taken in, and delays make no sense: nobody would work on them. */
  let closed = false;
  let wake: (() => void) | undefined;
  let stopAging: Cancel | undefined;

  const enqueue = (key: string): void => {
    ready.set(key, clock.monotonic());
    order.push(key);
    measure?.depth(ready.size);
    wake?.();
  };
  const add = (key: string): void => {
    if (closed || ready.has(key) || dirty.has(key)) return;
    measure?.added();
    if (working.has(key)) dirty.add(key);
    else enqueue(key);
  };
  const addAfter = (key: string, delayMs: number): void => {
    if (delayMs <= 0) {
      add(key);
      return;
    }
    if (closed) return;
    const at = clock.monotonic() + delayMs;
    const known = delayed.get(key);
    if (known && known.at <= at) return;
    known?.cancel();
    const cancel = clock.schedule(delayMs, () => {
      delayed.delete(key);
      add(key);
    });
    delayed.set(key, { at, cancel });
  };
  const addRateLimited = (key: string): void => {
    measure?.retried();
    addAfter(key, limiter.when(key));
  };
  const dropDelayed = (): void => {
    for (const { cancel } of delayed.values()) cancel();
    delayed.clear();
  };
  const age = (): void => {
    measure?.unfinished([...working.values()].map((since) => (clock.monotonic() - since) / 1000));
    stopAging = working.size === 0 ? undefined : clock.schedule(AGE_PERIOD_MS, age);
  };
  const take = (): string | undefined => {
    const key = order[head];
    if (key === undefined) return undefined;
    head++;
    if (head >= CUT && head * 2 >= order.length) {
      order.splice(0, head);
      head = 0;
    }
    const now = clock.monotonic();
    measure?.depth(ready.size - 1);
    measure?.waited((now - (ready.get(key) ?? now)) / 1000);
    ready.delete(key);
    working.set(key, now);
    if (measure && !stopAging) stopAging = clock.schedule(AGE_PERIOD_MS, age);
    return key;
  };
  const done = (key: string): void => {
    measure?.worked((clock.monotonic() - (working.get(key) ?? 0)) / 1000);
    working.delete(key);
    if (dirty.delete(key)) enqueue(key);
  };
  /** Never throws: what `onError` throws would end a worker. */
  const failed = (key: string, error: unknown): void => {
    try {
      onError?.(key, error);
    } catch {
      // It was the place to report to.
    }
    addRateLimited(key);
  };

  return {
    add,
    addAfter,
    addRateLimited,
    forget: (key) => limiter.forget(key),
    failures: (key) => limiter.failures(key),
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
      const work = async (key: string): Promise<void> => {
        try {
          await handle(key, signal);
        } catch (error) {
          if (!isAbort(error, signal)) failed(key, error);
        }
        done(key);
        active--;
        wake?.();
      };
      const onAbort = () => wake?.();
      signal.addEventListener("abort", onAbort, { once: true });
      for (;;) {
        const stopping = signal.aborted || (closed && ready.size === 0);
        if (stopping && active === 0) break;
        if (!stopping && active < workers) {
          const key = take();
          if (key !== undefined) {
            active++;
            work(key);
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
