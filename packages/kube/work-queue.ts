import { type Cancel, type Clock, type Metrics, noMetrics } from "@ccm/base";
import type { RateLimiter } from "./limiter.ts";

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
  /**
   * Hands keys to `handle`, at most `workers` at a time. Resolves when the signal has aborted and every worker is idle.
   * A throw adds the key again, rate limited, and goes to `onError`.
   */
  run(workers: number, handle: (key: string, signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** 10 ns … 10 s: upstream's buckets, in seconds. */
const BUCKETS = Array.from({ length: 10 }, (_, n) => 1e-8 * 10 ** n);

export function createWorkQueue(options: {
  readonly name: string;
  readonly clock: Clock;
  readonly limiter: RateLimiter;
  readonly metrics?: Metrics;
  readonly onError?: (key: string, error: unknown) => void;
}): WorkQueue {
  const { name, clock, limiter, onError } = options;
  const measure = instruments(options.metrics ?? noMetrics, name);
  /** Ready and not taken, with the time each was added. */
  const ready = new Map<string, number>();
  const working = new Set<string>();
  /** Added while being worked on. */
  const dirty = new Set<string>();
  const delayed = new Map<string, { readonly at: number; readonly cancel: Cancel }>();
  let wake: (() => void) | undefined;

  const add = (key: string): void => {
    if (ready.has(key) || dirty.has(key)) return;
    measure.adds();
    if (working.has(key)) {
      dirty.add(key);
      return;
    }
    ready.set(key, clock.monotonic());
    measure.depth(ready.size);
    wake?.();
  };
  const addAfter = (key: string, delayMs: number): void => {
    if (delayMs <= 0) {
      add(key);
      return;
    }
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
    measure.retries();
    addAfter(key, limiter.when(key));
  };
  const take = (): string | undefined => {
    const next = ready.entries().next();
    if (next.done) return undefined;
    const [key, since] = next.value;
    ready.delete(key);
    working.add(key);
    measure.depth(ready.size);
    measure.waited((clock.monotonic() - since) / 1000);
    return key;
  };
  const done = (key: string): void => {
    working.delete(key);
    if (!dirty.delete(key)) return;
    ready.set(key, clock.monotonic());
    measure.depth(ready.size);
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
    async run(workers, handle, signal) {
      const active = new Set<Promise<void>>();
      const work = async (key: string): Promise<void> => {
        const since = clock.monotonic();
        try {
          await handle(key, signal);
        } catch (error) {
          onError?.(key, error);
          addRateLimited(key);
        }
        measure.worked((clock.monotonic() - since) / 1000);
        done(key);
      };
      const onAbort = () => wake?.();
      signal.addEventListener("abort", onAbort, { once: true });
      while (!signal.aborted) {
        const key = active.size < workers ? take() : undefined;
        if (key !== undefined) {
          const job: Promise<void> = work(key).finally(() => {
            active.delete(job);
            wake?.();
          });
          active.add(job);
          continue;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (signal.aborted || (ready.size > 0 && active.size < workers)) resolve();
        });
        wake = undefined;
      }
      signal.removeEventListener("abort", onAbort);
      for (const { cancel } of delayed.values()) cancel();
      delayed.clear();
      await Promise.all(active);
    },
  };
}

function instruments(metrics: Metrics, name: string) {
  const labels = { name };
  const spec = (metric: string, help: string) => ({ name: `workqueue_${metric}`, help, labels: ["name"] });
  const depth = metrics.gauge(spec("depth", "Current depth of the work queue"));
  const adds = metrics.counter(spec("adds_total", "Keys added to the work queue"));
  const retries = metrics.counter(spec("retries_total", "Retries handled by the work queue"));
  const waited = metrics.histogram({
    ...spec("queue_duration_seconds", "How long a key waits before it is taken"),
    buckets: BUCKETS,
  });
  const worked = metrics.histogram({
    ...spec("work_duration_seconds", "How long working on a key takes"),
    buckets: BUCKETS,
  });
  return {
    depth: (value: number) => depth.set(value, labels),
    adds: () => adds.inc(labels),
    retries: () => retries.inc(labels),
    waited: (seconds: number) => waited.observe(seconds, labels),
    worked: (seconds: number) => worked.observe(seconds, labels),
  };
}
