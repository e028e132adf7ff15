import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Backoff, backoffDelay } from "./backoff.ts";
import { seededRandom } from "./random.ts";

describe("Backoff", () => {
  it("doubles from the least to the most, and starts again after a success", () => {
    const backoff = new Backoff({ minMs: 100, maxMs: 1000 }, seededRandom(1));
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map(() => backoff.next()),
      [100, 200, 400, 800, 1000, 1000],
    );
    assert.equal(backoff.failures, 6);
    backoff.reset();
    assert.equal(backoff.next(), 100);
  });

  it("stays within its bounds for any number of failures", () => {
    fc.assert(
      fc.property(
        fc.nat(1e9),
        fc.integer({ min: 0, max: 1e4 }),
        fc.integer({ min: 1, max: 1e7 }),
        fc.double({ min: 1, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, minMs, moreMs, factor, jitter) => {
          const maxMs = minMs + moreMs;
          const delay = backoffDelay({ minMs, maxMs, factor, jitter }, failures, seededRandom(failures));
          assert.ok(delay >= minMs && delay <= maxMs * (1 + jitter), `${delay}`);
        },
      ),
    );
  });
});
