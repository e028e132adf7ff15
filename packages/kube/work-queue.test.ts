import assert from "node:assert/strict";
import test from "node:test";
import { sleep, VirtualClock } from "@ccm/base";
import fc from "fast-check";
import { itemExponentialLimiter } from "./limiter.ts";
import { readableMetrics } from "./testing.ts";
import { createWorkQueue } from "./work-queue.ts";

function start(workers: number, options: { workMs?: number; baseMs?: number; fail?: (key: string) => boolean } = {}) {
  const clock = new VirtualClock();
  const metrics = readableMetrics();
  const errors: string[] = [];
  const queue = createWorkQueue({
    name: "Nodes",
    clock,
    metrics,
    limiter: itemExponentialLimiter(options.baseMs ?? 5, 1000),
    onError: (key) => errors.push(key),
  });
  const log: string[] = [];
  const stop = new AbortController();
  let ended = false;
  const handle = async (key: string): Promise<void> => {
    log.push(`${key}@${clock.monotonic()}`);
    await sleep(clock, options.workMs ?? 0);
    if (options.fail?.(key)) throw new Error("failed");
  };
  const running = queue.run(workers, handle, stop.signal).then(() => {
    ended = true;
  });
  return { clock, queue, log, errors, stop, running, metrics, ended: () => ended };
}

test("a key that is added twice before it is taken is worked on once", async () => {
  const { clock, queue, log } = start(1);
  queue.add("bar");
  queue.add("bar");
  assert.equal(queue.length, 1);
  await clock.advance(1);
  assert.deepEqual(log, ["bar@0"]);
});

test("a key added while it is worked on waits for that worker, then comes once more", async () => {
  const { clock, queue, log } = start(4, { workMs: 100 });
  queue.add("foo");
  await clock.advance(10);
  queue.add("foo");
  queue.add("foo");
  await clock.advance(500);
  assert.deepEqual(log, ["foo@0", "foo@100"]);
});

test("of several delays for one key the earliest counts, in either order", async () => {
  const { clock, queue, log } = start(1);
  queue.addAfter("a", 50);
  queue.addAfter("a", 70);
  queue.addAfter("b", 50);
  queue.addAfter("b", 30);
  await clock.advance(200);
  assert.deepEqual(log, ["b@30", "a@50"]);
});

test("delayed keys come in the order of their times", async () => {
  const { clock, queue, log } = start(1);
  queue.addAfter("foo", 1000);
  queue.addAfter("bar", 500);
  queue.addAfter("baz", 250);
  queue.addAfter("now", 0);
  await clock.advance(2000);
  assert.deepEqual(log, ["now@0", "baz@250", "bar@500", "foo@1000"]);
});

test("rate limited adds wait longer each time until the key is forgotten", async () => {
  const { clock, queue, log } = start(1, { baseMs: 1 });
  queue.addRateLimited("one");
  await clock.advance(10);
  queue.addRateLimited("one");
  assert.equal(queue.failures("one"), 2);
  await clock.advance(10);
  queue.forget("one");
  assert.equal(queue.failures("one"), 0);
  queue.addRateLimited("one");
  await clock.advance(10);
  assert.deepEqual(log, ["one@1", "one@12", "one@21"]);
});

test("no more keys are in work than there are workers", async () => {
  const { clock, queue, log } = start(2, { workMs: 100 });
  for (const key of ["a", "b", "c"]) queue.add(key);
  await clock.advance(300);
  assert.deepEqual(log, ["a@0", "b@0", "c@100"]);
});

test("a handler that throws is reported and its key comes again, later each time", async () => {
  const { clock, queue, log, errors } = start(1, { fail: () => true, baseMs: 10 });
  queue.add("x");
  await clock.advance(35);
  assert.deepEqual(log, ["x@0", "x@10", "x@30"]);
  assert.deepEqual(errors, ["x", "x", "x"]);
});

test("an error handler that throws, too, stops nobody", async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  let calls = 0;
  const queue = createWorkQueue({
    name: "x",
    clock,
    limiter: itemExponentialLimiter(1, 1),
    onError() {
      throw new Error("the reporter failed");
    },
  });
  const running = queue.run(
    1,
    async () => {
      calls++;
      throw new Error("failed");
    },
    stop.signal,
  );
  queue.add("x");
  await clock.advance(3);
  assert.equal(calls, 4);
  stop.abort();
  await clock.advance(1);
  await running;
});

