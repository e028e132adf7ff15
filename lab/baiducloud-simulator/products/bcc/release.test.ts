import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withInstances } from "../../testing/instances.ts";
import { createTour, newEip } from "../../testing/tour.ts";

describe("an instance's network", () => {
  it("has further addresses, which are given back with it", async () => {
    const { ok, refused, running, get, subnetId } = await withInstances();
    const id = await running();
    const added = await ok<{ privateIps: string[] }>("PUT /v2/instance/batchAddIp", {
      instanceId: id,
      privateIps: null,
      secondaryPrivateIpAddressCount: 2,
    });
    assert.equal(added.privateIps.length, 2);
    const named = { instanceId: id, privateIps: ["10.0.1.60"] };
    await ok("PUT /v2/instance/batchAddIp", named);
    await refused("409 PrivateIpInUseException", "PUT /v2/instance/batchAddIp", named);
    await ok("PUT /v2/instance/batchDelIp", named);
    await refused("400 PrivateIPNotExistException", "PUT /v2/instance/batchDelIp", named);
    const primary = { instanceId: id, privateIps: [(await get(id)).internalIp] };
    await refused("409 OperationDenied", "PUT /v2/instance/batchDelIp", primary);
    const { ipv6Address } = await ok("POST /v2/instance/addIpv6", { instanceId: id });
    assert.equal((await get(id)).ipv6, ipv6Address);
    const { enis } = await ok<{ enis: { privateIpSet: Record<string, unknown>[] }[] }>(`GET /v2/eni/${id}`);
    assert.deepEqual(
      enis[0]?.privateIpSet.map((ip) => ip.primary),
      [true, false, false],
    );
    await ok("POST /v2/instance/delIpv6", { instanceId: id });
    await refused("400 PrivateIPNotExistException", "POST /v2/instance/delIpv6", { instanceId: id });
    await refused("409 SUBNET_INUSE", `DELETE /v1/subnet/${subnetId}`);
    await ok(`DELETE /v2/instance/${id}`);
    await ok(`DELETE /v1/subnet/${subnetId}`);
  });

  it("changes its subnet and its VPC", async () => {
    const { ok, refused, settle, running, get, vpcId, subnet } = await withInstances();
    const id = await running();
    const near = await ok("POST /v1/subnet", { ...subnet, cidr: "10.0.2.0/24" });
    await refused("404 NoSuchObject", "PUT /v2/subnet/changeSubnet", { instanceId: id, subnetId: "sbn-none" });
    await ok("PUT /v2/subnet/changeSubnet", { instanceId: id, subnetId: near.subnetId, internalIp: "10.0.2.9" });
    assert.equal((await get(id)).status, "ChangeSubnet");
    await settle();
    assert.deepEqual([(await get(id)).status, (await get(id)).internalIp], ["Running", "10.0.2.9"]);
    const other = await ok("POST /v1/vpc", { name: "far", cidr: "10.50.0.0/16" });
    const far = await ok("POST /v1/subnet", {
      name: "f",
      zoneName: "cn-bj-a",
      cidr: "10.50.1.0/24",
      vpcId: other.vpcId,
    });
    await refused("400 BadRequest", "PUT /v2/subnet/changeSubnet", { instanceId: id, subnetId: far.subnetId });
    await refused("400 BadRequest", "PUT /v2/vpc/changeVpc", { instanceId: id, subnetId: near.subnetId });
    await ok("PUT /v2/vpc/changeVpc", { instanceId: id, subnetId: far.subnetId });
    assert.equal((await get(id)).status, "ChangeVpc");
    await settle();
    assert.equal((await get(id)).vpcId, other.vpcId);
    const left = await ok<{ totalCount: number }>(`GET /v1/vpc/resourceIp?vpcId=${vpcId}`);
    assert.equal(left.totalCount, 0);
  });

  it("keeps its public address in another subnet", async () => {
    const { ok, settle, running, get, tour, subnet } = await withInstances();
    const id = await running();
    const eip = await newEip(tour);
    await ok(`PUT /v1/eip/${eip}?bind`, { instanceType: "BCC", instanceId: id });
    await settle();
    const near = await ok("POST /v1/subnet", { ...subnet, cidr: "10.0.2.0/24" });
    await ok("PUT /v2/subnet/changeSubnet", { instanceId: id, subnetId: near.subnetId });
    await settle();
    const { nicInfo, publicIp } = await get(id);
    const [primary] = (nicInfo as { ips: Record<string, unknown>[] }).ips;
    assert.deepEqual([publicIp, primary?.privateIp, primary?.eip], [eip, "10.0.2.3", eip]);
  });

  it("has security groups, at least one", async () => {
    const { ok, refused, running, get, vpcId } = await withInstances();
    const id = await running();
    const groupsOf = async () => ((await get(id)).nicInfo as { securityGroups: string[] }).securityGroups;
    const [first] = await groupsOf();
    const { securityGroupId: g } = await ok("POST /v2/securityGroup", { name: "g", vpcId, rules: [] });
    await ok(`PUT /v2/instance/${id}?bind`, { securityGroupId: g });
    assert.deepEqual(await groupsOf(), [first, g]);
    await ok(`PUT /v2/instance/${id}?unbind`, { securityGroupId: first });
    await refused("409 OperationDenied", `PUT /v2/instance/${id}?unbind`, { securityGroupId: g });
    await refused("404 NoSuchObject", `PUT /v2/instance/${id}?bind`, { securityGroupId: "g-none" });
    const many = { instanceIds: [id], securityGroupIds: [first], securityGroupType: "normal" };
    await ok("PUT /v2/securitygroup/bind", many);
    await ok("PUT /v2/securitygroup/unbind", many);
    await ok("PUT /v2/securitygroup/replace", many);
    assert.deepEqual(await groupsOf(), [first]);
  });
});

