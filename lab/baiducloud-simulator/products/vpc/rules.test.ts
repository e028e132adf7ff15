import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withNetwork } from "../../testing/tour.ts";

interface Row {
  readonly id: string;
  readonly [field: string]: unknown;
}

describe("sets of addresses", () => {
  it("are of one family, have addresses once, and are held by their groups", async () => {
    const { ok, refused } = await withNetwork();
    const addressed = (...addresses: string[]) => addresses.map((ipAddress) => ({ ipAddress, description: "" }));
    const make = (ipVersion: string, ...addresses: string[]) =>
      ok<{ ipSetId: string }>("POST /v1/ipSet", { name: "s", ipVersion, ipAddressInfo: addressed(...addresses) });
    const { ipSetId } = await make("IPv4", "10.0.0.1", "10.1.0.0/16");
    const { ipSetId: six } = await make("IPv6", "2001:db8::/32");
    const path = `/v1/ipSet/${ipSetId}`;
    await refused("400 BadRequest", `POST ${path}/ipAddress`, { ipAddressInfo: addressed("2001:db8::1") });
    await refused("400 BadRequest", `POST ${path}/ipAddress`, { ipAddressInfo: addressed("10.0.0.1") });
    await ok(`POST ${path}/ipAddress`, { ipAddressInfo: addressed("10.0.0.2") });
    await refused("404 NoSuchObject", `POST ${path}/deleteIpAddress`, { ipAddressInfo: ["10.0.0.1", "10.0.0.9"] });
    await ok(`POST ${path}/deleteIpAddress`, { ipAddressInfo: ["10.0.0.1"] });
    await ok(`PUT ${path}?modifyAttribute`, { name: "new" });
    const set = await ok<{ name: string; ipAddressInfo: { ipAddress: string }[] }>(`GET ${path}`);
    assert.deepEqual([set.name, set.ipAddressInfo.map((one) => one.ipAddress)], ["new", ["10.1.0.0/16", "10.0.0.2"]]);
    await refused("409 OperationDenied", `POST ${path}/deleteIpAddress`, {
      ipAddressInfo: ["10.1.0.0/16", "10.0.0.2"],
    });
    const listed = await ok<{ ipSets: { ipSetId: string }[] }>("GET /v1/ipSet?ipVersion=IPv6");
    assert.deepEqual(
      listed.ipSets.map((one) => one.ipSetId),
      [six],
    );

    const group = { name: "g", ipVersion: "IPv4", ipSetIds: [ipSetId] };
    await refused("400 BadRequest", "POST /v1/ipGroup", { ...group, ipSetIds: [six] });
    await refused("404 NoSuchObject", "POST /v1/ipGroup", { ...group, ipSetIds: ["ips-none0000"] });
    const { ipGroupId } = await ok<{ ipGroupId: string }>("POST /v1/ipGroup", group);
    const { ipSetId: other } = await make("IPv4", "10.9.9.9");
    await ok(`POST /v1/ipGroup/${ipGroupId}/bindIpSet`, { ipSetIds: [other, ipSetId] });
    await refused("409 OperationDenied", `DELETE ${path}`);
    await ok(`POST /v1/ipGroup/${ipGroupId}/unbindIpSet`, { ipSetIds: [ipSetId] });
    await ok(`PUT /v1/ipGroup/${ipGroupId}?modifyAttribute`, { description: "d" });
    const shown = await ok<Row>(`GET /v1/ipGroup/${ipGroupId}`);
    assert.deepEqual([shown.name, shown.description, shown.ipSetIds], ["g", "d", [other]]);
    await refused("404 NoSuchObject", `POST /v1/ipGroup/${ipGroupId}/unbindIpSet`, { ipSetIds: [ipSetId] });
    await ok(`DELETE ${path}`);
    await ok(`DELETE /v1/ipGroup/${ipGroupId}`);
    await ok(`DELETE /v1/ipSet/${other}`);
    await refused("404 NoSuchObject", `GET ${path}`);
  });
});

describe("rules of subnets", () => {
  it("have a position of their own in their direction, and go with their subnet", async () => {
    const { ok, refused, vpcId } = await withNetwork();
    const { subnetId } = await ok<{ subnetId: string }>("POST /v1/subnet", {
      name: "acl",
      zoneName: "cn-bj-a",
      cidr: "10.0.200.0/24",
      vpcId,
    });
    const rule = {
      subnetId,
      protocol: "tcp",
      sourceIpAddress: "192.168.1.1",
      destinationIpAddress: "10.0.200.0/24",
      sourcePort: "1-65535",
      destinationPort: "443",
      position: 10,
      direction: "ingress",
      action: "allow",
    };
    const create = (...aclRules: object[]) => ({ aclRules: aclRules.map((one) => ({ ...rule, ...one })) });
    await ok("POST /v1/acl/rule", create({}, { direction: "egress" }));
    await refused("409 OperationDenied", "POST /v1/acl/rule", create({ position: 11 }, {}));
    await refused("400 BadRequest", "POST /v1/acl/rule", create({ position: 12, sourceIpAddress: "here" }));
    await refused("404 NoSuchObject", "POST /v1/acl/rule", create({ subnetId: "sbn-none0000" }));
    await ok("POST /v1/acl/rule", create({ position: 5, action: "deny" }));
    const { aclRules } = await ok<{ aclRules: Row[] }>(`GET /v1/acl/rule?subnetId=${subnetId}`);
    assert.equal(aclRules.length, 3, "the refused calls added none");
    const first = aclRules.find((one) => one.position === 10 && one.direction === "ingress");
    assert.equal(first?.sourceIpAddress, "192.168.1.1/32");
    const path = `/v1/acl/rule/${first?.id}`;
    await refused("409 OperationDenied", `PUT ${path}`, { position: 5 });
    await ok(`PUT ${path}`, { position: 20, description: "changed", action: "" });
    const { aclEntrys } = await ok<{ aclEntrys: { subnetId: string; aclRules: Row[] }[] }>(
      `GET /v1/acl?vpcId=${vpcId}`,
    );
    const entry = aclEntrys.find((one) => one.subnetId === subnetId);
    assert.deepEqual(
      entry?.aclRules.map((one) => one.position),
      [5, 10, 20],
    );
    const changed = entry.aclRules.at(-1);
    assert.deepEqual([changed?.description, changed?.action], ["changed", "allow"]);
    await ok(`DELETE ${path}`);
    await refused("404 NoSuchObject", `DELETE ${path}`);
    await ok(`DELETE /v1/subnet/${subnetId}`);
    await refused("404 NoSuchObject", `GET /v1/acl/rule?subnetId=${subnetId}`);
    for (const { id } of aclRules) await refused("404 NoSuchObject", `DELETE /v1/acl/rule/${id}`);
  });
});
