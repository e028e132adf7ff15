import type { Clock } from "@ccm/base";
import { itemExponentialLimiter } from "@ccm/kube";
import { cloudErrorOf } from "../error.ts";

/** A route that fails is tried again on its own, so that one bad route does not make every pass a write. */
const RETRY_MIN_MS = 10_000;
const RETRY_MAX_MS = 300_000;

/** What failed, and when each may be tried again. */
export interface Retries {
  /** Whether it may be tried now: it did not fail, has waited long enough, or `facts` are not those it failed with. */
  isDue(key: string, facts: string): boolean;
  /** Returns how long it waits. Milliseconds. `node`: whose it is. */
  failed(key: string, facts: string, error: unknown, node?: string): number;
  done(key: string): void;
  /** Forgets what is not in `keys`: nobody wants it any more. */
  keepOnly(keys: ReadonlySet<string>): void;
  /** How long until the first is due. Infinity: nothing waits. Milliseconds. */
  readonly waitMs: number;
  /** Nodes with something that waits, and how long still. Milliseconds. */
  nodes(): Iterable<readonly [node: string, ms: number]>;
}

/** `onForget` hears of each key that is done or no longer wanted. */
export function createRetries(clock: Clock, onForget: (key: string) => void): Retries {
  const limiter = itemExponentialLimiter(RETRY_MIN_MS, RETRY_MAX_MS);
  const waiting = new Map<string, { readonly at: number; readonly facts: string; readonly node: string }>();
  const forget = (key: string): void => {
    limiter.forget(key);
    waiting.delete(key);
    onForget(key);
  };
  return {
    isDue(key, facts) {
      const failure = waiting.get(key);
      return !failure || failure.facts !== facts || clock.monotonic() >= failure.at;
    },
    failed(key, facts, error, node = "") {
      const waitMs = Math.max(limiter.when(key), cloudErrorOf(error)?.retryAfterMs ?? 0);
      waiting.set(key, { at: clock.monotonic() + waitMs, facts, node });
      return waitMs;
    },
    done: forget,
    keepOnly(keys) {
      for (const key of [...waiting.keys()]) if (!keys.has(key)) forget(key);
    },
    *nodes() {
      for (const { at, node } of waiting.values()) if (node !== "") yield [node, at - clock.monotonic()];
    },
    get waitMs() {
      return Math.max(0, Math.min(...[...waiting.values()].map(({ at }) => at)) - clock.monotonic());
    },
  };
}
