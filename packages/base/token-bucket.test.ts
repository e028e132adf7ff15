import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import fc from "fast-check";
import { sleep } from "./clock.ts";
import { TokenBucket } from "./token-bucket.ts";
import { VirtualClock } from "./virtual-clock.ts";

describe("TokenBucket", () => {
  it("never lets more pass in any span of time than burst + rate × span, in the order they came", async () => {
    const visitor = fc.record({
      afterMs: fc.integer({ min: 0, max: 400 }),
      leavesAfterMs: fc.option(fc.integer({ min: 0, max: 2000 })),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0.5, 1, 3, 7, 20, 1500),
        fc.integer({ min: 1, max: 10 }),
        fc.array(visitor, { maxLength: 60 }),
        async (perSecond, burst, visitors) => {
          const clock = new VirtualClock();
          const bucket = new TokenBucket(clock, perSecond, burst);
          const passed: { readonly index: number; readonly at: number }[] = [];
          let left = 0;
          const coming = (async () => {
            for (const [index, { afterMs, leavesAfterMs }] of visitors.entries()) {
              if (afterMs > 0) await sleep(clock, afterMs);
              const controller = new AbortController();
              if (leavesAfterMs !== null) clock.schedule(leavesAfterMs, () => controller.abort());
              void bucket.take(controller.signal).then(
                () => passed.push({ index, at: clock.monotonic() }),
                () => left++,
              );
            }
          })();
          await clock.advance(600_000);
          await coming;
          assert.equal(passed.length + left, visitors.length, "nobody waits for ever");
          for (const [i, first] of passed.entries()) {
            for (const [more, last] of passed.slice(i).entries()) {
              assert.ok(last.index >= first.index, "in order");
              const allowed = burst + ((last.at - first.at) / 1000) * perSecond;
              assert.ok(
                more + 1 <= allowed + 1e-6,
                `${more + 1} passed in ${last.at - first.at} ms, allowed ${allowed}`,
              );
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("reaches its rate", async () => {
    const clock = new VirtualClock();
    const bucket = new TokenBucket(clock, 50, 10);
    let passed = 0;
    for (let i = 0; i < 1000; i++) void bucket.take().then(() => passed++);
    await clock.advance(10_000);
    assert.equal(passed, 10 + 500);
  });

  it("gives the turn of one who left to the next, at once", async () => {
    const clock = new VirtualClock(0);
    const bucket = new TokenBucket(clock, 1, 1);
    await bucket.take();
    const impatient = new AbortController();
    const refused = assert.rejects(bucket.take(impatient.signal), /left/);
    let at = -1;
    void bucket.take().then(() => {
      at = clock.now();
    });
    clock.schedule(500, () => impatient.abort(new Error("left")));
    await clock.advance(5000);
    await refused;
    assert.equal(at, 1000);
  });

  it("leaves no timer when everybody has left, and no listener in any case", async () => {
    const clock = new VirtualClock();
    const bucket = new TokenBucket(clock, 1, 1);
    const controller = new AbortController();
    const taken = [1, 2, 3].map(() => bucket.take(controller.signal));
    await clock.advance(1000);
    controller.abort(new Error("stop"));
    assert.deepEqual(
      (await Promise.allSettled(taken)).map(({ status }) => status),
      ["fulfilled", "fulfilled", "rejected"],
    );
    assert.equal(clock.pending, 0);
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
    await assert.rejects(bucket.take(controller.signal), /stop/);
  });

  it("does not let tryTake overtake those who wait", async () => {
    const clock = new VirtualClock();
    const bucket = new TokenBucket(clock, 1, 1);
    assert.equal(bucket.tryTake(), true);
    assert.equal(bucket.tryTake(), false);
    void bucket.take();
    await clock.advance(999);
    assert.equal(bucket.tryTake(), false);
    await clock.advance(1);
    assert.equal(bucket.tryTake(), false);
    await clock.advance(1000);
    assert.equal(bucket.tryTake(), true);
  });

  it("spaces reservations by the rate", async () => {
    const clock = new VirtualClock();
    const bucket = new TokenBucket(clock, 10, 2);
    assert.deepEqual(
      [1, 2, 3, 4].map(() => bucket.reserve()),
      [0, 0, 100, 200],
    );
    await clock.advance(1000);
    assert.equal(bucket.reserve(), 0);
  });

  it("refuses a rate of nothing, and takes a burst below one as one", async () => {
    const clock = new VirtualClock();
    assert.throws(() => new TokenBucket(clock, 0, 1), /expected more than 0/);
    await new TokenBucket(clock, 0.5, 0.5).take();
  });
});
