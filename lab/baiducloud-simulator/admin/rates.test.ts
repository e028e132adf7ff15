import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import { createRateMeter } from "./rates.ts";

const call = (durationMs: number, isError = false, product = "blb") => ({ product, durationMs, isError });

describe("rates", () => {
  it("are those of the last ten seconds, of all and of each product", async () => {
    const clock = new VirtualClock();
    const meter = createRateMeter(clock);
    await clock.advance(60_000);
    for (let count = 0; count < 30; count++) meter.count(call(1, count < 3));
    meter.count(call(1, false, "eip"));
    const [all, blb, eip] = meter.rates().rates;
    assert.deepEqual([all?.product, all?.calls, all?.callsPerSecond], ["", 31, 3.1]);
    assert.deepEqual([blb?.callsPerSecond, blb?.errorRate, eip?.callsPerSecond], [3, 0.1, 0.1]);
    await clock.advance(10_000);
    assert.deepEqual(
      meter.rates().rates.map(({ calls, callsPerSecond, errorRate, p99 }) => [calls, callsPerSecond, errorRate, p99]),
      [
        [31, 0, 0, 0],
        [30, 0, 0, 0],
        [1, 0, 0, 0],
      ],
    );
  });

  it("are right from the first second on", () => {
    const meter = createRateMeter(new VirtualClock());
    meter.count(call(1));
    assert.equal(meter.rates().rates[0]?.callsPerSecond, 1);
  });

  it("know the percentiles of the latencies within a tenth", () => {
    const meter = createRateMeter(new VirtualClock());
    for (let ms = 1; ms <= 1000; ms++) meter.count(call(ms));
    const { p50 = 0, p95 = 0, p99 = 0 } = meter.rates().rates[0] ?? {};
    for (const [measured, true_] of [
      [p50, 500],
      [p95, 950],
      [p99, 990],
    ] as const)
      assert.ok(measured >= true_ && measured <= true_ * 1.1, `${measured} for ${true_}`);
  });

  it("take latencies of any size", () => {
    const meter = createRateMeter(new VirtualClock());
    for (const ms of [0, 1e9]) meter.count(call(ms));
    assert.ok((meter.rates().rates[0]?.p99 ?? 0) > 100_000);
  });
});
