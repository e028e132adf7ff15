import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jsonResponse } from "@ccm/base";
import type { BceClient } from "./client.ts";
import { isBceError } from "./error.ts";
import { type Asked, fakeCloud, refuse } from "./fake-cloud.ts";

const token = { clientToken: "token-1" };
const tags = [{ tagKey: "cce-created", tagValue: "c/Service/UID/u" }];
const rule = {
  routeTableId: "rt-1",
  sourceAddress: "0.0.0.0/0",
  destinationAddress: "10.0.1.0/24",
  nexthopId: "i-1",
  nexthopType: "custom",
  description: "mine",
} as const;
const tcp = { listenerType: "TCP", listenerPort: 80, backendPort: 30080, scheduler: "RoundRobin" } as const;
const billing = { paymentTiming: "Postpaid" } as const;
const addressIs = (fields: object) => ({ eipList: [{ eip: "1.2.3.4", ...fields }] });

type Case = readonly [
  name: string,
  run: (client: BceClient) => Promise<unknown>,
  done: unknown,
  notDone: unknown,
  result?: unknown,
];

/** What a look shows after the work, and what it shows when the work was not done. "absent": the cloud's own word. */
const CASES: readonly Case[] = [
  [
    "creating a load balancer",
    (c) => c.blb.create({ name: "a", desc: "d", vpcId: "v", subnetId: "s", tags }, token),
    { blbList: [{ blbId: "lb-1", name: "a", desc: "d", address: "10.0.0.1", tags }] },
    { blbList: [{ blbId: "lb-9", name: "a", desc: "d", address: "10.0.0.1", tags: [] }] },
    { blbId: "lb-1", address: "10.0.0.1" },
  ],
  ["deleting one", (c) => c.blb.delete("lb-1", token), "absent", { blbId: "lb-1", status: "available" }],
  [
    "renaming one",
    (c) => c.blb.update("lb-1", { name: "b" }, token),
    { blbId: "lb-1", name: "b" },
    { blbId: "lb-1", name: "a" },
  ],
  [
    "a listener",
    (c) => c.blb.createListener("lb-1", tcp, token),
    { listenerList: [{ ...tcp, more: 1 }] },
    { listenerList: [] },
  ],
  [
    "changing a listener",
    (c) => c.blb.updateListener("lb-1", { listenerType: "TCP", listenerPort: 80, scheduler: "Hash" }, token),
    { listenerList: [{ ...tcp, scheduler: "Hash" }] },
    { listenerList: [tcp] },
  ],
  [
    "removing listeners",
    (c) => c.blb.deleteListeners("lb-1", [tcp], token),
    { listenerList: [] },
    { listenerList: [tcp] },
  ],
  [
    "adding backends",
    (c) => c.blb.addBackends("lb-1", [{ instanceId: "i-1", weight: 100 }], token),
    { backendServerList: [{ instanceId: "i-1", weight: 100 }] },
    { backendServerList: [] },
  ],
  [
    "weighing backends",
    (c) => c.blb.updateBackends("lb-1", [{ instanceId: "i-1", weight: 0 }], token),
    { backendServerList: [{ instanceId: "i-1", weight: 0 }] },
    { backendServerList: [{ instanceId: "i-1", weight: 100 }] },
  ],
  [
    "removing backends",
    (c) => c.blb.removeBackends("lb-1", ["i-1"], token),
    { backendServerList: [] },
    { backendServerList: [{ instanceId: "i-1", weight: 100 }] },
  ],
  [
    "binding security groups",
    (c) => c.blb.bindSecurityGroups("lb-1", ["g-1"], token),
    { blbSecurityGroups: [{ securityGroupId: "g-1" }] },
    { blbSecurityGroups: [] },
  ],
  [
    "creating an address",
    (c) => c.eip.create({ name: "a", bandwidthInMbps: 1, billing, tags }, token),
    { eipList: [{ eip: "1.2.3.4", name: "a", tags }] },
    { eipList: [] },
    { eip: "1.2.3.4" },
  ],
  [
    "binding an address",
    (c) => c.eip.bind("1.2.3.4", { instanceType: "BLB", instanceId: "lb-1" }, token),
    addressIs({ instanceId: "lb-1" }),
    addressIs({ instanceId: null }),
  ],
  [
    "unbinding one",
    (c) => c.eip.unbind("1.2.3.4", token),
    addressIs({ status: "unbinding" }),
    addressIs({ status: "binded" }),
  ],
  [
    "resizing one",
    (c) => c.eip.resize("1.2.3.4", 5, token),
    addressIs({ bandwidthInMbps: 5 }),
    addressIs({ bandwidthInMbps: 1 }),
  ],
  ["releasing one", (c) => c.eip.release("1.2.3.4", token), { eipList: [] }, addressIs({})],
  [
    "sharing one's bandwidth",
    (c) => c.eip.joinGroup("eg-1", "1.2.3.4", token),
    addressIs({ shareGroupId: "eg-1" }),
    addressIs({ shareGroupId: null }),
  ],
  [
    "creating a route",
    (c) => c.vpc.createRouteRule(rule, token),
    { routeRules: [{ ...rule, routeRuleId: "rr-1" }] },
    { routeRules: [{ ...rule, routeRuleId: "rr-1", description: "other" }] },
    { routeRuleId: "rr-1" },
  ],
  [
    "pointing a route elsewhere",
    (c) => c.vpc.updateRouteRule({ ...rule, routeRuleId: "rr-1" }, { nexthopId: "i-2" }, token),
    { routeRules: [{ ...rule, routeRuleId: "rr-1", nexthopId: "i-2" }] },
    { routeRules: [{ ...rule, routeRuleId: "rr-1" }] },
  ],
];

