import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jsonResponse, VirtualClock } from "@ccm/base";
import fc from "fast-check";
import { LANES, type Lane } from "./call.ts";
import { fakeCloud, read } from "./fake-cloud.ts";
import { Gate, Slots } from "./lanes.ts";

function passes(gate: Gate, clock: VirtualClock, lanes: readonly Lane[]) {
  const passed: { lane: Lane; at: number }[] = [];
  for (const lane of lanes) gate.pass(lane).then(() => passed.push({ lane, at: clock.monotonic() }));
  return passed;
}

describe("a gate", () => {
  it("serves delete, user, backend, new, resync and observe in that order, each in the order of coming", async () => {
    const clock = new VirtualClock();
    const gate = new Gate(clock, 1, 1);
    const usedUp = passes(gate, clock, ["user", "delete"]);
    await clock.advance(0);
    assert.equal(usedUp.length, 2);
    const passed = passes(gate, clock, ["observe", "resync", "new", "backend", "user", "delete", "resync", "user"]);
    await clock.advance(60_000);
    assert.deepEqual(
      passed.map(({ lane }) => lane),
      ["delete", "user", "user", "backend", "new", "resync", "resync", "observe"],
    );
  });

  it("keeps a reserve that lets a delete through when everything else is used up", async () => {
    const clock = new VirtualClock();
    const gate = new Gate(clock, 0.1, 4);
    const passed = passes(gate, clock, Array(20).fill("user"));
    await clock.advance(1);
    assert.equal(passed.length, 4);
    const deletes = passes(gate, clock, ["delete"]);
    await clock.advance(0);
    assert.equal(deletes.length, 1);
  });

  it("wakes at the very moment of the next token, whatever the rate", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 97 }), fc.integer({ min: 1, max: 9 }), async (perSecond, burst) => {
        const clock = new VirtualClock();
        const passed = passes(new Gate(clock, perSecond, burst), clock, Array(burst + perSecond).fill("user"));
        await clock.advance(1001);
        assert.equal(passed.length, burst + perSecond);
        const last = passed.at(-1)?.at ?? 0;
        assert.ok(Math.abs(last - 1000) < 1, `the last token came at ${last}`);
      }),
      { numRuns: 30 },
    );
  });

  it("never lets more pass than the rate, the burst and the deletes' quarter allow", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...LANES), { maxLength: 60 }), async (lanes) => {
        const clock = new VirtualClock();
        const passed = passes(new Gate(clock, 4, 4), clock, lanes);
        await clock.advance(5000);
        const others = passed.filter(({ lane }) => lane !== "delete").length;
        assert.ok(others <= 4 + 4 * 5, `${others} passed`);
        assert.ok(passed.length <= 24 + 1 + 5, `${passed.length} passed`);
      }),
      { numRuns: 30 },
    );
  });

  it("opens again when a pause of any length is over", async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0.001, max: 60_000, noNaN: true }), async (ms) => {
        const clock = new VirtualClock();
        const gate = new Gate(clock, 100, 100);
        await clock.advance(12.345);
        gate.hold(ms);
        const passed = passes(gate, clock, ["delete", "user"]);
        await clock.advance(ms + 1);
        assert.equal(passed.length, 2);
      }),
      { numRuns: 50 },
    );
  });

  it("halves its rate when the cloud throttles, once for answers of one moment, and gets it back with time", async () => {
    const clock = new VirtualClock();
    const gate = new Gate(clock, 10, 10);
    const inOneSecond = async () => {
      const before = clock.monotonic();
      const passed = passes(gate, clock, Array(30).fill("user"));
      await clock.advance(1000);
      const count = passed.filter(({ at }) => at <= before + 1000).length;
      await clock.advance(20_000);
      return count;
    };
    const full = await inOneSecond();
    assert.ok(full >= 19, `${full} at the full rate`);
    gate.slowDown();
    gate.slowDown();
    assert.equal(gate.share, 0.5);
    const slow = await inOneSecond();
    assert.ok(slow >= 4 && slow <= 6, `${slow} at half the rate, without a burst`);
    for (let i = 0; i < 20; i++) {
      gate.slowDown();
      await clock.advance(1000);
    }
    assert.ok(gate.share >= 1 / 16 && gate.share < 1 / 8, `never slower than a sixteenth: ${gate.share}`);
    await clock.advance(120_000);
    assert.equal(gate.share, 1);
  });

  it("forgets who has aborted, and leaves no timer behind", async () => {
    const clock = new VirtualClock();
    const gate = new Gate(clock, 1, 1);
    await gate.pass("user");
    const controller = new AbortController();
    const gone = gate.pass("user", controller.signal);
    const next = passes(gate, clock, ["resync"]);
    controller.abort(new Error("stop"));
    await assert.rejects(gone, /stop/);
    await clock.advance(1000);
    assert.equal(next.length, 1);
    assert.equal(clock.pending, 0);
  });
});

describe("slots", () => {
  it("bound what is on its way, with room kept for deletes", async () => {
    const slots = new Slots(8);
    const entered: Lane[] = [];
    const enter = async (lane: Lane) => {
      const leave = await slots.enter(lane);
      entered.push(lane);
      return leave;
    };
    const users = Array.from({ length: 10 }, () => enter("user"));
    await users[6];
    assert.equal(entered.length, 7);
    await enter("delete");
    assert.equal(entered.length, 8);
    (await users[0])?.();
    (await users[1])?.();
    await new VirtualClock().advance(0);
    assert.equal(entered.length, 9);
  });

  it("hold for a whole client", async () => {
    let now = 0;
    let most = 0;
    const cloud = fakeCloud(
      async () => {
        most = Math.max(most, ++now);
        await new Promise<void>((resolve) => cloud.clock.schedule(100, resolve));
        now--;
        return jsonResponse(200, {});
      },
      { concurrency: 5 },
    );
    await cloud.settled(Promise.all(Array.from({ length: 30 }, (_, i) => cloud.call(read(`/${i}`, { lane: "user" })))));
    assert.equal(cloud.asked.length, 30);
    assert.equal(most, 4);
  });
});