describe("instances are released", () => {
  it("alone: its disks and addresses stay", async () => {
    const { ok, refused, settle, running, tour, call } = await withInstances();
    const id = await running({ createCdsList: [{ cdsSizeInGB: 10, storageType: "hp1" }] });
    const eip = await newEip(tour);
    await ok(`PUT /v1/eip/${eip}?bind`, { instanceType: "BCC", instanceId: id });
    await settle();
    await ok(`DELETE /v2/instance/${id}`);
    await refused("404 NoSuchObject", `DELETE /v2/instance/${id}`);
    await refused("404 NoSuchObject", `GET /v2/instance/${id}`);
    const { volumes } = await ok<{ volumes: { status: string }[] }>("GET /v2/volume?usageFilter=data");
    assert.deepEqual(
      volumes.map(({ status }) => status),
      ["Available"],
    );
    const { eipList } = await ok<{ eipList: { status: string }[] }>(`GET /v1/eip?eip=${eip}`);
    assert.equal(eipList[0]?.status, "available");
    const progress = await ok("POST /v2/instance/deleteProgress", { instanceIds: [id] });
    assert.equal(progress[id], "Deleted");
    assert.equal((await call(`GET /v2/eni/${id}`)).body.code, "NoSuchObject");
  });

  it("with what belongs to it", async () => {
    const { ok, settle, running, tour, subnetId, refused } = await withInstances();
    const body = { relatedReleaseFlag: true, deleteCdsSnapshotFlag: true, deleteRelatedEnisFlag: true };
    const id = await running({ createCdsList: [{ cdsSizeInGB: 10 }] });
    const privateIpSet = [{ primary: true, privateIpAddress: "" }];
    const { eniId } = await ok("POST /v1/eni", { name: "e", subnetId, privateIpSet });
    await ok(`PUT /v1/eni/${eniId}?attach`, { instanceId: id });
    const eip = await newEip(tour);
    await ok(`PUT /v1/eip/${eip}?bind`, { instanceType: "BCC", instanceId: id });
    await settle();
    await ok(`POST /v2/instance/${id}`, body);
    await refused("400 EniIdException", `GET /v1/eni/${eniId}`);
    assert.deepEqual((await ok<{ volumes: unknown[] }>("GET /v2/volume")).volumes, []);
    assert.deepEqual((await ok<{ eipList: unknown[] }>(`GET /v1/eip?eip=${eip}`)).eipList, []);
    const [a, b] = [await running(), await running()];
    await refused("404 NoSuchObject", "POST /v2/instance/batchDelete", { ...body, instanceIds: [a, "i-none0000"] });
    await ok("POST /v2/instance/batchDelete", { ...body, instanceIds: [a, b] });
    await refused("404 NoSuchObject", `GET /v2/instance/${a}`);
    const prepaid = await running({ billing: { paymentTiming: "Prepaid", reservation: { reservationLength: 1 } } });
    const done = await ok<Record<string, Record<string, unknown>>>("POST /v2/instance/delete", { instanceId: prepaid });
    assert.equal(done.successResources?.instanceId, prepaid);
    assert.equal(done.instanceRefundFlag, true);
  });

  it("into the recycle bin, and out of it, or for good after a week", async () => {
    const { ok, settle, running, get, call, refused } = await withInstances();
    const flags = { relatedReleaseFlag: false, deleteCdsSnapshotFlag: false, bccRecycleFlag: true };
    const [back, purged, forgotten] = [await running(), await running(), await running()];
    for (const id of [back, purged, forgotten]) await ok(`POST /v2/instance/${id}`, flags);
    assert.equal((await get(back)).status, "Recycled");
    const bin = await ok<{ instances: Record<string, unknown>[] }>("POST /v2/recycle/instance", {});
    assert.equal(bin.instances.length, 3);
    assert.equal(bin.instances[0]?.paymentTiming, "postpay");
    await refused("404 NoSuchObject", `PUT /v2/instance/${back}?start`);
    await ok("POST /v2/instance/recovery", { instanceIds: [{ instanceId: back }] });
    await ok(`DELETE /v2/recycle/instance/${purged}`);
    await refused("404 NoSuchObject", `DELETE /v2/recycle/instance/${purged}`);
    await settle(8 * 24 * 3_600_000);
    assert.equal((await get(back)).status, "Running");
    assert.equal((await call(`GET /v2/instance/${forgotten}`)).status, 404);
  });

  it("and are seen as Deleted for a while where that takes time", async () => {
    const { ok, settle, running, get, refused, subnetId } = await withInstances(
      createTour({ timings: { instanceDelete: 1000 } }),
    );
    const id = await running({ internalIps: ["10.0.1.9"] });
    await ok(`DELETE /v2/instance/${id}`);
    assert.equal((await get(id)).status, "Deleted");
    await refused("404 NoSuchObject", `DELETE /v2/instance/${id}`);
    const other = await running({ internalIps: ["10.0.1.9"], subnetId });
    await settle();
    await refused("404 NoSuchObject", `GET /v2/instance/${id}`);
    assert.equal((await get(other)).internalIp, "10.0.1.9");
  });
});
