import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTour, newEip, withNetwork } from "../../testing/tour.ts";

const POSTPAID = { paymentTiming: "Postpaid" };
interface Rules {
  readonly rules: readonly Readonly<Record<string, unknown>>[];
}

async function withNat() {
  const tour = createTour();
  const net = await withNetwork(tour);
  const eip = await newEip(tour);
  const body = { name: "nat", vpcId: net.vpcId, billing: POSTPAID, cuNum: "2" };
  const { natId } = await net.ok("POST /v1/nat", body);
  const path = `/v1/nat/${natId}`;
  const get = () => net.ok<Record<string, unknown>>(`GET ${path}`);
  return { ...net, tour, eip, natId, path, get, body };
}

describe("NAT gateways", () => {
  it("go from building to unconfigured, and are active with an address", async () => {
    const { ok, refused, settle, eip, path, get, vpcId, natId } = await withNat();
    assert.deepEqual([(await get()).status, (await get()).cuNum, (await get()).natType], ["building", 2, "enhanced"]);
    await refused("409 OperationDenied", `PUT ${path}?bind`, { bindEips: [eip] });
    await settle();
    assert.equal((await get()).status, "unconfigured");
    await refused("400 BadRequest", `PUT ${path}?bind`, { eips: [eip] });
    await ok(`PUT ${path}?bind`, { bindEips: [eip] });
    assert.equal((await get()).status, "configuring");
    await settle();
    assert.deepEqual([(await get()).status, (await get()).bindEips], ["active", [eip]]);
    const { nats } = await ok<{ nats: { id: string }[] }>(`GET /v1/nat?vpcId=${vpcId}&ip=${eip}&name=nat`);
    assert.equal(nats[0]?.id, natId);
    await ok(`PUT ${path}`, { name: "renamed" });
    await ok(`PUT ${path}?resize`, { cuNum: 5 });
    assert.deepEqual([(await get()).name, (await get()).cuNum], ["renamed", 5]);
    await ok(`PUT ${path}?unbind`, { bindEips: [eip] });
    await settle();
    assert.deepEqual([(await get()).status, (await get()).bindEips], ["unconfigured", []]);
    await ok(`PUT ${path}/deleteProtect`, { deleteProtect: true });
    await refused("403 OperationDenied", `DELETE ${path}`);
    await ok(`PUT ${path}/deleteProtect`, { deleteProtect: false });
    await ok(`DELETE ${path}`);
    await refused("404 NoSuchNat", `GET ${path}`);
  });

  it("hold their VPC, and free their addresses when they go", async () => {
    const { ok, refused, settle, eip, path, vpcId, subnetId } = await withNat();
    await settle();
    await ok(`PUT ${path}?bind`, { bindEips: [eip] });
    await settle();
    await ok(`DELETE /v1/subnet/${subnetId}`);
    await refused("409 ResourceNeedRelease", `DELETE /v1/vpc/${vpcId}`);
    await ok(`DELETE ${path}`);
    const { eipList } = await ok<{ eipList: { status: string }[] }>(`GET /v1/eip?eip=${eip}`);
    assert.equal(eipList[0]?.status, "available");
    await ok(`DELETE /v1/vpc/${vpcId}`);
  });

  it("that are prepaid are renewed, not released; old ones have a spec", async () => {
    const { ok, refused, settle, body } = await withNat();
    const billing = { paymentTiming: "Prepaid", reservation: { reservationLength: 1, reservationTimeUnit: "month" } };
    const old = { name: "old", vpcId: body.vpcId, spec: "small", billing };
    const { natId } = await ok("POST /v1/nat", old);
    await settle();
    const { expiredTime: first = "", natType, spec } = await ok(`GET /v1/nat/${natId}`);
    assert.deepEqual([natType, spec], ["normal", "small"]);
    await ok(`PUT /v1/nat/${natId}?purchaseReserved`, { billing });
    assert.ok(((await ok(`GET /v1/nat/${natId}`)).expiredTime ?? "") > first);
    await refused("409 OperationDenied", `DELETE /v1/nat/${natId}`);
    await refused("400 BadRequest", "POST /v1/nat", { ...old, cuNum: 1 });
    await refused("404 NoSuchObject", "POST /v1/nat", { ...body, vpcId: "vpc-none" });
  });

  it("have rules for traffic out and in, over addresses of their own", async () => {
    const { ok, refused, settle, eip, path, natId } = await withNat();
    await settle();
    const snat = { ruleName: "out", publicIpsAddress: [eip], sourceCIDR: "10.0.1.0/24" };
    await refused("409 OperationDenied", `POST ${path}/snatRule`, snat);
    await ok(`PUT ${path}?bind`, { bindEips: [eip] });
    await settle();
    const { ruleId } = await ok(`POST ${path}/snatRule`, snat);
    await refused("400 BadRequest", `POST ${path}/snatRule`, { ...snat, sourceCIDR: "172.16.0.0/24" });
    await ok("POST /v1/nat/snatRule/batchCreate", { natId, snatRules: [snat, snat] });
    await ok(`PUT ${path}/snatRule/${ruleId}`, { sourceCIDR: "10.0.1.0/25" });
    const out = await ok<Rules>(`GET ${path}/snatRule`);
    assert.equal(out.rules.length, 3);
    assert.equal(out.rules.find((rule) => rule.ruleId === ruleId)?.sourceCIDR, "10.0.1.0/25");
    await refused("409 OperationDenied", `PUT ${path}?unbind`, { bindEips: [eip] });
    await ok(`DELETE ${path}/snatRule/${ruleId}`);
    await refused("404 NoSuchObject", `DELETE ${path}/snatRule/${ruleId}`);

    // Ports are sent as texts and come back as numbers.
    const dnat = {
      publicIpAddress: eip,
      privateIpAddress: "10.0.1.5",
      protocol: "TCP",
      publicPort: "80",
      privatePort: "8080",
    };
    const { ruleId: web } = await ok(`POST ${path}/dnatRule`, dnat);
    await refused("409 OperationDenied", `POST ${path}/dnatRule`, dnat);
    const more = [
      { ...dnat, publicPort: "81" },
      { ...dnat, publicPort: "81" },
    ];
    await refused("409 OperationDenied", `POST ${path}/dnatRule/batchCreate`, { rules: more });
    const batch = await ok<{ ruleIds: string[] }>(`POST ${path}/dnatRule/batchCreate`, { rules: more.slice(1) });
    assert.equal(batch.ruleIds.length, more.length - 1, "the SDKs read ruleIds, unlike snatRuleIds of the other kind");
    await ok(`PUT ${path}/dnatRule/${web}`, { privatePort: "8081" });
    const into = await ok<Rules>(`GET ${path}/dnatRule`);
    assert.equal(into.rules.length, 2);
    const found = into.rules.find((rule) => rule.ruleId === web);
    assert.deepEqual([found?.publicPort, found?.privatePort], [80, 8081]);
    await ok(`DELETE ${path}/dnatRule/${web}`);
  });
});

