import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { InstanceView, Topology } from "./data.ts";
import { applyDelta, countsOf, describeDelta, stateOf, tallyOf } from "./topology-state.ts";

const node = (id: string, status = "Running"): InstanceView => ({
  id,
  name: `name-${id}`,
  product: "bcc",
  status,
  internalIp: "10.0.0.1",
  publicIp: "",
  vpcId: "vpc-1",
  subnetId: "sbn-1",
  zoneName: "cn-bj-a",
  spec: "",
  inCluster: true,
});

const TOPOLOGY: Topology = {
  account: "lab",
  region: "bj",
  vpcs: [{ vpcId: "vpc-1", name: "main", cidr: "10.0.0.0/8" }],
  subnets: [],
  instances: [node("i-1"), node("i-2", "Stopped")],
  blbs: [
    {
      blbId: "lb-1",
      name: "web",
      product: "blb",
      status: "available",
      address: "10.0.0.9",
      vpcId: "vpc-1",
      subnetId: "sbn-1",
      listeners: [
        { protocol: "TCP", port: 80, backendPort: 30080, scheduler: "RoundRobin", health: "AD" },
        { protocol: "TCP", port: 443, backendPort: 30443, scheduler: "RoundRobin", health: "A-" },
      ],
      backends: [
        { instanceId: "i-1", weight: 100 },
        { instanceId: "i-2", weight: 100 },
      ],
    },
  ],
  eips: [
    { eip: "1.1.1.1", name: "", status: "binded", bandwidthInMbps: 1, instanceType: "BLB", instanceId: "lb-1" },
    { eip: "1.1.1.2", name: "", status: "available", bandwidthInMbps: 1, instanceType: "", instanceId: "" },
  ],
  routes: [],
};

describe("the state of a topology", () => {
  it("counts what there is, backends once for each listener that has them", () => {
    assert.deepEqual(countsOf(stateOf(TOPOLOGY)), {
      vpcs: 1,
      subnets: 0,
      instances: 2,
      running: 1,
      blbs: 1,
      listeners: 2,
      backends: 3,
      dead: 1,
      eips: 2,
      bound: 1,
      routes: 0,
    });
  });

  it("takes up what a delta adds, changes and removes, and leaves other tables and the state before alone", () => {
    const before = stateOf(TOPOLOGY);
    const delta = { set: { instances: [node("i-2"), node("i-3")] }, gone: { instances: ["i-1"], eips: ["1.1.1.2"] } };
    const after = applyDelta(before, delta);
    assert.deepEqual([...after.instances.keys()], ["i-2", "i-3"]);
    assert.equal(after.instances.get("i-2")?.status, "Running");
    assert.deepEqual([...after.eips.keys()], ["1.1.1.1"]);
    assert.equal(after.blbs, before.blbs);
    assert.equal(before.instances.size, 2);
  });

  it("says a delta in words", () => {
    const delta = { set: { instances: [node("i-2"), node("i-3")] }, gone: { blbs: ["lb-1"] } };
    assert.equal(describeDelta(stateOf(TOPOLOGY), delta), "1 node added, 1 node changed, 1 load balancer removed");
  });

  it("counts the letters of a listener's health", () => {
    assert.deepEqual(tallyOf("AAD-U-"), { alive: 2, dead: 1, unknown: 1 });
  });
});
