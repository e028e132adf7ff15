import assert from "node:assert/strict";
import test from "node:test";
import { VirtualClock } from "@ccm/base";
import { bucketLimiter, cappedLimiter, itemExponentialLimiter, maxOfLimiters, type RateLimiter } from "./limiter.ts";

const asked = (limiter: RateLimiter, key: string, times: number) =>
  Array.from({ length: times }, () => limiter.when(key));

test("the exponential limiter doubles for each key on its own, and starts over when a key is forgotten", () => {
  const limiter = itemExponentialLimiter(1, 1000);
  assert.deepEqual(asked(limiter, "one", 5), [1, 2, 4, 8, 16]);
  assert.equal(limiter.failures("one"), 5);
  assert.deepEqual(asked(limiter, "two", 2), [1, 2]);
  assert.equal(limiter.failures("two"), 2);
  limiter.forget("one");
  assert.equal(limiter.failures("one"), 0);
  assert.equal(limiter.when("one"), 1);
});

test("the exponential limiter stays at its maximum however often it is asked", () => {
  for (const [base, max, third] of [
    [1, 1_000_000, 4],
    [60_000, 3_600_000_000, 240_000],
  ] as const) {
    const limiter = itemExponentialLimiter(base, max);
    assert.equal(asked(limiter, "key", 3)[2], third);
    assert.equal(asked(limiter, "key", 998).at(-1), max);
  }
});

test("the bucket's delays add up for all keys together and shrink with time", async () => {
  const clock = new VirtualClock();
  const limiter = bucketLimiter(clock, 10, 2);
  assert.deepEqual(["a", "b", "c", "d"].map(limiter.when), [0, 0, 100, 200]);
  await clock.advance(200);
  assert.equal(limiter.when("e"), 100);
  assert.equal(limiter.failures("a"), 0);
});

test("the longest of several delays counts, and a cap bounds it", () => {
  const fixed = (ms: number): RateLimiter => ({ when: () => ms, forget() {}, failures: () => 0 });
  const limiter = maxOfLimiters(itemExponentialLimiter(1, 1000), fixed(3));
  assert.deepEqual(asked(limiter, "key", 4), [3, 3, 4, 8]);
  assert.equal(limiter.failures("key"), 4);
  limiter.forget("key");
  assert.equal(limiter.failures("key"), 0);
  const capped = cappedLimiter(itemExponentialLimiter(5, 1_000_000), 500);
  assert.deepEqual(asked(capped, "key", 9).slice(-3), [320, 500, 500]);
  assert.equal(capped.failures("key"), 9);
});
