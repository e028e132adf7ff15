import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import { formatMs, repeat, sleep, TimeoutError, withTimeout } from "./clock.ts";
import { VirtualClock } from "./virtual-clock.ts";

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

describe("sleep", () => {
  it("ends after its time, not earlier", async () => {
    const clock = new VirtualClock();
    let awake = false;
    void sleep(clock, 100).then(() => {
      awake = true;
    });
    await clock.advance(99);
    assert.equal(awake, false);
    await clock.advance(1);
    assert.equal(awake, true);
  });

  it("rejects with the reason of an abort, and takes its timer and its listener along", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const sleeping = sleep(clock, 100, controller.signal);
    controller.abort(new Error("stop"));
    await assert.rejects(sleeping, /stop/);
    await assert.rejects(sleep(clock, 100, controller.signal), /stop/);
    assert.equal(clock.pending, 0);
    assert.equal(listeners(controller.signal), 0);
  });

  it("leaves no listener behind when it ends by itself", async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    const sleeping = sleep(clock, 1, signal);
    await clock.advance(1);
    await sleeping;
    assert.equal(listeners(signal), 0);
  });
});

describe("withTimeout", () => {
  it("gives what the function gives, and leaves neither timer nor listener", async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    assert.equal(await withTimeout(clock, 50, "look", signal, async () => 3), 3);
    assert.deepEqual([clock.pending, listeners(signal)], [0, 0]);
  });

  it("aborts with a TimeoutError that says what took too long", async () => {
    const clock = new VirtualClock();
    const outcome = withTimeout(clock, 1500, "list nodes", undefined, (signal) => sleep(clock, 10_000, signal));
    const refused = assert.rejects(outcome, new TimeoutError("list nodes: no answer within 1.5 s"));
    await clock.advance(1500);
    await refused;
  });

  it("passes the parent's abort on, also one from before", async () => {
    const clock = new VirtualClock();
    const parent = new AbortController();
    const outcome = withTimeout(clock, 1000, "x", parent.signal, (signal) => sleep(clock, 10_000, signal));
    parent.abort(new Error("shutting down"));
    await assert.rejects(outcome, /shutting down/);
    await assert.rejects(
      withTimeout(clock, 1000, "x", parent.signal, (signal) => sleep(clock, 10_000, signal)),
      /shutting down/,
    );
  });
});

describe("repeat", () => {
  it("runs, waits the period after the end, and stops at the abort", async () => {
    const clock = new VirtualClock(0);
    const controller = new AbortController();
    const starts: number[] = [];
    const done = repeat(clock, 100, controller.signal, async () => {
      starts.push(clock.now());
      await sleep(clock, 30);
    });
    await clock.advance(300);
    controller.abort();
    await done;
    assert.deepEqual(starts, [0, 130, 260]);
  });

  it("ends with what the function throws", async () => {
    const clock = new VirtualClock();
    const failing = async () => {
      throw new Error("broken");
    };
    await assert.rejects(repeat(clock, 1, new AbortController().signal, failing), /broken/);
  });
});

it("durations are written for people", () => {
  assert.deepEqual([0.4, 300, 999.6, 1500, 10_000].map(formatMs), ["0 ms", "300 ms", "1 s", "1.5 s", "10 s"]);
});
