import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BceClient, Instance, Subnet } from "@ccm/bce";
import { createSubnetChooser } from "./subnet.ts";
import { inLab, type Lab, OWN, PREFIX, problemsOf } from "./testing/lab.ts";

const blb = async (lab: Lab) => {
  const [listed] = await lab.during(lab.console.blb.list());
  return listed && { ...(await lab.during(lab.console.blb.get(listed.blbId))), subnetId: listed.subnetId };
};

describe("the load balancer of a Service", () => {
  it("row 31: has the name, tags, level, address, zone and clusters that the annotations say", () =>
    inLab(async (lab) => {
      const [first = "", second = ""] = lab.simulator.subnetIds;
      const annotations = {
        [`${PREFIX}cce-load-balancer-lb-name`]: "front",
        [`${OWN}tags`]: "team=web",
        [`${OWN}performance-level`]: "small1",
        [`${OWN}resource-group-id`]: "RESG-1",
        [`${OWN}layer4-cluster-id`]: "lbdc-4",
        [`${OWN}layer7-cluster-id`]: "lbdc-7",
        [`${OWN}zone`]: "cn-bj-b",
        [`${OWN}private-address`]: "192.168.16.200",
      };
      await lab.apply("web", { annotations });
      assert.deepEqual((await lab.ensure("web")).problems, []);
      const made = (await blb(lab)) as unknown as Record<string, unknown>;
      assert.deepEqual(
        [made.name, made.performanceLevel, made.layer4ClusterId, made.layer7ClusterId, made.subnetId, made.address],
        ["front", "small1", "lbdc-4", "lbdc-7", second, "192.168.16.200"],
        `not in ${first}`,
      );
      assert.ok((await blb(lab))?.tags?.some(({ tagKey, tagValue }) => tagKey === "team" && tagValue === "web"));
      await lab.apply("web", {
        annotations: { [`${PREFIX}cce-load-balancer-lb-name`]: "back", [`${OWN}performance-level`]: "large1" },
      });
      await lab.ensure("web");
      assert.deepEqual([(await blb(lab))?.name, (await blb(lab))?.performanceLevel], ["back", "large1"]);
    }));
  it("row 31: that the Service protects cannot be deleted by anybody else, and goes with the Service", () =>
    inLab(async (lab) => {
      await lab.apply("web", { annotations: { [`${OWN}deletion-protection`]: "true" } });
      await lab.ensure("web");
      const id = (await blb(lab))?.blbId ?? "";
      await assert.rejects(lab.during(lab.console.blb.delete(id, lab.token())), /protected against deletion/);
      await lab.remove("web");
      assert.deepEqual(lab.simulator.inventory().blbs, []);
    }));
  it("row 31: is protected, and has both families, by the very call that makes it", () =>
    inLab(async (lab) => {
      const annotations = { [`${OWN}deletion-protection`]: "true" };
      await lab.apply("web", { annotations, spec: { ipFamilies: ["IPv4", "IPv6"] } });
      await lab.ensure("web");
      const made = lab.calls.find((call) => /^POST \/v1\/blb\?/.test(call)) ?? "";
      assert.match(made, /"allowDelete":false/);
      assert.match(made, /"allocateIpv6":true/);
      assert.ok(!lab.calls.some((call) => /^PUT \/v1\/blb\/[\w-]+\?/.test(call)), "nothing has to be added later");
    }));
  it("row 31: that somebody else protects stays until they let it go, and the deletion says so", () =>
    inLab(async (lab) => {
      await lab.apply("web");
      await lab.ensure("web");
      const id = (await blb(lab))?.blbId ?? "";
      await lab.during(lab.console.blb.update(id, { allowDelete: false }, lab.token()));
      await assert.rejects(
        lab.remove("web"),
        /is protected against deletion, not by us: switch that off in the console/,
      );
      assert.equal((await blb(lab))?.blbId, id);
    }));
  it("row 15: is asked for with allocateVip, and in the subnet that the annotation says", () =>
    inLab(async (lab) => {
      const [, , third = ""] = lab.simulator.subnetIds;
      await lab.apply("web", {
        annotations: {
          [`${PREFIX}cce-load-balancer-subnet-id`]: third,
          [`${PREFIX}cce-load-balancer-allocate-vip`]: "true",
        },
      });
      assert.deepEqual((await lab.ensure("web")).problems, []);
      assert.equal((await blb(lab))?.subnetId, third);
      assert.ok(lab.calls.some((call) => /^POST \/v1\/blb\?.*"allocateVip":true/.test(call)));
      assert.ok(
        lab.calls.some((call) => /^POST .*"resourceGroupId"/.test(call)) === false,
        "what is not said is not sent",
      );
    }));
  it("row 32: in a subnet that does not exist is told, and nothing is made elsewhere", () =>
    inLab(async (lab) => {
      await lab.apply("web", { annotations: { [`${PREFIX}cce-load-balancer-subnet-id`]: "sbn-none" } });
      assert.match(problemsOf(await lab.ensure("web"), "LoadBalancerFailed")[0] ?? "", /subnet sbn-none is not in VPC/);
      assert.equal(await blb(lab), undefined);
      assert.deepEqual(lab.simulator.inventory().eips, [], "no address is paid for that nothing can have");
    }));
});

