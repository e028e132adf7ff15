import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeEffect, describeMatch } from "./fault-rules.ts";

describe("a rule in words", () => {
  it("says what it strikes", () => {
    assert.equal(describeMatch({}), "every call");
    assert.equal(describeMatch({ product: "blb", operation: "CreateLoadBalancer" }), "blb CreateLoadBalancer");
    assert.equal(
      describeMatch({ product: "eip", resource: "1.1.1.1", nth: 3, probability: 0.25 }),
      "eip, on 1.1.1.1, call number 3 only, 25 % of them",
    );
  });

  it("says what it does", () => {
    assert.equal(describeEffect({ kind: "latency", ms: 2000 }), "latency, ms 2000");
  });
});
