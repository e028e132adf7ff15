import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { balancerItems } from "./balancer-items.ts";
import type { BlbView, InstanceView, Topology } from "./data.ts";
import { detailsOf } from "./details.ts";
import { networkItems } from "./network-items.ts";
import { callTone, instanceTone } from "./tones.ts";
import { stateOf } from "./topology-state.ts";
import { rowsOf } from "./tree.ts";

const INSTANCE: InstanceView = {
  id: "i-1",
  name: "node-1",
  product: "bcc",
  status: "Running",
  internalIp: "10.0.0.11",
  publicIp: "",
  vpcId: "vpc-1",
  subnetId: "sbn-1",
  zoneName: "cn-bj-a",
  spec: "bcc.g5.c2m8",
  inCluster: true,
};
const BLB: BlbView = {
  blbId: "lb-1",
  name: "web",
  product: "blb",
  status: "available",
  address: "10.0.0.3",
  vpcId: "vpc-1",
  subnetId: "sbn-1",
  listeners: [
    { protocol: "TCP", port: 80, backendPort: 30080, scheduler: "Hash", health: "AD" },
    { protocol: "UDP", port: 53, backendPort: 30053, scheduler: "RoundRobin", health: "-U" },
    { protocol: "TCP", port: 81, backendPort: 30081, scheduler: "RoundRobin", health: "--" },
  ],
  backends: [
    { instanceId: "i-1", weight: 100 },
    { instanceId: "i-2", weight: 0 },
  ],
};
const TOPOLOGY: Topology = {
  account: "lab",
  region: "bj",
  vpcs: [{ vpcId: "vpc-1", name: "main", cidr: "10.0.0.0/8" }],
  subnets: [
    { subnetId: "sbn-1", name: "front", vpcId: "vpc-1", zoneName: "cn-bj-a", cidr: "10.0.0.0/24" },
    { subnetId: "sbn-2", name: "back", vpcId: "vpc-1", zoneName: "cn-bj-b", cidr: "10.0.1.0/24" },
  ],
  instances: [INSTANCE, { ...INSTANCE, id: "i-2", name: "node-2", status: "Stopped" }],
  blbs: [BLB],
  eips: [
    { eip: "1.1.1.1", name: "", status: "binded", bandwidthInMbps: 5, instanceType: "BLB", instanceId: "lb-1" },
    { eip: "fd00::1", name: "six", status: "available", bandwidthInMbps: 5, instanceType: "", instanceId: "" },
  ],
  routes: [
    {
      routeRuleId: "rr-1",
      routeTableId: "rt-1",
      vpcId: "vpc-1",
      sourceAddress: "0.0.0.0/0",
      destinationAddress: "172.16.0.0/24",
      nexthopType: "custom",
      nexthopId: "i-1",
      description: "",
    },
  ],
};
const state = stateOf(TOPOLOGY);

const linesOf = (items: ReturnType<typeof networkItems>, toggled: readonly string[] = []) =>
  rowsOf(items, new Set(toggled), "").map(({ item, level }) =>
    [" ".repeat(level - 1) + item.kind, item.label, item.detail, item.status].filter(Boolean).join(", "),
  );

describe("the network's tree", () => {
  it("goes from VPCs by zones and subnets to nodes", () => {
    assert.deepEqual(linesOf(networkItems(state)), [
      "VPC, main, 10.0.0.0/8",
      " Zone, cn-bj-a, 1 subnet",
      "  Subnet, front, 10.0.0.0/24",
      "   BCC, node-1, 10.0.0.11, Running",
      "   BCC, node-2, 10.0.0.11, Stopped",
      " Zone, cn-bj-b, 1 subnet",
      "  Subnet, back, 10.0.1.0/24",
    ]);
  });

  it("says of each group how its nodes are", () => {
    const [vpc] = networkItems(state);
    const shares = [
      { tone: "good", count: 1 },
      { tone: "idle", count: 1 },
    ];
    assert.deepEqual([vpc?.shares, vpc?.children().map((zone) => zone.shares)], [shares, [shares, []]]);
  });
});

describe("the tree of load balancers", () => {
  it("goes by listeners to their backends with health and weight, and leaves out those that a listener has not", () => {
    assert.deepEqual(linesOf(balancerItems(state), ["blb/lb-1"]), [
      "BLB, web, 1.1.1.1, available",
      " Listener, TCP:80, to port 30080, Hash, 1 of 2 alive",
      "  Backend, node-1, 10.0.0.11:30080, weight 100, alive",
      "  Backend, node-2, 10.0.0.11:30080, weight 0, dead",
      " Listener, UDP:53, to port 30053, RoundRobin, 0 of 1 alive",
      "  Backend, node-2, 10.0.0.11:30053, weight 0, unknown",
      " Listener, TCP:81, to port 30081, RoundRobin, no backends",
    ]);
  });

  it("warns of listeners of which some backends are dead, more of those with none alive", () => {
    const tones = (health: string) => {
      const listeners = [{ protocol: "TCP", port: 80, backendPort: 1, scheduler: "Hash", health }];
      const [item] = balancerItems(stateOf({ ...TOPOLOGY, blbs: [{ ...BLB, listeners }] }));
      return item?.children()[0]?.tone;
    };
    assert.deepEqual(["AA", "AD", "DD", "UU", "--"].map(tones), ["good", "busy", "bad", "busy", "idle"]);
  });

  it("shows backends whose machine is gone", () => {
    const [item] = balancerItems(stateOf({ ...TOPOLOGY, instances: [] }));
    assert.equal(item?.children()[0]?.children()[0]?.label, "i-1");
  });
});

describe("the details", () => {
  const linksOf = (key: string) => detailsOf(state, key)?.links.map((link) => link.key);

  it("of a node lead to what has to do with it", () => {
    assert.deepEqual(linksOf("instance/i-1"), ["subnet/sbn-1", "blb/lb-1", "route/rr-1"]);
  });

  it("of everything that a list shows are there, and what they lead to has details as well", () => {
    const shown = [
      ...rowsOf(networkItems(state), new Set(), ""),
      ...rowsOf(balancerItems(state), new Set(["blb/lb-1"]), ""),
    ];
    const keys = [...shown.map(({ item }) => item.key), "eip/1.1.1.1", "eip/fd00::1", "route/rr-1"];
    for (const key of keys) {
      assert.ok(detailsOf(state, key), key);
      for (const link of linksOf(key) ?? []) assert.ok(detailsOf(state, link), `${key} → ${link}`);
    }
  });

  it("of what is gone, or never was, are none", () => {
    for (const key of ["instance/i-9", "listener/lb-1/TCP:99", "backend/lb-1/TCP:80/i-9", "zone/vpc-1/x", "nonsense"])
      assert.equal(detailsOf(state, key), undefined, key);
  });
});

describe("the tones", () => {
  it("tell good from bad, and what is on its way", () => {
    assert.deepEqual(["Running", "Stopped", "Starting", "Error"].map(instanceTone), ["good", "idle", "busy", "bad"]);
    assert.deepEqual([200, 404, 500, 0].map(callTone), ["good", "busy", "bad", "bad"]);
  });
});
