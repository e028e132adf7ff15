import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import { parseClockSpec } from "./clock-spec.ts";
import { type ClockAnchor, createLabClock, timeAt } from "./lab-clock.ts";

const START = Date.UTC(2026, 0, 1);
const setup = (pace: number) => {
  const base = new VirtualClock(START);
  const anchors: ClockAnchor[] = [];
  const clock = createLabClock({ base, pace, onAnchor: (anchor) => void anchors.push(anchor) });
  const ran: [name: string, at: number][] = [];
  const after = (ms: number, name: string) => clock.schedule(ms, () => void ran.push([name, clock.now() - START]));
  return { base, clock, anchors, ran, after };
};

describe("a scaled clock", () => {
  it("runs as many times faster as it says, and so do its timers", async () => {
    const { base, clock, ran, after } = setup(60);
    after(60_000, "a minute");
    after(30_000, "never")();
    await base.advance(999);
    assert.deepEqual(ran, []);
    await base.advance(1);
    assert.deepEqual(ran, [["a minute", 60_000]]);
    assert.equal(clock.now(), START + 60_000);
    assert.equal(clock.monotonic(), 60_000);
  });

  it("can be moved as well: what waits comes the sooner", async () => {
    const { base, clock, ran, after } = setup(10);
    after(100_000, "late");
    await clock.advance(50_000);
    await base.advance(4999);
    assert.deepEqual(ran, []);
    await base.advance(1);
    assert.deepEqual(ran, [["late", 100_000]]);
  });
});

describe("a stepped clock", () => {
  it("stands still until it is moved, and then runs what falls due in its order, each at its time", async () => {
    const { base, clock, ran, after } = setup(0);
    after(2000, "b");
    after(1000, "a");
    clock.schedule(500, () => void after(700, "chained"));
    after(2000, "c");
    after(2001, "later");
    await base.advance(1_000_000);
    assert.equal(clock.now(), START);
    await clock.advance(2000);
    assert.deepEqual(ran, [
      ["a", 1000],
      ["chained", 1200],
      ["b", 2000],
      ["c", 2000],
    ]);
    assert.equal(clock.now(), START + 2000);
    assert.equal(clock.monotonic(), 2000);
  });

  it("makes one move after the other", async () => {
    const { clock, ran, after } = setup(0);
    after(1500, "x");
    await Promise.all([clock.advance(1000), clock.advance(1000)]);
    assert.deepEqual(ran, [["x", 1500]]);
    assert.equal(clock.now(), START + 2000);
  });

  it("goes on where a timer has failed", async () => {
    const { clock, ran, after } = setup(0);
    clock.schedule(10, () => {
      throw new Error("broken");
    });
    after(20, "next");
    await assert.rejects(clock.advance(100), /broken/);
    await clock.advance(0);
    assert.deepEqual(ran, [["next", 100]]);
  });

  it("takes no move backwards", () => assert.throws(() => setup(0).clock.advance(-1), /^RangeError: advance by -1/));
});

it("another process can tell the time from the anchors, from the start and before a move runs anything", async () => {
  const { base, clock, anchors } = setup(60);
  await base.advance(1000);
  const told = () => timeAt(anchors.at(-1) as ClockAnchor, base.now());
  assert.equal(told(), clock.now());
  let during = 0;
  clock.schedule(1, () => {
    during = told();
  });
  await clock.advance(5000);
  assert.equal(during, clock.now());
  assert.equal(told(), clock.now());
});

describe("how a clock is asked for", () => {
  const cases: [string, unknown][] = [
    ["real", { pace: 1 }],
    ["scaled:60", { pace: 60 }],
    ["stepped", { pace: 0 }],
    ["stepped:2026-01-01T00:00:00Z", { pace: 0, startMs: START }],
    ...["", "scaled", "scaled:0", "scaled:-1", "scaled:1e3", "scaled:1000000", "stepped:tomorrow", "Real"].map(
      (text): [string, undefined] => [text, undefined],
    ),
    ["stepped:2026-13-01T00:00:00Z", undefined],
  ];
  for (const [text, spec] of cases)
    it(`"${text}" is ${JSON.stringify(spec) ?? "none"}`, () => assert.deepEqual(parseClockSpec(text), spec));
});
