import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { checkedLookup } from "./instance-answer.ts";

const metadata = {
  providerId: "fake://a",
  instanceType: "t",
  addresses: [{ type: "InternalIP" as const, address: "10.0.0.1" }],
  zone: "z",
  region: "r",
  additionalLabels: { a: "b" },
  shutdown: true,
};

describe("a provider's answer", () => {
  it("that the contract allows is taken as it is", () => {
    const answers = [
      { state: "found", metadata },
      { state: "absent", evidence: "NoSuchInstance" },
      { state: "unknown", reason: "two of that name" },
    ] as const;
    for (const answer of answers) assert.deepEqual(checkedLookup(answer), answer);
  });

  it("that is none is unknown, never an absence", () => {
    for (const answer of [
      null,
      undefined,
      "absent",
      {},
      { state: "gone" },
      { state: "found" },
      { state: "found", metadata: null },
    ]) {
      assert.deepEqual(checkedLookup(answer), { state: "unknown", reason: "the provider gave no metadata" });
    }
  });

  it("with fields missing has them empty", () => {
    assert.deepEqual(checkedLookup({ state: "found", metadata: { providerId: "fake://a", addresses: null } }), {
      state: "found",
      metadata: {
        providerId: "fake://a",
        instanceType: "",
        addresses: [],
        zone: "",
        region: "",
        additionalLabels: {},
        shutdown: false,
      },
    });
  });

  it("may be anything at all", () => {
    const states = fc.constantFrom("found", "absent", "unknown", "x");
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ state: states, metadata: fc.anything() })), (answer) => {
        const lookup = checkedLookup(answer);
        assert.ok(["found", "absent", "unknown"].includes(lookup.state));
        if (lookup.state === "found") assert.ok(Array.isArray(lookup.metadata.addresses));
      }),
    );
  });
});
