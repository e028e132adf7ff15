import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createTour, withNetwork } from "../../testing/tour.ts";

interface Page {
  readonly isTruncated: boolean;
  readonly nextMarker?: string;
  readonly [list: string]: unknown;
}

describe("VPCs", () => {
  it("are made with a main route table and a default security group, changed and deleted", async () => {
    const { ok, refused, vpcId, subnetId, call } = await withNetwork();
    const { vpc } = await ok<{ vpc: Record<string, unknown> & { subnets: { subnetId: string }[] } }>(
      `GET /v1/vpc/${vpcId}`,
    );
    assert.equal(vpc.isDefault, false);
    assert.match(String(vpc.ipv6Cidr), /::\/56$/);
    assert.deepEqual(
      vpc.subnets.map((one) => one.subnetId),
      [subnetId],
    );
    const change = { name: "renamed", description: "d", secondaryCidr: ["10.9.0.0/16"] };
    await ok(`PUT /v1/vpc/${vpcId}?modifyAttribute`, change);
    const listed = await ok<{ vpcs: Record<string, unknown>[] }>(`GET /v1/vpc?vpcIds=${vpcId}&isDefault=false`);
    assert.equal(listed.vpcs[0]?.name, "renamed");
    assert.deepEqual(listed.vpcs[0]?.secondaryCidr, ["10.9.0.0/16"]);
    const groups = await ok<{ securityGroups: { name: string }[] }>(`GET /v1/securityGroup?vpcId=${vpcId}`);
    assert.deepEqual(
      groups.securityGroups.map(({ name }) => name),
      ["default"],
    );
    await refused("409 NotAllowDeleteVpc", `DELETE /v1/vpc/${vpcId}`);
    await ok(`DELETE /v1/subnet/${subnetId}`);
    await ok(`DELETE /v1/vpc/${vpcId}`);
    assert.equal((await call(`GET /v1/vpc/${vpcId}`)).body.code, "NoSuchObject");
  });

  it("refuse what the cloud refuses", async () => {
    const { refused, ok, vpcId, subnet } = await withNetwork(createTour({ quotas: { vpcs: 2, subnetsPerVpc: 2 } }));
    await refused("400 BadRequest", "POST /v1/vpc", { name: "default", cidr: "10.0.0.0/16" });
    await refused("400 BadRequest", "POST /v1/vpc", { name: "a", cidr: "8.0.0.0/16" });
    await refused("400 BadRequest", "POST /v1/vpc", { name: "a", cidr: "10.0.0.0/29" });
    await refused("403 QuotaLimitExceeded", "POST /v1/vpc", { name: "a", cidr: "10.0.0.0/16" });
    const overlapping = { name: "a", secondaryCidr: ["10.0.128.0/17"] };
    await refused("400 BadRequest", `PUT /v1/vpc/${vpcId}?modifyAttribute`, overlapping);
    const many = { name: "a", secondaryCidr: [1, 2, 3, 4, 5, 6].map((n) => `10.${n}.0.0/16`) };
    await refused("403 QuotaLimitExceeded", `PUT /v1/vpc/${vpcId}?modifyAttribute`, many);
    await refused("409 OperationDenied", `PUT /v1/vpc/${vpcId}?modifyAttribute`, { name: "a", enableIpv6: false });
    await refused("400 BadRequest", "POST /v1/subnet", { ...subnet, cidr: "10.0.2.0/24", zoneName: "cn-gz-a" });
    await refused("404 NoSuchObject", "POST /v1/subnet", { ...subnet, vpcId: "vpc-none" });
    await ok("POST /v1/subnet", { ...subnet, cidr: "10.0.2.0/24", enableIpv6: false });
    await refused("403 QuotaLimitExceeded", "POST /v1/subnet", { ...subnet, cidr: "10.0.3.0/24" });
  });

  it("tell who has which address", async () => {
    const { ok, vpcId, subnetId } = await withNetwork();
    await ok("POST /v1/blb", { vpcId, subnetId, address: "10.0.1.9" });
    const path = `GET /v1/vpc/${vpcId}/privateIpAddressInfo`;
    type Info = { vpcPrivateIpAddresses: { privateIpAddress: string; privateIpAddressType: string; cidr: string }[] };
    for (const query of ["privateIpAddresses=10.0.1.9%2C10.0.1.10", "privateIpRange=10.0.1.1-10.0.1.20"]) {
      const { vpcPrivateIpAddresses: found } = await ok<Info>(`${path}?${query}`);
      assert.deepEqual(
        found.map((one) => [one.privateIpAddress, one.privateIpAddressType, one.cidr]),
        [["10.0.1.9", "BLB", "10.0.1.0/24"]],
      );
    }
    const used = await ok<{ totalCount: number; result: unknown[] }>(`GET /v1/vpc/resourceIp?vpcId=${vpcId}`);
    assert.deepEqual(used.result, [{ ip: "10.0.1.9", resourceType: "BLB" }]);
    const none = await ok<{ totalCount: number }>(`GET /v1/vpc/resourceIp?vpcId=${vpcId}&resourceType=bcc`);
    assert.equal(none.totalCount, 0);
  });

  it("have a relay and DHCP options", async () => {
    const { ok, vpcId, refused } = await withNetwork();
    const relay = async () => (await ok<{ vpc: { relay: boolean } }>(`GET /v1/vpc/${vpcId}`)).vpc.relay;
    await ok(`PUT /v1/vpc/openRelay/${vpcId}`);
    assert.equal(await relay(), true);
    await ok(`PUT /v1/vpc/shutdownRelay/${vpcId}`);
    assert.equal(await relay(), false);
    await ok(`POST /v1/vpc/${vpcId}/dhcp`, { domainNameServers: "10.0.1.2" });
    await ok(`PUT /v1/vpc/${vpcId}/dhcp`, { domainNameServers: "10.0.1.2,10.0.1.3" });
    const { dhcpOptions } = await ok<{ dhcpOptions: unknown }>(`GET /v1/vpc/${vpcId}/dhcp`);
    assert.deepEqual(dhcpOptions, { domainName: "", domainNameServers: "10.0.1.2,10.0.1.3" });
    await refused("404 NoSuchObject", "PUT /v1/vpc/openRelay/vpc-none");
  });

  it("tell the switch above a host", async () => {
    const { ok, simulator, refused } = createTour();
    const { internalIp, hostId, switchId } = simulator.createInstance({ name: "node" });
    const { networkTopologies } = await ok<{ networkTopologies: Record<string, string>[] }>(
      `GET /v1/topology?hostIp=${internalIp}`,
    );
    assert.equal(networkTopologies[0]?.hostId, hostId);
    assert.equal(networkTopologies[0]?.switchId, switchId);
    await refused("400 BadRequest", "GET /v1/topology");
  });
});

