import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cloudErrorOfStatus } from "./http-error.ts";

describe("the error that an HTTP status stands for", () => {
  const rows = {
    permanent: [400, 401, 403, 405, 422],
    absent: [404],
    conflict: [409, 412],
    throttled: [429],
    retryable: [425, 500, 503],
    // A gateway that gave up does not know whether the request was carried out.
    ambiguous: [408, 502, 504],
  };
  for (const [code, statuses] of Object.entries(rows)) {
    it(`is ${code} for ${statuses.join(", ")}`, () => {
      for (const status of statuses) assert.equal(cloudErrorOfStatus(status, "no").code, code);
    });
  }

  it("waits as long as Retry-After says in seconds, and ignores what is no number", () => {
    const waits = ["30", "0", "Wed, 21 Oct 2026 07:28:00 GMT", ""].map(
      (value) => cloudErrorOfStatus(429, "slow down", { "retry-after": value }).retryAfterMs,
    );
    assert.deepEqual(waits, [30_000, undefined, undefined, undefined]);
    assert.equal(cloudErrorOfStatus(503, "GET /machines: 503 busy").message, "GET /machines: 503 busy");
  });
});
