import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { sleep } from "./clock.ts";
import { KeyedMutex } from "./keyed-mutex.ts";
import { VirtualClock } from "./virtual-clock.ts";

describe("KeyedMutex", () => {
  it("never overlaps what shares a key, keeps its order, and forgets keys that are done", async () => {
    const job = fc.record({
      key: fc.constantFrom("a", "b", "c"),
      afterMs: fc.nat(20),
      tookMs: fc.nat(50),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(job, { maxLength: 60 }), async (jobs) => {
        const clock = new VirtualClock();
        const mutex = new KeyedMutex();
        const running = new Set<string>();
        const order = new Map<string, number[]>();
        const outcomes: Promise<unknown>[] = [];
        const coming = (async () => {
          for (const [index, { key, afterMs, tookMs, fails }] of jobs.entries()) {
            if (afterMs > 0) await sleep(clock, afterMs);
            const outcome = mutex.run(key, async () => {
              assert.ok(!running.has(key), `${key} overlaps`);
              running.add(key);
              await sleep(clock, tookMs);
              running.delete(key);
              order.set(key, [...(order.get(key) ?? []), index]);
              if (fails) throw new Error("broken");
              return index;
            });
            outcomes.push(
              outcome
                .then((value) => assert.equal(value, index))
                .catch((error) => assert.match(error.message, /broken/)),
            );
          }
        })();
        await clock.advance(100_000);
        await coming;
        await Promise.all(outcomes);
        for (const indices of order.values())
          assert.deepEqual(
            indices,
            indices.toSorted((a, b) => a - b),
          );
        assert.equal([...order.values()].flat().length, jobs.length);
        assert.equal(mutex.size, 0);
      }),
      { numRuns: 50 },
    );
  });

  it("does not make different keys wait for each other", async () => {
    const clock = new VirtualClock();
    const mutex = new KeyedMutex();
    void mutex.run("slow", () => sleep(clock, 1000));
    let done = false;
    void mutex.run("other", async () => {
      done = true;
    });
    await clock.advance(0);
    assert.equal(done, true);
    assert.equal(mutex.size, 1);
  });
});
