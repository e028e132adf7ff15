import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { NodeAddress } from "@ccm/kube";
import fc from "fast-check";
import { newNode } from "../testing/harness.ts";
import { sameAddresses, wantedAddresses } from "./addresses.ts";

const internal = (address: string): NodeAddress => ({ type: "InternalIP", address });
const external = (address: string): NodeAddress => ({ type: "ExternalIP", address });
const hostname = (address: string): NodeAddress => ({ type: "Hostname", address });

describe("a node's addresses", () => {
  it("are the cloud's, with the node's own host name when the cloud has none", () => {
    const node = newNode("a", { status: { addresses: [internal("1.1.1.1"), hostname("kubelet")] } });
    assert.deepEqual(wantedAddresses(node, [internal("10.0.0.1")]), [internal("10.0.0.1"), hostname("kubelet")]);
    assert.deepEqual(wantedAddresses(node, [internal("10.0.0.1"), hostname("cloud")]), [
      internal("10.0.0.1"),
      hostname("cloud"),
    ]);
  });

  it("stay as they are when the cloud knows none", () => {
    const addresses = [internal("1.1.1.1")];
    assert.deepEqual(wantedAddresses(newNode("a", { status: { addresses } }), []), addresses);
  });

  it("of a dual-stack node that did not change are the same", () => {
    const dual = [internal("10.0.0.1"), internal("fc00::1"), hostname("a")];
    assert.equal(sameAddresses(dual, [...dual]), true);
    assert.equal(sameAddresses(dual, [internal("fc00::1"), internal("10.0.0.1"), hostname("a")]), false);
  });

  it("are the same in another order of types, and not with types exchanged", () => {
    assert.equal(sameAddresses([internal("a"), external("b")], [external("b"), internal("a")]), true);
    assert.equal(sameAddresses([internal("a"), external("b")], [external("a"), internal("b")]), false);
    assert.equal(sameAddresses([internal("a")], [internal("a"), hostname("h")]), false);
  });

  it("once written are never written again", () => {
    const address = fc.record({
      type: fc.constantFrom("InternalIP" as const, "ExternalIP" as const, "Hostname" as const),
      address: fc.constantFrom("10.0.0.1", "10.0.0.2", "fc00::1"),
    });
    fc.assert(
      fc.property(fc.array(address), fc.array(address), (cloud, before) => {
        const first = wantedAddresses(newNode("a", { status: { addresses: before } }), cloud);
        const again = wantedAddresses(newNode("a", { status: { addresses: first } }), cloud);
        assert.ok(sameAddresses(first, again));
      }),
    );
  });
});
