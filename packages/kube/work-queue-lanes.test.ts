import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, VirtualClock } from "@ccm/base";
import { itemExponentialLimiter } from "./limiter.ts";
import { createWorkQueue } from "./work-queue.ts";

/** Each key takes 100 ms; the log has "<key>@<start> <lanes>". */
function start(workers: number, reserve = 0) {
  const clock = new VirtualClock();
  const log: string[] = [];
  const queue = createWorkQueue({ name: "test", clock, limiter: itemExponentialLimiter(5, 1000), reserve });
  const handle = async (key: string, _signal: AbortSignal, lanes: ReadonlySet<number>) => {
    log.push(`${key}@${clock.monotonic()} ${[...lanes].sort().join("+")}`);
    await sleep(clock, 100);
  };
  queue.run(workers, handle, new AbortController().signal);
  return { clock, queue, log };
}

describe("lanes of a work queue", () => {
  it("are served in their order, and within a lane in the order of coming", async () => {
    const { clock, queue, log } = start(1);
    queue.add("c", 2);
    queue.add("d", 2);
    queue.add("b", 1);
    queue.add("a");
    await clock.advance(1000);
    assert.deepEqual(log, ["a@0 0", "b@100 1", "c@200 2", "d@300 2"]);
  });

  it("let a key that waits in a late lane overtake when it is added in an early one, and bring it once", async () => {
    const { clock, queue, log } = start(1);
    for (const key of ["a", "b", "c"]) queue.add(key, 2);
    queue.add("c");
    await clock.advance(1000);
    assert.deepEqual(log, ["c@0 0+2", "a@100 2", "b@200 2"]);
    assert.equal(queue.length, 0);
  });

  it("do not let a key fall behind that is added in a later one too", async () => {
    const { clock, queue, log } = start(1);
    queue.add("x", 1);
    queue.add("a", 1);
    queue.add("x", 2);
    await clock.advance(1000);
    assert.deepEqual(log, ["x@0 1+2", "a@100 1"]);
  });

  it("hold for what is added while it is worked on, and for delays", async () => {
    const { clock, queue, log } = start(1);
    queue.add("a", 1);
    queue.addAfter("late", 50, 2);
    await clock.advance(10);
    queue.add("b", 1);
    queue.add("a", 2);
    queue.add("a");
    await clock.advance(1000);
    assert.deepEqual(log, ["a@0 1", "a@100 0+2", "b@200 1", "late@300 2"]);
  });

  it("leave reserved workers to the first, also while the others are full", async () => {
    const { clock, queue, log } = start(3, 1);
    for (const key of ["a", "b", "c"]) queue.add(key, 1);
    await clock.advance(50);
    queue.add("user");
    await clock.advance(1000);
    assert.deepEqual(log, ["a@0 1", "b@0 1", "user@50 0", "c@100 1"]);
  });

  it("always leave one worker to the others", async () => {
    const { clock, queue, log } = start(1, 5);
    queue.add("a", 1);
    await clock.advance(1000);
    assert.deepEqual(log, ["a@0 1"]);
  });
});