describe("subnets", () => {
  it("are listed by VPC, zone and type, and counted by their free addresses", async () => {
    const { ok, vpcId, subnetId, refused } = await withNetwork();
    await ok(`PUT /v1/subnet/${subnetId}?modifyAttribute`, { name: "new", description: "d" });
    const query = `vpcId=${vpcId}&zoneName=cn-bj-a&subnetType=BCC&subnetIds=${subnetId}`;
    const { subnets } = await ok<{ subnets: Record<string, unknown>[] }>(`GET /v1/subnet?${query}`);
    assert.equal(subnets[0]?.name, "new");
    assert.equal(subnets[0]?.availableIp, 252);
    assert.match(String(subnets[0]?.ipv6Cidr), /::\/64$/);
    await refused("404 NoSuchObject", "GET /v1/subnet/sbn-none");
  });

  it("keep reserved ranges from being given out unasked", async () => {
    const { ok, refused, vpcId, subnetId } = await withNetwork();
    const range = { subnetId, ipCidr: "10.0.1.0/29", ipVersion: 4 };
    const { ipReserveId } = await ok("POST /v1/subnet/ipreserve", range);
    await refused("409 OperationDenied", "POST /v1/subnet/ipreserve", { ...range, ipCidr: "10.0.1.4/30" });
    await refused("400 BadRequest", "POST /v1/subnet/ipreserve", { ...range, ipCidr: "10.7.0.0/24" });
    const { subnet } = await ok<{ subnet: Record<string, number> }>(`GET /v1/subnet/${subnetId}`);
    assert.deepEqual([subnet.availableIp, subnet.availableUnreservedIp], [252, 247]);
    const address = async (more: object) => (await ok("POST /v1/blb", { vpcId, subnetId, ...more })).address;
    assert.equal(await address({}), "10.0.1.8");
    assert.equal(await address({ address: "10.0.1.5" }), "10.0.1.5");
    const { ipReserves } = await ok<{ ipReserves: Record<string, string>[] }>(
      `GET /v1/subnet/ipreserve?subnetId=${subnetId}`,
    );
    assert.deepEqual([ipReserves[0]?.ipCidr, ipReserves[0]?.ipVersion], ["10.0.1.0/29", "4"]);
    await ok(`DELETE /v1/subnet/ipreserve/${ipReserveId}`);
    await refused("404 NoSuchObject", `DELETE /v1/subnet/ipreserve/${ipReserveId}`);
    assert.equal(await address({}), "10.0.1.3");
  });

  it("in pages cover exactly the list, whatever the page's size", async () => {
    const { ok, vpcId } = await withNetwork();
    for (let n = 2; n < 9; n++)
      await ok("POST /v1/subnet", { name: `s${n}`, zoneName: "cn-bj-b", cidr: `10.0.${n}.0/24`, vpcId });
    const all = await ok<{ subnets: { subnetId: string }[] }>(`GET /v1/subnet?vpcId=${vpcId}`);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 10 }), async (size) => {
        const seen: string[] = [];
        for (let marker: string | undefined = ""; marker !== undefined; ) {
          const page: Page = await ok<Page>(`GET /v1/subnet?vpcId=${vpcId}&maxKeys=${size}&marker=${marker}`);
          seen.push(...(page.subnets as { subnetId: string }[]).map(({ subnetId }) => subnetId));
          assert.equal(page.isTruncated, page.nextMarker !== undefined);
          marker = page.nextMarker;
        }
        assert.deepEqual(
          seen,
          all.subnets.map(({ subnetId }) => subnetId),
        );
      }),
      { numRuns: 10 },
    );
  });
});

