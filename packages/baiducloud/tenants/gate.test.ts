import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import type { Service } from "@ccm/kube";
import { createCloudLedger, NOTHING, type Tenant, type TenantCloudLimits } from "@ccm/tenancy";
import { desiredOf } from "../load-balancers/desired.ts";
import type { Observed } from "../load-balancers/observed.ts";
import { planService } from "../load-balancers/plan.ts";
import { serviceTags } from "../marks.ts";
import { createTenantGate, usageOf } from "./gate.ts";
import { createInventory } from "./inventory.ts";
import { tenantTags } from "./tags.ts";

const CLUSTER = "cce-lab";
const EMPTY: Observed = {
  blb: undefined,
  refused: "",
  surplus: [],
  ownEips: [],
  givenEip: undefined,
  formerEip: undefined,
  securityGroup: undefined,
};
const tenant = (cloud: TenantCloudLimits): Tenant => ({ metadata: { name: "team" }, spec: { cloud } });
const service = (
  name: string,
  more: { spec?: Service["spec"]; annotations?: Record<string, string> } = {},
): Service => ({
  metadata: { namespace: "a", name, uid: `uid-${name}`, annotations: more.annotations ?? {} },
  spec: { type: "LoadBalancer", ports: [{ port: 80, nodePort: 30080 }], ...more.spec },
});
const stepsFor = (one: Service, observed = EMPTY) => planService(desiredOf(one, [], CLUSTER).desired, observed);

function start(...services: Service[]) {
  const inventory = createInventory(CLUSTER);
  const members = { membersOf: () => services, marks: new Set<string>(), naming: () => [], tenantNameOf: () => "team" };
  const ledger = createCloudLedger({ clock: new VirtualClock(), settleMs: 1000 });
  return { inventory, gate: createTenantGate({ ledger, inventory, members, mayCome: () => NOTHING }) };
}
const doing = (plan: { readonly steps: readonly { readonly do: string }[] }) => plan.steps.map((step) => step.do);

describe("what may be done of a plan for a tenant", () => {
  it("is nothing that needs the load balancer, when that is refused", () => {
    const one = service("one", { spec: { loadBalancerSourceRanges: ["10.0.0.0/8"] } });
    const { gate } = start(one);
    const plan = stepsFor(one);
    assert.ok(doing(plan).includes("createSecurityGroup"));
    const admitted = gate.admit(tenant({ maxLoadBalancers: 0 }), one, plan, EMPTY);
    assert.deepEqual(doing(admitted), []);
    assert.deepEqual(
      admitted.problems.map(({ facet, reason, retryable }) => [facet, reason, retryable]),
      [["load-balancer", "TenantQuotaExceeded", false]],
    );
  });
  it("is all but the address, its binding and what it belongs to, when that is refused", () => {
    const one = service("one", { annotations: { "cloud-provider-baiducloud/eip-bandwidth-group-id": "eg-1" } });
    const { gate } = start(one);
    const whole = doing(stepsFor(one));
    const admitted = gate.admit(tenant({ maxPublicIPs: 0 }), one, stepsFor(one), EMPTY);
    assert.deepEqual(
      doing(admitted),
      whole.filter((step) => !["createEip", "joinGroup", "bindEip"].includes(step)),
    );
    assert.deepEqual(
      admitted.problems.map(({ facet }) => facet),
      ["address"],
    );
  });
  it("is of both families only what there is room for", () => {
    const both = service("both", { spec: { ipFamilies: ["IPv4", "IPv6"] } });
    const { gate } = start(both);
    const { steps } = gate.admit(tenant({ maxPublicIPs: 1 }), both, stepsFor(both), EMPTY);
    assert.deepEqual(
      steps.flatMap((step) => (step.do === "createEip" ? step.family : [])),
      ["IPv4"],
    );
    assert.equal(steps.filter((step) => step.do === "bindEip").length, 1);
  });
  it("is the binding of the user's own address only where one more is allowed", () => {
    const one = service("one", { spec: { loadBalancerIP: "1.2.3.4" } });
    const givenEip = {
      eip: "1.2.3.4",
      eipId: "ip-1",
      name: "x",
      status: "available",
      bandwidthInMbps: 50,
      paymentTiming: "Postpaid",
    };
    const observed = { ...EMPTY, givenEip };
    const { gate } = start(one);
    const tight = gate.admit(tenant({ maxBandwidthMbps: 49 }), one, stepsFor(one, observed), observed);
    assert.ok(!doing(tight).includes("bindEip"));
    assert.ok(
      doing(gate.admit(tenant({ maxBandwidthMbps: 50 }), one, stepsFor(one, observed), observed)).includes("bindEip"),
    );
  });
});

describe("what counts for a tenant", () => {
  it("is what the lists show with the marks of its Services, and what outlived them", () => {
    const one = service("one");
    const { gate, inventory } = start(one);
    const tags = (uid: string, name = "team") => [
      ...serviceTags(CLUSTER, uid),
      { tagKey: "k8s-tenant", tagValue: name },
    ];
    const eip = { eipId: "ip-1", name: "x", status: "binded", paymentTiming: "Postpaid" };
    inventory.noteLoadBalancers("IPv4", []);
    inventory.noteAddresses("IPv4", [
      { ...eip, eip: "1.0.0.1", bandwidthInMbps: 10, tags: tags("uid-one") },
      { ...eip, eip: "1.0.0.2", bandwidthInMbps: 20, tags: tags("uid-gone") },
      { ...eip, eip: "1.0.0.3", bandwidthInMbps: 40, tags: tags("uid-gone", "rival") },
      { ...eip, eip: "1.0.0.4", bandwidthInMbps: 80, tags: [{ tagKey: "k8s-tenant", tagValue: "team" }] },
    ]);
    const { holders } = gate.accountOf(tenant({}));
    // In the test nobody is known to exist, so that one's own address is left over, too.
    assert.deepEqual(
      holders.map(({ name, seen }) => `${name} ${seen.bandwidthMbps}`),
      ["a/one 10", "EIP 1.0.0.1 10", "EIP 1.0.0.2 20"],
    );
  });
  it("is told with the limits that there are", () => {
    assert.deepEqual(usageOf(tenant({ maxPublicIPs: 3 }), { loadBalancers: 1, publicIps: 2, bandwidthMbps: 30 }), {
      loadBalancers: { used: 1 },
      publicIPs: { used: 2, limit: 3 },
      bandwidthMbps: { used: 30 },
    });
  });
});

describe("the tags of a tenant", () => {
  it("are its name and its own; those that the cloud would refuse are left out, and told", () => {
    const { tags, problems } = tenantTags(
      tenant({ tags: { cost: "blue", "k8s-tenant": "rival", "bad!": "x", long: "x".repeat(66) } }),
    );
    assert.deepEqual(tags, [
      { tagKey: "k8s-tenant", tagValue: "team" },
      { tagKey: "cost", tagValue: "blue" },
    ]);
    assert.match(problems[0]?.message ?? "", /left out: k8s-tenant, bad!, long$/);
  });
});
