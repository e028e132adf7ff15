import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NOT_READY, newNode } from "../testing/harness.ts";
import { backendChanged, backendsOf, isBackend, updateFailure } from "./backends.ts";

const EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers";
const labelled = (value: string) => newNode("a", { labels: { [EXCLUDE]: value } });
const tainted = (key: string) => newNode("a", { spec: { taints: [{ key, effect: "NoSchedule" }] } });

describe("a node is a backend", () => {
  it("whether it is ready, schedulable and initialised or not", () => {
    assert.equal(isBackend(newNode("a", { status: { conditions: [NOT_READY] }, spec: { unschedulable: true } })), true);
    assert.equal(isBackend(tainted("node.cloudprovider.kubernetes.io/uninitialized")), true);
  });

  it("unless it is deleted, about to be removed by the autoscaler, or excluded", () => {
    assert.equal(isBackend(newNode("a", { deletionTimestamp: "2026-01-01T00:00:00Z" })), false);
    assert.equal(isBackend(tainted("ToBeDeletedByClusterAutoscaler")), false);
    for (const value of ["", "true", "1", "yes", "no"]) assert.equal(isBackend(labelled(value)), false, value);
    for (const value of ["0", "f", "F", "false", "False", "FALSE"])
      assert.equal(isBackend(labelled(value)), true, value);
  });

  it("and they come in the order of their names", () => {
    assert.deepEqual(
      backendsOf([newNode("c"), newNode("a"), newNode("b")]).map(({ metadata }) => metadata.name),
      ["a", "b", "c"],
    );
  });
});

describe("a change of a node", () => {
  it("is a reason to look at all load balancers when it is excluded or gets its provider ID", () => {
    assert.equal(backendChanged(newNode("a"), labelled("")), true);
    assert.equal(backendChanged(labelled("false"), labelled("0")), false);
    assert.equal(backendChanged(newNode("a"), newNode("a", { spec: { providerID: "fake://a" } })), true);
  });

  it("is none when it is readiness, a taint or a deletion that has begun", () => {
    assert.equal(backendChanged(newNode("a"), newNode("a", { status: { conditions: [NOT_READY] } })), false);
    assert.equal(backendChanged(newNode("a"), tainted("ToBeDeletedByClusterAutoscaler")), false);
    assert.equal(backendChanged(newNode("a"), newNode("a", { deletionTimestamp: "2026-01-01T00:00:00Z" })), false);
  });
});

describe("the message of a failed update", () => {
  it("names twenty nodes and counts the rest", () => {
    const nodes = Array.from({ length: 23 }, (_, i) => newNode(`n${i}`));
    const text = updateFailure(nodes, new Error("quota"));
    assert.match(text, /^Error updating load balancer with new hosts \[n0 n1 .* n19 <3 more>\] \[node names limited/);
    assert.match(text, /total number of nodes: 23\], error: quota$/);
  });
});