describe("IPv6 gateways", () => {
  it("are one for each VPC, with ranges that only open out and limits of addresses", async () => {
    const { ok, refused, vpcId } = await withNetwork();
    const body = { vpcId, name: "six", bandwidthInMbps: 10, billing: POSTPAID };
    await refused("404 NoSuchObject", `GET /v1/IPv6Gateway?vpcId=${vpcId}`);
    const { gatewayId } = await ok("POST /v1/IPv6Gateway", body);
    await refused("409 OperationDenied", "POST /v1/IPv6Gateway", body);
    const path = `/v1/IPv6Gateway/${gatewayId}`;
    await ok(`PUT ${path}?resize`, { bandwidthInMbps: 20 });
    await refused("400 BadRequest", `POST ${path}/egressOnlyRule`, { cidr: "10.0.0.0/8" });
    const { egressOnlyRuleId } = await ok(`POST ${path}/egressOnlyRule`, { cidr: "2400:da00::/64" });
    const limit = { ipv6Address: "2400:da00::1", ingressBandwidthInMbps: 1, egressBandwidthInMbps: 2 };
    const { rateLimitRuleId } = await ok(`POST ${path}/rateLimitRule`, limit);
    await refused("409 OperationDenied", `POST ${path}/rateLimitRule`, limit);
    await ok(`PUT ${path}/rateLimitRule/${rateLimitRuleId}`, { egressBandwidthInMbps: 9 });
    const { egressOnlyRules } = await ok<{ egressOnlyRules: unknown[] }>(`GET ${path}/egressOnlyRule`);
    const { rateLimitRules } = await ok<{ rateLimitRules: unknown[] }>(`GET ${path}/rateLimitRule`);
    const whole = await ok<Record<string, unknown>>(`GET /v1/IPv6Gateway?vpcId=${vpcId}`);
    assert.equal(whole.bandwidthInMbps, 20);
    assert.deepEqual(whole.egressOnlyRules, egressOnlyRules);
    assert.deepEqual(whole.rateLimitRules, rateLimitRules);
    assert.deepEqual(rateLimitRules, [{ ...limit, rateLimitRuleId, egressBandwidthInMbps: 9 }]);
    await ok(`DELETE ${path}/egressOnlyRule/${egressOnlyRuleId}`);
    await ok(`DELETE ${path}/rateLimitRule/${rateLimitRuleId}`);
    await refused("404 NoSuchObject", `DELETE ${path}/rateLimitRule/${rateLimitRuleId}`);
    const { routeTableId } = await ok(`GET /v1/route?vpcId=${vpcId}`);
    const six = { routeTableId, sourceAddress: "::/0", destinationAddress: "::/0", ipVersion: "6" };
    const hop = { nexthopType: "ipv6gateway", nexthopId: gatewayId };
    const { routeRuleId } = await ok("POST /v1/route/rule", { ...six, ...hop });
    await refused("409 OperationDenied", `DELETE ${path}`);
    await ok(`DELETE /v1/route/rule/${routeRuleId}`);
    await ok(`PUT ${path}/deleteProtect`, { deleteProtect: true });
    await refused("403 OperationDenied", `DELETE ${path}`);
    await ok(`PUT ${path}/deleteProtect`, { deleteProtect: false });
    await ok(`DELETE ${path}`);
  });
});

