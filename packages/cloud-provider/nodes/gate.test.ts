import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, VirtualClock } from "@ccm/base";
import { until } from "../testing/harness.ts";
import { createGate } from "./gate.ts";

describe("a gate", () => {
  it("lets so many through at a time, in the order they came, and goes on after a failure", async () => {
    const clock = new VirtualClock();
    const gate = createGate(2);
    const began: number[] = [];
    let inside = 0;
    let most = 0;
    const visit = (n: number) =>
      gate(async () => {
        began.push(n);
        most = Math.max(most, ++inside);
        await sleep(clock, 10);
        inside--;
        if (n === 1) throw new Error("fell over");
        return n;
      }).catch((error: unknown) => String(error));
    const visits = Promise.all([0, 1, 2, 3, 4].map(visit));
    assert.deepEqual(await until(clock, visits), [0, "Error: fell over", 2, 3, 4]);
    assert.deepEqual(began, [0, 1, 2, 3, 4]);
    assert.equal(most, 2);
    assert.equal(await until(clock, visit(5)), 5);
  });
});
