import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep } from "./clock.ts";
import { SingleFlight } from "./single-flight.ts";
import { VirtualClock } from "./virtual-clock.ts";

describe("SingleFlight", () => {
  it("asks once for callers of one key at one time, and again afterwards", async () => {
    const clock = new VirtualClock();
    const flights = new SingleFlight<number>();
    let asked = 0;
    const ask = async () => {
      await sleep(clock, 10);
      return ++asked;
    };
    const together = Promise.all([flights.run("a", ask), flights.run("a", ask), flights.run("b", ask)]);
    assert.equal(flights.size, 2);
    await clock.advance(10);
    assert.deepEqual(await together, [1, 1, 2]);
    const later = flights.run("a", ask);
    await clock.advance(10);
    assert.equal(await later, 3);
    assert.equal(flights.size, 0);
  });

  it("shares a failure, remembers none, and leaves no rejection unhandled", async () => {
    const flights = new SingleFlight<number>();
    const fail = async () => {
      throw new Error("down");
    };
    const outcomes = await Promise.allSettled([flights.run("a", fail), flights.run("a", fail)]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    assert.equal(await flights.run("a", async () => 5), 5);
  });

  it("turns a throw of the function itself into a rejection", async () => {
    const flights = new SingleFlight<number>();
    const call = flights.run("a", () => {
      throw new Error("at once");
    });
    await assert.rejects(call, /at once/);
    assert.equal(flights.size, 0);
  });
});
