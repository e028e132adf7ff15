import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Channel } from "./channel.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("Channel", () => {
  it("delivers what was pushed, in order, whoever is ahead: the writer or the reader", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("push" as const, "read" as const), { maxLength: 200 }),
        async (steps) => {
          const channel = new Channel<number>();
          const iterator = channel[Symbol.asyncIterator]();
          const got: number[] = [];
          let pushed = 0;
          let reading: Promise<void> | undefined;
          for (const todo of steps) {
            if (todo === "push") channel.push(pushed++);
            else {
              await Promise.race([reading, turn()]);
              if (got.length < pushed || !reading) {
                reading = iterator.next().then(({ value, done }) => void (done || got.push(value)));
              }
            }
            await turn();
            if (got.length === pushed) continue;
          }
          channel.close();
          await reading;
          for await (const value of iterator) got.push(value);
          assert.deepEqual(
            got,
            Array.from({ length: pushed }, (_, i) => i),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it("delivers what was pushed before the close, and ignores what is pushed after", async () => {
    const channel = new Channel<number>();
    channel.push(1);
    channel.push(2);
    channel.close();
    channel.push(3);
    assert.deepEqual([channel.length, channel.closed], [2, true]);
    assert.deepEqual(await Array.fromAsync(channel), [1, 2]);
  });

  it("closes when its reader leaves, even one that is waiting", async () => {
    const left = new Channel<number>();
    left.push(1);
    left.push(2);
    for await (const _ of left) break;
    assert.deepEqual([left.closed, left.length], [true, 0]);

    const waiting = new Channel<number>();
    const iterator = waiting[Symbol.asyncIterator]();
    const next = iterator.next();
    await iterator.return?.();
    assert.deepEqual(await next, { value: undefined, done: true });
    assert.equal(waiting.closed, true);
  });

  it("refuses a second reader that waits", async () => {
    const channel = new Channel<number>();
    void channel[Symbol.asyncIterator]().next();
    await assert.rejects(channel[Symbol.asyncIterator]().next(), /one reader/);
  });

  it("drains a long queue in linear time", async () => {
    const channel = new Channel<number>();
    for (let i = 0; i < 200_000; i++) channel.push(i);
    channel.close();
    let expected = 0;
    for await (const value of channel) assert.ok(value === expected++);
    assert.equal(expected, 200_000);
  });
});
