import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import type { Cancel } from "./clock.ts";
import { sleep } from "./clock.ts";
import { VirtualClock } from "./virtual-clock.ts";

describe("VirtualClock", () => {
  it("fires timers in order of time, then of creation, each at its time, and never a cancelled one", async () => {
    const step = fc.record({ delayMs: fc.integer({ min: -5, max: 50 }), cancel: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 400, size: "max" }), async (steps) => {
        const clock = new VirtualClock(1000);
        const fired: { readonly index: number; readonly at: number }[] = [];
        const cancels = steps.map(({ delayMs }, index): Cancel => {
          return clock.schedule(delayMs, () => fired.push({ index, at: clock.now() }));
        });
        for (const [index, { cancel }] of steps.entries()) if (cancel) cancels[index]?.();
        const expected = steps
          .map(({ delayMs, cancel }, index) => ({ index, at: 1000 + Math.max(0, delayMs), cancel }))
          .filter(({ cancel }) => !cancel)
          .sort((a, b) => a.at - b.at || a.index - b.index);
        assert.equal(clock.pending, expected.length);
        await clock.advance(100);
        assert.deepEqual(
          fired,
          expected.map(({ index, at }) => ({ index, at })),
        );
        assert.equal(clock.pending, 0);
        assert.equal(clock.now(), 1100);
      }),
      { numRuns: 60 },
    );
  });

  it("lets every promise settle between two timers", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    clock.schedule(1, () => {
      void (async () => {
        for (let i = 0; i < 100; i++) await undefined;
        log.push("the chain begun by the first timer");
      })();
    });
    clock.schedule(1, () => log.push("the second timer"));
    await clock.advance(1);
    assert.deepEqual(log, ["the chain begun by the first timer", "the second timer"]);
  });

  it("fires what timers schedule on the way, as far as it is due", async () => {
    const clock = new VirtualClock(0);
    const at: number[] = [];
    const again = () => {
      at.push(clock.now());
      clock.schedule(10, again);
    };
    clock.schedule(10, again);
    await clock.advance(35);
    assert.deepEqual(at, [10, 20, 30]);
    assert.equal(clock.monotonic(), 35);
  });

  it("never calls back synchronously", async () => {
    const clock = new VirtualClock();
    let called = false;
    clock.schedule(0, () => {
      called = true;
    });
    assert.equal(called, false);
    await clock.advance(0);
    assert.equal(called, true);
  });

  it("stops where the condition holds, or says that the limit passed", async () => {
    const clock = new VirtualClock(0);
    let done = false;
    void sleep(clock, 40).then(() => {
      done = true;
    });
    assert.equal(await clock.advanceUntil(() => done, 30), false);
    assert.equal(clock.now(), 30);
    assert.equal(await clock.advanceUntil(() => done, 1000), true);
    assert.equal(clock.now(), 40);
  });

  it("counts a timer as waiting until it fires or is cancelled, once", async () => {
    const clock = new VirtualClock();
    const cancel = clock.schedule(1, () => {});
    clock.schedule(5, () => {});
    cancel();
    cancel();
    assert.equal(clock.pending, 1);
    await clock.advance(2);
    cancel();
    assert.equal(clock.pending, 1);
  });

  it("forgets cancelled timers long before they are due", async () => {
    const clock = new VirtualClock();
    const before = liveBytes();
    for (let i = 0; i < 100_000; i++) clock.schedule(3_600_000, () => {})();
    assert.equal(clock.pending, 0);
    const grown = liveBytes() - before;
    assert.ok(grown < 2_000_000, `100,000 cancelled deadlines keep ${grown} bytes`);
    await clock.advance(3_600_000);
  });

  it("refuses two advances at once, a time that is no number, and passes on what a timer throws", async () => {
    const clock = new VirtualClock();
    clock.schedule(1, () => {
      throw new Error("from the timer");
    });
    const first = clock.advance(10);
    await assert.rejects(clock.advance(10), /being advanced already/);
    await assert.rejects(first, /from the timer/);
    await clock.advance(10);
    assert.throws(() => clock.schedule(Number.NaN, () => {}), /NaN/);
  });
});

/** Bytes of the heap that are still reachable. */
function liveBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}
