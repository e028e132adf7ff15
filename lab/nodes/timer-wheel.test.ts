import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom, VirtualClock } from "@ccm/base";
import fc from "fast-check";
import { createTimerWheel } from "./timer-wheel.ts";

const PERIOD = 10_000;

function wheelOf(seed: number) {
  const clock = new VirtualClock();
  const turns: { readonly key: string; readonly at: number; readonly round: number }[] = [];
  const start = clock.monotonic();
  const wheel = createTimerWheel<string>({
    clock,
    random: seededRandom(seed),
    periodMs: PERIOD,
    slots: 200,
    turn: (key, round) => turns.push({ key, at: clock.monotonic() - start, round }),
  });
  return { clock, wheel, turns };
}

describe("a timer wheel", () => {
  it("gives each key one turn a period, always the same time after the last", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 20 }), async (seed, count) => {
        const { clock, wheel, turns } = wheelOf(seed);
        for (let i = 0; i < count; i++) wheel.add(`k${i}`);
        await clock.advance(4 * PERIOD);
        for (let i = 0; i < count; i++) {
          const mine = turns.filter(({ key }) => key === `k${i}`);
          assert.equal(mine.length, 4);
          mine.forEach(({ at, round }, n) => {
            assert.equal(at - (mine[0]?.at ?? 0), n * PERIOD);
            assert.equal(round, n);
          });
        }
        wheel.close();
      }),
      { numRuns: 20 },
    );
  });

  it("spreads many keys over the period: no moment has more than a few", async () => {
    const { clock, wheel, turns } = wheelOf(1);
    for (let i = 0; i < 5000; i++) wheel.add(`k${i}`);
    await clock.advance(PERIOD);
    const moments = new Map<number, number>();
    for (const { at } of turns) moments.set(at, (moments.get(at) ?? 0) + 1);
    assert.equal(turns.length, 5000);
    assert.equal(moments.size, 200);
    assert.ok(Math.max(...moments.values()) < 60, "25 is the mean");
    wheel.close();
  });

  it("gives no turn to a key that was taken out, and none at all once closed", async () => {
    const { clock, wheel, turns } = wheelOf(1);
    wheel.add("a");
    wheel.add("b");
    wheel.delete("a");
    await clock.advance(PERIOD);
    assert.deepEqual(
      turns.map(({ key }) => key),
      ["b"],
    );
    wheel.close();
    await clock.advance(10 * PERIOD);
    assert.equal(turns.length, 1);
  });
});