describe("the subnet of a new load balancer", () => {
  const subnet = (subnetId: string, more: Partial<Subnet> = {}): Subnet => ({
    subnetId,
    name: subnetId,
    zoneName: "cn-bj-a",
    cidr: "192.168.0.0/24",
    vpcId: "vpc-1",
    subnetType: "BCC",
    ...more,
  });
  const choose = (subnets: readonly Subnet[], nodesIn: string, configured = "", wanted = "", zone = "") => {
    const client = {
      vpc: { listSubnets: async () => subnets },
      bcc: { listByIds: async () => [{ subnetId: nodesIn } as Instance] },
    } as unknown as BceClient;
    const parts = {
      client,
      subnetId: configured,
      vpcId: async () => "vpc-1",
      clusterInstances: () => new Set(["i-1"]),
    };
    return createSubnetChooser(parts)(new AbortController().signal, wanted, zone);
  };
  const all = [
    subnet("sbn-a"),
    subnet("sbn-b"),
    subnet("sbn-nat", { subnetType: "BCC_NAT" }),
    subnet("sbn-r", { name: "系统预定义子网" }),
    subnet("sbn-z", { zoneName: "cn-bj-d" }),
  ];

  it("row 32: is the Service's, else the cloud config's, else the nodes', else CCE's", async () => {
    assert.equal(await choose(all, "sbn-b", "sbn-z", "sbn-a"), "sbn-a");
    assert.equal(await choose(all, "sbn-b", "sbn-z"), "sbn-z");
    assert.equal(await choose(all, "sbn-b"), "sbn-b");
    assert.equal(await choose(all, "sbn-nat"), "sbn-r");
  });
  it("row 32: is in the zone that the Service says, under either of its names", async () => {
    assert.equal(await choose(all, "sbn-b", "", "", "cn-bj-d"), "sbn-z");
    assert.equal(await choose(all, "sbn-b", "", "", "zoneD"), "sbn-z");
    await assert.rejects(choose(all, "sbn-b", "", "", "cn-bj-x"), /no subnet of type BCC .* in zone cn-bj-x/);
  });
  it("row 32: of another type is refused, and one without addresses is passed over", async () => {
    await assert.rejects(
      choose(all, "sbn-b", "", "sbn-nat"),
      /sbn-nat is of type BCC_NAT, load balancers need one of type BCC/,
    );
    assert.equal(await choose([subnet("sbn-a", { availableIp: 0 }), subnet("sbn-b")], "sbn-a"), "sbn-b");
  });
  it("row 32: is the same whichever node was asked, and in whatever order they are listed", async () => {
    assert.equal(await choose([...all].reverse(), "elsewhere"), await choose(all, "elsewhere"));
  });
});
