import type { Clock } from "@ccm/base";
import { TokenBucket } from "@ccm/base";

/** How long a key waits before it is tried again. Milliseconds. */
export interface RateLimiter {
  /** Counts a failure of `key` and says how long to wait. */
  when(key: string): number;
  /** Forgets the failures of `key`. */
  forget(key: string): void;
  failures(key: string): number;
}

/** base · 2^failures, at most `maxMs`, for each key on its own. */
export function itemExponentialLimiter(baseMs: number, maxMs: number): RateLimiter {
  const failures = new Map<string, number>();
  return {
    when(key) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      return Math.min(maxMs, baseMs * 2 ** Math.min(count, 62));
    },
    forget: (key) => void failures.delete(key),
    failures: (key) => failures.get(key) ?? 0,
  };
}

/** One bucket for all keys: delays add up while it is empty. */
export function bucketLimiter(clock: Clock, perSecond: number, burst: number): RateLimiter {
  const bucket = new TokenBucket(clock, perSecond, burst);
  return { when: () => bucket.reserve(), forget() {}, failures: () => 0 };
}

/** `fastMs` for the first `fastTimes` failures of a key, then `slowMs`. */
export function fastSlowLimiter(fastMs: number, slowMs: number, fastTimes: number): RateLimiter {
  const failures = new Map<string, number>();
  return {
    when(key) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      return count <= fastTimes ? fastMs : slowMs;
    },
    forget: (key) => void failures.delete(key),
    failures: (key) => failures.get(key) ?? 0,
  };
}

/** The longest delay of several limiters. */
export function maxOfLimiters(...limiters: readonly RateLimiter[]): RateLimiter {
  return {
    when: (key) => Math.max(0, ...limiters.map((limiter) => limiter.when(key))),
    forget(key) {
      for (const limiter of limiters) limiter.forget(key);
    },
    failures: (key) => Math.max(0, ...limiters.map((limiter) => limiter.failures(key))),
  };
}

export function cappedLimiter(inner: RateLimiter, maxMs: number): RateLimiter {
  return {
    when: (key) => Math.min(maxMs, inner.when(key)),
    forget: (key) => inner.forget(key),
    failures: (key) => inner.failures(key),
  };
}
