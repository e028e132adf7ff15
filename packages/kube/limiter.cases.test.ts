import assert from "node:assert/strict";
import test from "node:test";
import { cappedLimiter, fastSlowLimiter, itemExponentialLimiter, maxOfLimiters, type RateLimiter } from "./limiter.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const times = (limiter: RateLimiter, key: string, count: number): readonly number[] =>
  Array.from({ length: count }, () => limiter.when(key));

test("WQ-423: an exponential limiter gives a key 1, 2, 4, 8, 16 ms, and counts five failures", () => {
  const limiter = itemExponentialLimiter(1, 1000);
  assert.deepEqual(times(limiter, "one", 5), [1, 2, 4, 8, 16]);
  assert.equal(limiter.failures("one"), 5);
});

test("WQ-424: a second key starts anew", () => {
  const limiter = itemExponentialLimiter(1, 1000);
  times(limiter, "one", 5);
  assert.deepEqual(times(limiter, "two", 2), [1, 2]);
  assert.equal(limiter.failures("two"), 2);
});

test("WQ-425: a forgotten key starts anew", () => {
  const limiter = itemExponentialLimiter(1, 1000);
  times(limiter, "one", 5);
  limiter.forget("one");
  assert.equal(limiter.failures("one"), 0);
  assert.equal(limiter.when("one"), 1);
});

const caps: readonly [id: string, base: number, max: number, call: number, expected: number][] = [
  ["WQ-426", 1, 1_000_000, 6, 32],
  ["WQ-427", 1, 1_000_000, 1001, 1_000_000],
  ["WQ-428", MINUTE, 1000 * HOUR, 3, 4 * MINUTE],
  ["WQ-429", MINUTE, 1000 * HOUR, 1001, 1000 * HOUR],
];
for (const [id, base, max, call, expected] of caps) {
  test(`${id}: call ${call} of an exponential limiter from ${base} ms to ${max} ms waits ${expected} ms`, () => {
    assert.equal(times(itemExponentialLimiter(base, max), "one", call).at(-1), expected);
  });
}

test("WQ-430: a fast and slow limiter is slow after its fast tries, until the key is forgotten", () => {
  const limiter = fastSlowLimiter(5, 10_000, 3);
  assert.deepEqual(times(limiter, "one", 5), [5, 5, 5, 10_000, 10_000]);
  assert.equal(limiter.failures("one"), 5);
  limiter.forget("one");
  assert.equal(limiter.failures("one"), 0);
  assert.equal(limiter.when("one"), 5);
});

test("WQ-431: the longest of several delays counts", () => {
  const limiter = maxOfLimiters(fastSlowLimiter(5, 3000, 3), itemExponentialLimiter(1, 1000));
  assert.deepEqual(times(limiter, "one", 5), [5, 5, 5, 3000, 3000]);
  assert.equal(limiter.failures("one"), 5);
  assert.deepEqual(times(limiter, "two", 2), [5, 5]);
});

test("WQ-432: a cap bounds what another limiter says", () => {
  const limiter = cappedLimiter(fastSlowLimiter(5, 1_000_000, 100), 500_000);
  assert.deepEqual(new Set(times(limiter, "one", 100)), new Set([5]));
  assert.equal(limiter.when("one"), 500_000);
});
