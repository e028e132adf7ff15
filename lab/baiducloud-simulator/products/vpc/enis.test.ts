import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createTour, newEip, type Tour, withNetwork } from "../../testing/tour.ts";

interface Eni {
  readonly eniId: string;
  readonly status: string;
  readonly instanceId: string;
  readonly securityGroupIds: readonly string[];
  readonly enterpriseSecurityGroupIds: readonly string[];
  readonly privateIpSet: readonly { privateIpAddress: string; primary: boolean; publicIpAddress: string }[];
  readonly ipv6PrivateIpSet: readonly { privateIpAddress: string }[];
}

const ANY = [{ primary: true, privateIpAddress: "" }];

async function withEni(tour: Tour = createTour()) {
  const net = await withNetwork(tour);
  const body = { name: "eni", subnetId: net.subnetId, privateIpSet: ANY };
  const { eniId = "" } = await net.ok("POST /v1/eni", body);
  const node = net.simulator.createInstance({ name: "n", subnetId: net.subnetId, spec: "bcc.g5.c4m16" });
  const get = (id = eniId) => net.ok<Eni>(`GET /v1/eni/${id}`);
  return { ...net, body, eniId, node, get };
}

describe("network cards", () => {
  it("are attached and detached in their time, and only from the right state", async () => {
    const { ok, refused, settle, eniId, node, get, vpcId, subnetId } = await withEni();
    const status = async () => (await ok(`GET /v1/eni/${eniId}/status`)).status;
    const at = { instanceId: node.id };
    assert.equal(await status(), "available");
    await refused("409 OperationDenied", `PUT /v1/eni/${eniId}?detach`, at);
    await refused("404 NoSuchObject", `PUT /v1/eni/${eniId}?attach`, { ...at, instanceType: "hpas" });
    await ok(`PUT /v1/eni/${eniId}?attach`, { ...at, instanceType: "server" });
    assert.equal(await status(), "attaching");
    await refused("409 OperationDenied", `PUT /v1/eni/${eniId}?attach`, at);
    await settle();
    assert.deepEqual([(await get()).status, (await get()).instanceId], ["inuse", node.id]);
    await refused("409 OperationDenied", `DELETE /v1/eni/${eniId}`);
    await refused("409 SUBNET_INUSE", `DELETE /v1/subnet/${subnetId}`);
    const quota = await ok<Record<string, number>>(`GET /v1/eni/quota?instanceId=${node.id}`);
    assert.deepEqual(quota, { totalQuantity: 4, availableQuantity: 3 });
    const listed = await ok<{ enis: Eni[] }>(`GET /v1/eni?vpcId=${vpcId}&instanceId=${node.id}&name=eni`);
    assert.equal(listed.enis.length, 1);
    await refused("400 BadRequest", `PUT /v1/eni/${eniId}?detach`, { instanceId: "i-other000" });
    await ok(`PUT /v1/eni/${eniId}?detach`, at);
    assert.equal(await status(), "detaching");
    await settle();
    await ok(`DELETE /v1/eni/${eniId}`);
    await refused("400 EniIdException", `GET /v1/eni/${eniId}`);
  });

  it("are left behind, available, by a machine that goes", async () => {
    const { ok, settle, eniId, node, get } = await withEni();
    await ok(`PUT /v1/eni/${eniId}?attach`, { instanceId: node.id });
    await settle();
    await ok(`DELETE /v2/instance/${node.id}`);
    assert.deepEqual([(await get()).status, (await get()).instanceId], ["available", ""]);
  });

  it("take further addresses, single and many, IPv4 and IPv6, and give them back", async () => {
    const { ok, refused, eniId, get, subnetId } = await withEni();
    const path = `/v1/eni/${eniId}/privateIp`;
    const one = await ok(`POST ${path}`, { privateIpAddress: "10.0.1.99" });
    assert.equal(one.privateIpAddress, "10.0.1.99");
    await refused("409 PrivateIpInUseException", `POST ${path}`, { privateIpAddress: "10.0.1.99" });
    await refused("400 BadRequest", `POST ${path}`, { privateIpAddress: "10.0.2.1" });
    const named = { privateIpAddresses: ["10.0.1.50", "10.0.1.51"] };
    await ok(`POST ${path}/batchAdd`, named);
    const many = await ok<{ privateIpAddresses: string[] }>(`POST ${path}/batchAdd`, { privateIpAddressCount: 3 });
    assert.equal(new Set(many.privateIpAddresses).size, 3);
    await refused("400 BadRequest", `POST ${path}/batchAdd`, { privateIpAddressCount: 11 });
    const cross = { privateIps: [{ privateIpAddress: "", subnetId }] };
    await ok(`POST ${path}/batchAddCrossSubnet`, cross);
    await ok(`POST ${path}`, { privateIpAddress: "", isIpv6: true });
    assert.equal((await get()).privateIpSet.length, 8);
    assert.match((await get()).ipv6PrivateIpSet[0]?.privateIpAddress ?? "", /^2400:/);
    await ok(`DELETE ${path}/10.0.1.99`);
    await refused("400 PrivateIPNotExistException", `DELETE ${path}/10.0.1.99`);
    await ok(`POST ${path}/batchDel`, named);
    await refused("409 OperationDenied", `DELETE ${path}/${(await get()).privateIpSet[0]?.privateIpAddress}`);
    assert.equal((await get()).privateIpSet.length, 5);
  });

  it("have public addresses on their private ones", async () => {
    const tour = createTour();
    const { ok, refused, settle, eniId, get } = await withEni(tour);
    const { privateIpAddress } = await ok(`POST /v1/eni/${eniId}/privateIp`, { privateIpAddress: "" });
    const eip = await newEip(tour);
    const bind = { privateIpAddress, publicIpAddress: eip };
    const stray = { ...bind, privateIpAddress: "10.0.1.200" };
    await refused("400 PrivateIPNotExistException", `PUT /v1/eni/${eniId}?bind`, stray);
    await refused("404 NoSuchObject", `PUT /v1/eni/${eniId}?bind`, { ...bind, publicIpAddress: "1.2.3.4" });
    await ok(`PUT /v1/eni/${eniId}?bind`, bind);
    await settle();
    assert.deepEqual(
      (await get()).privateIpSet.map((ip) => ip.publicIpAddress),
      ["", eip],
    );
    await refused("409 OperationDenied", `DELETE /v1/eni/${eniId}/privateIp/${privateIpAddress}`);
    await ok(`PUT /v1/eni/${eniId}?unBind`, { publicIpAddress: eip });
    await settle();
    await refused("404 NoSuchObject", `PUT /v1/eni/${eniId}?unBind`, { publicIpAddress: eip });
    assert.equal((await get()).privateIpSet[1]?.publicIpAddress, "");
  });

  it("have groups of one kind, and a name", async () => {
    const { ok, refused, eniId, get, vpcId, body } = await withEni();
    const { securityGroupId: g } = await ok("POST /v1/securityGroup", { name: "g", vpcId, rules: [] });
    const { enterpriseSecurityGroupId: e } = await ok("POST /v1/enterprise/security", { name: "e", rules: [] });
    await ok(`PUT /v1/eni/${eniId}?bindSg`, { securityGroupIds: [g] });
    assert.deepEqual((await get()).securityGroupIds, [g]);
    await ok(`PUT /v1/eni/${eniId}?bindEsg`, { enterpriseSecurityGroupIds: [e] });
    assert.deepEqual([(await get()).securityGroupIds, (await get()).enterpriseSecurityGroupIds], [[], [e]]);
    await refused("403 SECURITYGROUP_INUSE", `DELETE /v1/enterprise/security/${e}`);
    await refused("404 NoSuchObject", `PUT /v1/eni/${eniId}?bindSg`, { securityGroupIds: ["g-none"] });
    const mixed = { ...body, securityGroupIds: [g], enterpriseSecurityGroupIds: [e] };
    await refused("400 BadRequest", "POST /v1/eni", mixed);
    await refused("400 BadRequest", "POST /v1/eni", { ...body, privateIpSet: [{ privateIpAddress: "" }] });
    await ok(`PUT /v1/eni/${eniId}?modifyAttribute`, { name: "other" });
    assert.equal((await ok(`GET /v1/eni/${eniId}`)).name, "other");
  });

  it("may be so many, with so many addresses, as quotas and the machine's memory say", async () => {
    const { ok, refused, settle, eniId, node, body } = await withEni(createTour({ quotas: { enis: 2 } }));
    await ok("POST /v1/eni", body);
    await refused("403 ExceedLimitException", "POST /v1/eni", body);
    await ok(`PUT /v1/eni/${eniId}?attach`, { instanceId: node.id });
    await settle();
    const add = `POST /v1/eni/${eniId}/privateIp/batchAdd`;
    await ok(add, { privateIpAddressCount: 10 });
    await refused("400 VmMemoryCanNotAttachMoreIpException", add, { privateIpAddressCount: 10 });
  });

  it("and machines together hold exactly the addresses that are taken, whatever is done", async () => {
    const step = fc.record({
      what: fc.constantFrom("eni", "ip", "drop", "delete", "node", "more", "gone", "move"),
      pick: fc.nat(9),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { ok, call, simulator, vpcId, subnetId, subnet, body } = await withEni();
        const { subnetId: other } = await ok("POST /v1/subnet", { ...subnet, cidr: "10.0.2.0/24" });
        const enis = async () => (await ok<{ enis: Eni[] }>(`GET /v1/eni?vpcId=${vpcId}`)).enis;
        const nodes = async () =>
          (
            await ok<{ instances: { id: string; vpcId: string; nicInfo: { ips: { privateIp: string }[] } }[] }>(
              "GET /v2/instance",
            )
          ).instances.filter((one) => one.vpcId === vpcId);
        for (const { what, pick } of steps) {
          const card = (await enis()).at(pick % Math.max(1, (await enis()).length));
          const node = (await nodes()).at(pick % Math.max(1, (await nodes()).length));
          const path = `/v1/eni/${card?.eniId}`;
          if (what === "eni") await call("POST /v1/eni", body);
          if (what === "ip" && card) await call(`POST ${path}/privateIp`, { privateIpAddress: `10.0.1.${100 + pick}` });
          if (what === "drop" && card)
            await call(`DELETE ${path}/privateIp/${card.privateIpSet.at(-1)?.privateIpAddress}`);
          if (what === "delete" && card) await call(`DELETE ${path}`);
          if (what === "node") simulator.createInstance({ name: "n", subnetId });
          const more = { instanceId: node?.id, privateIps: [`10.0.1.${100 + pick}`] };
          if (what === "more" && node) await call("PUT /v2/instance/batchAddIp", more);
          if (what === "move" && node)
            await call("PUT /v2/subnet/changeSubnet", { instanceId: node.id, subnetId: pick % 2 ? subnetId : other });
          if (what === "gone" && node) await call(`DELETE /v2/instance/${node.id}`);
        }
        const { result } = await ok<{ result: { ip: string }[] }>(`GET /v1/vpc/resourceIp?vpcId=${vpcId}`);
        const held = [
          ...(await enis()).flatMap((eni) => eni.privateIpSet.map((ip) => ip.privateIpAddress)),
          ...(await nodes()).flatMap(({ nicInfo }) => nicInfo.ips.map(({ privateIp }) => privateIp)),
        ];
        assert.deepEqual(result.map(({ ip }) => ip).sort(), held.sort());
        assert.equal(new Set(held).size, held.length);
      }),
      { numRuns: 25 },
    );
  });
});
