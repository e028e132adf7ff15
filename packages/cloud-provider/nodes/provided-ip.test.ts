import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { enforceProvidedIps, parseProvidedIps } from "./provided-ip.ts";

describe("the provided node IP", () => {
  it("that cannot be read is quoted whole, with the part that is wrong", () => {
    assert.throws(() => parseProvidedIps("1.2.3.4,x"), {
      message: 'failed to parse node IP "1.2.3.4,x": could not parse "x"',
    });
  });

  it("that the cloud does not have is named with what the cloud has", () => {
    assert.throws(() => enforceProvidedIps("10.0.0.9", []), {
      message: "failed to get node address from cloud provider that matches ip: 10.0.0.9 (the cloud's addresses: none)",
    });
  });

  it("is settled after one application", () => {
    const address = fc.record({
      type: fc.constantFrom("InternalIP" as const, "ExternalIP" as const, "Hostname" as const),
      address: fc.constantFrom("10.0.0.1", "10.0.0.2", "fc00::1", "fc00::2"),
    });
    fc.assert(
      fc.property(
        fc.array(address, { minLength: 1, maxLength: 6 }),
        fc.constantFrom("10.0.0.1", "fc00::1", "10.0.0.1,fc00::1"),
        (cloud, requested) => {
          const has = requested.split(",").every((ip) => cloud.some(({ address: one }) => one === ip));
          fc.pre(has);
          const once = enforceProvidedIps(requested, cloud);
          assert.deepEqual(enforceProvidedIps(requested, once), once);
          assert.equal(once[0]?.address, requested.split(",")[0]);
        },
      ),
    );
  });
});