describe("shared addresses", () => {
  it("go to machines of their VPC, and have a public address", async () => {
    const tour = createTour();
    const { ok, refused, settle, vpcId, subnetId, simulator } = await withNetwork(tour);
    const { haVipId } = await ok("POST /v1/havip", { subnetId, name: "vip", privateIpAddress: "10.0.1.77" });
    const path = `/v1/havip/${haVipId}`;
    const node = simulator.createInstance({ name: "n", subnetId });
    const other = simulator.createInstance({ name: "m" });
    const members = { instanceIds: [node.id], instanceType: "SERVER" };
    await refused("400 BadRequest", `PUT ${path}?attach`, { ...members, instanceIds: [other.id] });
    await ok(`PUT ${path}?attach`, members);
    await refused("409 OperationDenied", `DELETE ${path}`);
    const eip = await newEip(tour);
    await ok(`PUT ${path}?bindPublicIp`, { publicIpAddress: eip });
    await settle();
    const found = await ok<Record<string, unknown>>(`GET ${path}`);
    assert.deepEqual(found.bindedInstances, [{ instanceId: node.id, instanceType: "SERVER", master: true }]);
    assert.deepEqual([found.privateIpAddress, found.publicIpAddress], ["10.0.1.77", eip]);
    await ok(`PUT ${path}?unbindPublicIp`);
    await settle();
    await ok(`PUT ${path}?modifyAttribute`, { name: "new" });
    const { haVips } = await ok<{ haVips: { name: string }[] }>(`GET /v1/havip?vpcId=${vpcId}`);
    assert.equal(haVips[0]?.name, "new");
    await ok(`PUT ${path}?detach`, members);
    await refused("409 OperationDenied", `PUT ${path}?detach`, members);
    await ok(`DELETE ${path}`);
    await refused("404 NoSuchObject", `GET ${path}`);
  });
});
