import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { sleep } from "./clock.ts";
import { mapLimited } from "./map-limited.ts";
import { VirtualClock } from "./virtual-clock.ts";

describe("mapLimited", () => {
  it("keeps the items' order and the limit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(50), { maxLength: 40 }),
        fc.integer({ min: -1, max: 6 }),
        async (delays, limit) => {
          const clock = new VirtualClock();
          let running = 0;
          let most = 0;
          const mapping = mapLimited(delays, limit, async (delayMs, index) => {
            most = Math.max(most, ++running);
            await sleep(clock, delayMs);
            running--;
            return `${index}:${delayMs}`;
          });
          await clock.advance(100_000);
          assert.deepEqual(
            await mapping,
            delays.map((delayMs, index) => `${index}:${delayMs}`),
          );
          assert.ok(most <= Math.max(1, limit));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("begins nothing more after a throw", async () => {
    const begun: number[] = [];
    const mapping = mapLimited([0, 1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      await undefined;
      if (item === 1) throw new Error("broken");
    });
    await assert.rejects(mapping, /broken/);
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(begun.length <= 3, `begun: ${begun}`);
  });
});
