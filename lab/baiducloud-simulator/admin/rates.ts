import type { Clock } from "@ccm/base";
import type { Rate, Rates } from "../console/data.ts";

const WINDOW_SECONDS = 10;
/** Each bucket of latencies is so much wider than the one before; percentiles are right to this. */
const GROWTH = 1.1;
const FIRST_MS = 0.05;
const BUCKETS = 170;

export interface RateMeter {
  /** Counts a call that has ended now. */
  count(call: { readonly product: string; readonly durationMs: number; readonly isError: boolean }): void;
  rates(): Rates;
}

/** One second of one product. */
interface Slot {
  second: number;
  calls: number;
  errors: number;
  readonly latencies: Uint32Array;
}

/** Rates, errors and latencies for each product over the last seconds, in memory that does not grow with the calls. */
export function createRateMeter(clock: Clock): RateMeter {
  const start = now();
  const products = new Map<string, { total: number; readonly slots: readonly Slot[] }>();
  function now(): number {
    return Math.floor(clock.monotonic() / 1000);
  }
  const meterOf = (product: string) => {
    const known = products.get(product);
    if (known) return known;
    const slots = Array.from({ length: WINDOW_SECONDS }, () => ({
      second: -1,
      calls: 0,
      errors: 0,
      latencies: new Uint32Array(BUCKETS),
    }));
    const made = { total: 0, slots };
    products.set(product, made);
    return made;
  };
  const all = meterOf("");
  return {
    count({ product, durationMs, isError }) {
      const second = now();
      for (const meter of [all, meterOf(product || "other")]) {
        const slot = meter.slots[second % WINDOW_SECONDS];
        if (!slot) continue;
        if (slot.second !== second) {
          slot.latencies.fill(0);
          Object.assign(slot, { second, calls: 0, errors: 0 });
        }
        meter.total++;
        slot.calls++;
        if (isError) slot.errors++;
        const bucket = bucketOf(durationMs);
        slot.latencies[bucket] = (slot.latencies[bucket] ?? 0) + 1;
      }
    },
    rates() {
      const second = now();
      // A simulator that has just started has not had the whole window yet.
      const seconds = Math.min(WINDOW_SECONDS, second - start + 1);
      const rateOf = (product: string): Rate => {
        const { total, slots } = meterOf(product);
        const current = slots.filter((slot) => slot.second > second - WINDOW_SECONDS && slot.second >= 0);
        const calls = current.reduce((sum, slot) => sum + slot.calls, 0);
        const errors = current.reduce((sum, slot) => sum + slot.errors, 0);
        const percentile = (share: number) => percentileOf(current, calls, share);
        return {
          product,
          calls: total,
          callsPerSecond: calls / seconds,
          errorRate: calls === 0 ? 0 : errors / calls,
          p50: percentile(0.5),
          p95: percentile(0.95),
          p99: percentile(0.99),
        };
      };
      return { windowSeconds: WINDOW_SECONDS, rates: [...products.keys()].map(rateOf) };
    },
  };
}

function bucketOf(ms: number): number {
  const bucket = Math.ceil(Math.log(Math.max(ms, FIRST_MS) / FIRST_MS) / Math.log(GROWTH));
  return Math.min(BUCKETS - 1, bucket);
}

/** The upper edge of the bucket that this share of the calls does not pass. */
function percentileOf(slots: readonly Slot[], calls: number, share: number): number {
  let left = Math.ceil(calls * share);
  if (left === 0) return 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    for (const { latencies } of slots) left -= latencies[bucket] ?? 0;
    if (left <= 0) return FIRST_MS * GROWTH ** bucket;
  }
  return FIRST_MS * GROWTH ** BUCKETS;
}
