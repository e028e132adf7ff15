import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatCount, formatLatency, formatPercent, formatTime, sparkline } from "./format.ts";

describe("figures for people", () => {
  it("have as many places as help", () => {
    assert.deepEqual([0, 0.25, 99.94, 12_345.6].map(formatCount), ["0", "0.3", "99.9", "12,346"]);
    assert.deepEqual([0.125, 0].map(formatPercent), ["12.5 %", "0 %"]);
    assert.deepEqual([0.42, 12.4, 1234].map(formatLatency), ["0.4 ms", "12 ms", "1.2 s"]);
    assert.equal(formatTime("2026-01-02T03:04:05.678Z"), "03:04:05.678");
  });

  it("become a line that ends at the right and touches the top", () => {
    assert.equal(sparkline([1, 2], 3), "50,12 100,1");
    assert.equal(sparkline([0, 0], 2), "0,23 100,23");
  });
});
