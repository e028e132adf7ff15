import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatDuration, parseDuration } from "./duration.ts";

describe("a duration", () => {
  const cases: Readonly<Record<string, number>> = {
    "0": 0,
    "0s": 0,
    "10s": 10_000,
    "1m30s": 90_000,
    "1.5h": 5_400_000,
    ".5s": 500,
    "1.s": 1000,
    "100ms": 100,
    "1h1m1s1ms": 3_661_001,
    "250us": 0.25,
    "250µs": 0.25,
    "1ns": 0.000001,
    "0.1s": 100,
  };
  for (const [text, ms] of Object.entries(cases)) {
    it(`${text} is ${ms} ms`, () => assert.equal(parseDuration(text), ms));
  }
  for (const text of ["", "10", "s", "1m 30s", "-5s", "5 s", "1d", "1..5s", ".s", "5sx", "x5s"]) {
    it(`"${text}" is none`, () => assert.equal(parseDuration(text), undefined));
  }

  it("is printed as Go does", () => {
    assert.deepEqual([0, 100, 1000, 1500, 90_000, 300_000, 43_200_000].map(formatDuration), [
      "0s",
      "100ms",
      "1s",
      "1.5s",
      "1m30s",
      "5m0s",
      "12h0m0s",
    ]);
  });

  it("that is printed is read as the same", () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000_000 }), (ms) => {
        assert.equal(parseDuration(formatDuration(ms)), ms);
      }),
    );
  });

  it("of several parts is their sum", () => {
    const part = fc.record({ n: fc.nat({ max: 9999 }), unit: fc.constantFrom("h", "m", "s", "ms") });
    const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const text = parts.map(({ n, unit }) => `${n}${unit}`).join("");
        assert.equal(
          parseDuration(text),
          parts.reduce((sum, { n, unit }) => sum + n * (units[unit] ?? 0), 0),
        );
      }),
    );
  });
});