/** The first write gets no answer that tells; looks get `seen`; later writes succeed. */
function scene(seen: unknown) {
  const isWrite = ({ query }: Asked) => query.has("clientToken");
  let writes = 0;
  const cloud = fakeCloud((asked) => {
    if (isWrite(asked)) {
      if (++writes === 1) return refuse(500, "InternalError");
      return jsonResponse(200, { blbId: "lb-2", eip: "2.2.2.2", routeRuleId: "rr-2", address: "" });
    }
    return seen === "absent" ? refuse(404, "NoSuchObject") : jsonResponse(200, seen);
  });
  return {
    ...cloud,
    writes: () => cloud.asked.filter(isWrite),
    looks: () => cloud.asked.length - cloud.asked.filter(isWrite).length,
  };
}

describe("a write of which nobody knows whether it was done", () => {
  for (const [name, run, done, notDone, result] of CASES) {
    it(`is looked for, and not sent again when it was done: ${name}`, async () => {
      const cloud = scene(done);
      const { value, error } = await cloud.settled(run(cloud.client));
      assert.equal(error, undefined);
      assert.deepEqual(value, result);
      assert.equal(cloud.writes().length, 1);
      assert.ok(cloud.looks() >= 1);
    });

    it(`is sent again, with its clientToken, when a look shows that it was not: ${name}`, async () => {
      const cloud = scene(notDone);
      assert.equal((await cloud.settled(run(cloud.client))).error, undefined);
      assert.equal(cloud.writes().length, 2);
      assert.deepEqual(new Set(cloud.writes().map(({ query }) => query.get("clientToken"))), new Set(["token-1"]));
    });
  }

  it("goes to its caller when nothing can be seen, and when the look fails too", async () => {
    const deletion = scene({});
    assert.ok(
      isBceError((await deletion.settled(deletion.client.vpc.deleteRouteRule("rr-1", token))).error, "ambiguous"),
    );
    assert.equal(deletion.asked.length, 1);
    const blind = fakeCloud(({ query }) => refuse(query.has("clientToken") ? 500 : 403, "AccessDenied"));
    const { error } = await blind.settled(blind.client.eip.release("1.2.3.4", token));
    assert.ok(isBceError(error), String(error));
    assert.equal(blind.asked.filter(({ query }) => query.has("clientToken")).length, 1);
  });
});