test("after an abort run waits for the workers, keeps what is ready and leaves no timer behind", async () => {
  const { clock, queue, log, stop, ended } = start(1, { workMs: 100, fail: () => true });
  queue.add("a");
  queue.add("b");
  queue.addAfter("c", 5000);
  await clock.advance(10);
  stop.abort();
  await clock.advance(50);
  assert.equal(ended(), false);
  await clock.advance(50);
  assert.equal(ended(), true);
  assert.deepEqual(log, ["a@0"]);
  assert.equal(queue.length, 1);
  assert.equal(clock.pending, 0);
});

test("what an aborted signal throws is no failure of the key", async () => {
  const clock = new VirtualClock();
  const errors: string[] = [];
  const limiter = itemExponentialLimiter(1, 1);
  const queue = createWorkQueue({ name: "x", clock, limiter, onError: (key) => errors.push(key) });
  const stop = new AbortController();
  const running = queue.run(1, (_, signal) => sleep(clock, 1000, signal), stop.signal);
  queue.add("a");
  await clock.advance(1);
  stop.abort(new Error("shutting down"));
  await running;
  assert.deepEqual(errors, []);
});

test("a shut-down drains what is ready and what was added to a key in work, and takes nothing new", async () => {
  const { clock, queue, log, ended } = start(1, { workMs: 100 });
  queue.add("a");
  queue.add("b");
  queue.addAfter("later", 10_000);
  await clock.advance(10);
  queue.add("a");
  queue.shutDown();
  queue.add("c");
  queue.addAfter("d", 1);
  await clock.advance(1000);
  assert.deepEqual(log, ["a@0", "b@100", "a@200"]);
  assert.equal(ended(), true);
  assert.equal(clock.pending, 0);
});

test("the queue's metrics tell depth, adds, retries, waiting, working and work that hangs", async () => {
  const { clock, queue, metrics } = start(1, { workMs: 3000 });
  const value = (name: string) => metrics.values.get(`workqueue_${name}{name="Nodes"}`);
  queue.add("a");
  queue.add("b");
  queue.addRateLimited("b");
  await clock.advance(2000);
  assert.equal(value("depth"), 1);
  assert.equal(value("adds_total"), 2);
  assert.equal(value("retries_total"), 1);
  assert.equal(value("unfinished_work_seconds"), 2);
  assert.equal(value("longest_running_processor_seconds"), 2);
  await clock.advance(10_000);
  assert.equal(value("queue_duration_seconds_sum"), 3);
  assert.equal(value("work_duration_seconds_count"), 2);
  assert.equal(value("unfinished_work_seconds"), 0);
});

test("property: no key is in two hands, and none is lost, whatever is added when and however work ends", async () => {
  const key = fc.constantFrom("a", "b", "c", "d");
  const step = fc.oneof(
    fc.record({ do: fc.constant("add" as const), key, ms: fc.constant(0) }),
    fc.record({ do: fc.constant("after" as const), key, ms: fc.integer({ min: 0, max: 40 }) }),
    fc.record({ do: fc.constant("limited" as const), key, ms: fc.constant(0) }),
    fc.record({ do: fc.constant("wait" as const), key, ms: fc.integer({ min: 0, max: 30 }) }),
  );
  const outcomes = fc.array(fc.record({ ms: fc.integer({ min: 0, max: 25 }), fails: fc.boolean() }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      outcomes,
      fc.integer({ min: 1, max: 4 }),
      async (steps, results, workers) => {
        const clock = new VirtualClock();
        const queue = createWorkQueue({ name: "x", clock, limiter: itemExponentialLimiter(1, 8) });
        const inWork = new Set<string>();
        /** Keys that were asked for after the last time work on them began. */
        const owed = new Set<string>();
        let calls = 0;
        const handle = async (k: string): Promise<void> => {
          assert.ok(!inWork.has(k), `${k} is in two hands`);
          inWork.add(k);
          assert.ok(inWork.size <= workers);
          owed.delete(k);
          const result = results[calls++ % results.length];
          await sleep(clock, result?.ms ?? 0);
          inWork.delete(k);
          // Not for ever, or the run would not come to rest.
          if (result?.fails && calls < 200) {
            owed.add(k);
            throw new Error("failed");
          }
        };
        const stop = new AbortController();
        const running = queue.run(workers, handle, stop.signal);
        for (const { do: what, key: k, ms } of steps) {
          if (what === "wait") await clock.advance(ms);
          else owed.add(k);
          if (what === "add") queue.add(k);
          if (what === "after") queue.addAfter(k, ms);
          if (what === "limited") queue.addRateLimited(k);
        }
        await clock.advance(60_000);
        assert.deepEqual([...owed], [], "asked for, and never worked on again");
        assert.equal(queue.length, 0);
        stop.abort();
        await running;
      },
    ),
    { numRuns: 150 },
  );
});
