import assert from "node:assert/strict";
import test from "node:test";
import { VirtualClock } from "@ccm/base";
import { itemExponentialLimiter } from "./limiter.ts";
import { createWorkQueue, type WorkQueue } from "./work-queue.ts";

/** A queue whose workers hold each key until the test lets go of it. */
function start(workers = 2) {
  const clock = new VirtualClock();
  const queue = createWorkQueue({ name: "Nodes", clock, limiter: itemExponentialLimiter(1, 1000) });
  const taken: string[] = [];
  const release: (() => void)[] = [];
  const stop = new AbortController();
  let ended = false;
  const running = queue
    .run(
      workers,
      (key) => {
        taken.push(`${key}@${clock.monotonic()}`);
        return new Promise<void>((resolve) => release.push(resolve));
      },
      stop.signal,
    )
    .then(() => {
      ended = true;
    });
  const finish = async () => {
    release.shift()?.();
    await clock.advance(0);
  };
  return { clock, queue, taken, finish, stop, running, ended: () => ended };
}

/** The times at which keys come out of a queue without work to do. */
async function firings(plan: (queue: WorkQueue, clock: VirtualClock) => Promise<void>): Promise<readonly string[]> {
  const clock = new VirtualClock();
  const queue = createWorkQueue({ name: "q", clock, limiter: itemExponentialLimiter(1, 1000) });
  const fired: string[] = [];
  const stop = new AbortController();
  const running = queue.run(1, async (key) => void fired.push(`${key}@${clock.monotonic()}`), stop.signal);
  await plan(queue, clock);
  await clock.advance(10_000);
  stop.abort();
  await running;
  return fired;
}

test("WQ-433: rate limited adds wait as long as the limiter says for each key, and from the start after a forget", async () => {
  const fired = await firings(async (queue, clock) => {
    queue.addRateLimited("one");
    await clock.advance(10);
    queue.addRateLimited("one");
    queue.addRateLimited("two");
    await clock.advance(10);
    queue.addRateLimited("two");
    assert.equal(queue.failures("one"), 2);
    queue.forget("one");
    queue.addRateLimited("one");
  });
  assert.deepEqual(fired, ["one@1", "two@11", "one@12", "one@21", "two@22"]);
});

test("WQ-434: a key added while it is worked on is handed out once more, then the queue is empty", async () => {
  const { clock, queue, taken, finish } = start();
  queue.add("foo");
  await clock.advance(0);
  queue.add("foo");
  await finish();
  assert.deepEqual(taken, ["foo@0", "foo@0"]);
  await finish();
  assert.equal(queue.length, 0);
  assert.equal(taken.length, 2);
});

test("WQ-435: a key added twice before it is taken is handed out once", async () => {
  const { clock, queue, taken, finish } = start();
  queue.add("bar");
  queue.add("bar");
  await clock.advance(0);
  await finish();
  assert.deepEqual(taken, ["bar@0"]);
});

test("WQ-436: a second worker stays idle until the first has finished the key it was added to again", async () => {
  const { clock, queue, taken, finish } = start(2);
  queue.add("foo");
  await clock.advance(0);
  queue.add("foo");
  queue.add("foo");
  await clock.advance(1000);
  assert.equal(taken.length, 1);
  await finish();
  assert.deepEqual(taken, ["foo@0", "foo@1000"]);
});

test("WQ-437: a later, longer delay does not postpone", async () => {
  const fired = await firings(async (queue) => {
    queue.addAfter("foo", 50);
    queue.addAfter("foo", 70);
  });
  assert.deepEqual(fired, ["foo@50"]);
});

test("WQ-438: a later, shorter delay counts", async () => {
  const fired = await firings(async (queue) => {
    queue.addAfter("foo", 50);
    queue.addAfter("foo", 30);
  });
  assert.deepEqual(fired, ["foo@30"]);
});

test("WQ-439: delayed keys come at their times", async () => {
  const fired = await firings(async (queue, clock) => {
    queue.addAfter("foo", 1000);
    queue.addAfter("bar", 50);
    await clock.advance(100);
    queue.addAfter("baz", 2000);
  });
  assert.deepEqual(fired, ["bar@50", "foo@1000", "baz@2100"]);
});

test("WQ-440: when the clock jumps, delayed keys come in the order of their times", async () => {
  const fired = await firings(async (queue, clock) => {
    queue.addAfter("foo", 1000);
    queue.addAfter("bar", 500);
    queue.addAfter("baz", 250);
    await clock.advance(2000);
  });
  assert.deepEqual(
    fired.map((entry) => entry.split("@")[0]),
    ["baz", "bar", "foo"],
  );
});

test("WQ-441: a shut-down ends the run only after both keys in work are done, and nothing new is taken", async () => {
  const { clock, queue, taken, finish, ended } = start(2);
  queue.add("foo");
  queue.add("bar");
  await clock.advance(0);
  queue.shutDown();
  queue.add("late");
  await finish();
  assert.equal(ended(), false);
  await finish();
  assert.equal(ended(), true);
  assert.equal(taken.length, 2);
});

test("WQ-442: shutting down while two keys are in work returns at once", async () => {
  const { clock, queue, ended } = start(2);
  queue.add("foo");
  queue.add("bar");
  await clock.advance(0);
  queue.shutDown();
  assert.equal(ended(), false);
});

test("WQ-443: deviates: a second shut-down returns at once too, but the run still waits for the keys in work", async () => {
  const { clock, queue, stop, finish, ended } = start(1);
  queue.add("foo");
  await clock.advance(0);
  queue.shutDown();
  queue.shutDown();
  stop.abort();
  await clock.advance(1000);
  assert.equal(ended(), false);
  await finish();
  assert.equal(ended(), true);
});

test("WQ-444: a key that was added again while in work is handed out once more before the run ends", async () => {
  const { clock, queue, taken, finish, ended } = start(1);
  queue.add("foo");
  await clock.advance(0);
  queue.add("foo");
  queue.shutDown();
  await finish();
  assert.deepEqual(taken, ["foo@0", "foo@0"]);
  assert.equal(ended(), false);
  await finish();
  assert.equal(ended(), true);
});
