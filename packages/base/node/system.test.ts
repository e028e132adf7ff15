import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock, systemRandom } from "./system.ts";

describe("the system's clock", () => {
  it("calls back once, later, and not after a cancel", async () => {
    const calls: string[] = [];
    const cancel = systemClock.schedule(0, () => calls.push("cancelled"));
    cancel();
    const started = systemClock.monotonic();
    await new Promise<void>((resolve) => {
      systemClock.schedule(20, () => {
        calls.push("20 ms");
        resolve();
      });
      systemClock.schedule(-1, () => calls.push("at once"));
      assert.deepEqual(calls, [], "never synchronously");
    });
    assert.deepEqual(calls, ["at once", "20 ms"]);
    assert.ok(systemClock.monotonic() - started >= 18);
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000);
  });

  it("waits longer than a timer of Node.js can", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    let fired = 0;
    const month = 31 * 86_400_000;
    systemClock.schedule(month, () => fired++);
    const cancel = systemClock.schedule(2 * month, () => fired++);
    context.mock.timers.tick(2 ** 31 - 1);
    assert.equal(fired, 0);
    context.mock.timers.tick(month);
    assert.equal(fired, 1);
    cancel();
    context.mock.timers.tick(2 * month);
    assert.equal(fired, 1);
  });
});

it("the system's chance gives numbers below one and UUIDs", () => {
  const value = systemRandom.next();
  assert.ok(value >= 0 && value < 1);
  assert.match(systemRandom.uuid(), /^[0-9a-f-]{36}$/);
});