describe("routes", () => {
  async function withTable() {
    const tour = await withNetwork(createTour({ quotas: { routeRules: 3 } }));
    const { routeTableId } = await tour.ok(`GET /v1/route?vpcId=${tour.vpcId}`);
    const node = tour.simulator.createInstance({ name: "node", subnetId: tour.subnetId });
    const rule = {
      routeTableId,
      sourceAddress: "0.0.0.0/0",
      destinationAddress: "172.16.1.0/24",
      nexthopType: "custom",
      nexthopId: node.id,
    };
    return { ...tour, routeTableId, node, rule };
  }

  it("are added, changed with empty texts meaning unchanged, listed in pages and deleted", async () => {
    const { ok, refused, rule, routeTableId } = await withTable();
    const { routeRuleId } = await ok("POST /v1/route/rule", { ...rule, description: "mine" });
    const change = { sourceAddress: "", destinationAddress: "", description: "changed" };
    await ok(`PUT /v1/route/rule/${routeRuleId}`, change);
    const page = await ok<Page>(`GET /v1/route/rule?routeTableId=${routeTableId}&maxKeys=1000`);
    const found = (page.routeRules as Record<string, string>[]).find((one) => one.routeRuleId === routeRuleId);
    assert.equal(found?.description, "changed");
    assert.equal(found?.destinationAddress, "172.16.1.0/24");
    await ok(`DELETE /v1/route/rule/${routeRuleId}`);
    await refused("404 NoSuchObject", `DELETE /v1/route/rule/${routeRuleId}`);
  });

  it("refuse doubles, overlaps, unknown hops and those of other VPCs, and what is over quota", async () => {
    const { ok, refused, rule, simulator, routeTableId } = await withTable();
    const post = "POST /v1/route/rule";
    await refused("404 NoSuchObject", post, { ...rule, nexthopId: "i-none0000" });
    await refused("400 BadRequest", post, { ...rule, nexthopId: simulator.createInstance({ name: "far" }).id });
    await refused("400 BadRequest", post, { ...rule, destinationAddress: "10.0.7.0/24" });
    await refused("400 BadRequest", post, { ...rule, sourceAddress: "172.16.0.0/24" });
    await refused("404 NoSuchObject", post, { ...rule, routeTableId: "rt-none" });
    const { routeRuleId } = await ok(post, rule);
    await refused("409 RouteRuleRepeated", post, rule);
    await ok(post, { ...rule, destinationAddress: "172.16.2.0/24" });
    const clash = { destinationAddress: "172.16.2.0/24" };
    await refused("409 RouteRuleRepeated", `PUT /v1/route/rule/${routeRuleId}`, clash);
    await ok(post, { ...rule, destinationAddress: "172.16.3.0/24" });
    await refused("403 RouteRuleExceedQuota", post, { ...rule, destinationAddress: "172.16.4.0/24" });
    const page = await ok<Page>(`GET /v1/route/rule?routeTableId=${routeTableId}`);
    const system = (page.routeRules as Record<string, string>[]).find((one) => one.nexthopType === "sys");
    await refused("400 BadRequest", `DELETE /v1/route/rule/${system?.routeRuleId}`);
  });

  it("of several paths come in pairs whose roles can be swapped", async () => {
    const { ok, refused, rule, vpcId } = await withTable();
    const hop = (nexthopId: string, pathType: string) => ({ nexthopId, nexthopType: "dcGateway", pathType });
    const body = { ...rule, nexthopType: "", nexthopId: "", nextHopList: [hop("dcgw-1", "ha:active")] };
    await refused("400 BadRequest", "POST /v1/route/rule", body);
    const pair = { ...body, nextHopList: [hop("dcgw-1", "ha:active"), hop("dcgw-2", "ha:standby")] };
    const { routeRuleIds } = await ok<{ routeRuleIds: string[] }>("POST /v1/route/rule", pair);
    await ok(`PUT /v1/route/rule/${routeRuleIds[0]}?switchRouteHA`);
    const { routeRules } = await ok<{ routeRules: Record<string, string>[] }>(`GET /v1/route?vpcId=${vpcId}`);
    const typeOf = (id: string | undefined) => routeRules.find(({ routeRuleId }) => routeRuleId === id)?.pathType;
    assert.deepEqual(routeRuleIds.map(typeOf), ["ha:standby", "ha:active"]);
    // The Go SDK forgets the flag: nothing is changed then, and nothing is refused.
    await ok(`PUT /v1/route/rule/${routeRuleIds[0]}?clientToken=t`);
  });
});
