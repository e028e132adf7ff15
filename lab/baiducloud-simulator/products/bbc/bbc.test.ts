import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withNetwork } from "../../testing/tour.ts";

interface Server {
  readonly id: string;
  readonly status: string;
  readonly [field: string]: unknown;
}

async function withServer() {
  const net = await withNetwork();
  const body = {
    flavorId: "BBC-G4-PDDAS",
    imageId: "m-lab00000",
    raidId: "",
    rootDiskSizeInGb: 40,
    purchaseCount: 1,
    zoneName: "cn-bj-a",
    subnetId: net.subnetId,
    billing: { paymentTiming: "Postpaid" },
    name: "metal",
  };
  const create = async (more: object = {}) =>
    (await net.ok<{ instanceIds: string[] }>("POST /v1/instance", { ...body, ...more })).instanceIds;
  const [id = ""] = await create();
  const get = (server = id) => net.ok<Server>(`GET /v1/instance/${server}`);
  return { ...net, body, create, id, get, path: `/v1/instance/${id}` };
}

describe("bare metal servers", () => {
  it("are made, flat in their answers, with the network elsewhere", async () => {
    const { ok, refused, settle, body, id, get, vpcId, subnetId } = await withServer();
    assert.equal((await get()).status, "Starting");
    await refused("409 Instance.ReleaseWhileCreating", `DELETE /v2/instance/${id}`);
    await settle();
    const server = await get();
    assert.deepEqual([server.status, server.zone, server.region, server.hasAlive], ["Running", "cn-bj-a", "bj", 1]);
    assert.equal(server.vpcId, undefined);
    const { networkInfo } = await ok<{ networkInfo: Record<string, Record<string, unknown>>[] }>("POST /v1/vpcSubnet", {
      bbcIds: [id, "i-none0000"],
    });
    assert.deepEqual([networkInfo[0]?.vpc?.vpcId, networkInfo[0]?.subnet?.cidr], [vpcId, "10.0.1.0/24"]);
    const port = await ok<{ privateIpSet: Record<string, unknown>[] }>(`GET /v1/vpcPort/${id}`);
    assert.deepEqual([port.privateIpSet[0]?.primary, port.privateIpSet[0]?.subnetId], [true, subnetId]);
    const listed = await ok<{ instances: Server[] }>(`GET /v1/instance?internalIp=${server.internalIp}`);
    assert.deepEqual(
      listed.instances.map((one) => one.id),
      [id],
    );
    const byIds = await ok<{ instances: Server[] }>("POST /v1/instance/listByInstanceId", { instanceIds: [id] });
    assert.equal(byIds.instances.length, 1);
    const byOtherName = await ok<{ instances: Server[] }>("POST /v1/instance/listByInstanceId", {
      instanceIdList: [id],
    });
    assert.equal(byOtherName.instances.length, 1);
    assert.match((await ok<{ vncUrl: string }>(`GET /v1/instance/${id}/vnc`)).vncUrl, /^https:/);
    assert.deepEqual((await ok<{ instances: unknown[] }>("GET /v2/instance")).instances, []);
    await refused("404 NoSuchObject", `GET /v2/instance/${id}`);
    await refused("400 BadRequest", "POST /v1/instance", { ...body, flavorId: "BBC-none" });
    await refused("404 NoSuchObject", "POST /v1/instance", { ...body, imageId: "m-none0000" });
    const { flavors } = await ok<{ flavors: { flavorId: string }[] }>("GET /v1/flavor");
    assert.ok(flavors.some(({ flavorId }) => flavorId === body.flavorId));
    await ok(`GET /v1/flavor/${body.flavorId}`);
    await refused("404 NoSuchObject", "GET /v1/flavor/none");
  });

  it("have images: those of BCC", async () => {
    const { ok, refused, settle, create, id } = await withServer();
    await settle();
    const { imageId } = await ok<{ imageId: string }>("POST /v1/image", { imageName: "mine", instanceId: id });
    const statusOf = async () => (await ok<{ image: Server }>(`GET /v1/image/${imageId}`)).image.status;
    // On the port of all products this path is another's.
    const host = "bbc.bj.baidubce.com";
    const listed = async (kind: string) =>
      (await ok<{ images: Server[] }>(`GET /v1/image?imageType=${kind}`, undefined, { host })).images.map(
        ({ id }) => id,
      );
    assert.equal(await statusOf(), "Creating");
    await settle();
    assert.equal(await statusOf(), "Available");
    assert.deepEqual(await listed("BbcCustom"), [imageId]);
    assert.equal((await listed("BbcSystem")).includes(imageId), false);
    assert.equal((await listed("All")).length, (await listed("System")).length + 1);
    await create({ imageId });
    await refused("409 OperationDenied", `DELETE /v1/image/${imageId}`);
    await refused("409 OperationDenied", "DELETE /v1/image/m-lab00000");
    await refused("404 NoSuchObject", "GET /v1/image/m-none0000");
    await refused("404 NoSuchObject", "POST /v1/image", { imageName: "x", instanceId: "i-none0000" });
  });

  it("are switched, installed and changed", async () => {
    const { ok, refused, settle, id, get, path } = await withServer();
    await settle();
    await refused("409 Instance.StartInstanceOperationForbidden", `PUT ${path}?start`);
    await ok(`PUT ${path}?stop`, { forceStop: true });
    assert.equal((await get()).status, "Stopping");
    await settle();
    assert.equal((await get()).hasAlive, 0);
    await refused("409 Instance.StopInstanceOperationForbidden", `PUT ${path}?stop`, {});
    await ok(`PUT ${path}?start`);
    await settle();
    await ok(`PUT ${path}?reboot`, { forceStop: false });
    await refused("409 Instance.RebootInstanceOperationForbidden", `PUT ${path}?reboot`, {});
    await settle();
    await ok(`PUT ${path}?rebuild`, { imageId: "m-lab00001", adminPass: "00", isPreserveData: false });
    assert.equal((await get()).status, "ImageProcessing");
    await settle();
    await ok("PUT /v1/instance/batchRebuild", { imageId: "m-lab00002", instanceIds: [id] });
    await settle();
    await ok(`PUT ${path}?changePass`, { adminPass: "00" });
    await ok(`PUT ${path}?rename`, { name: "new" });
    await ok(`PUT ${path}?updateDesc`, { desc: "text" });
    const changeTags = [{ tagKey: "a", tagValue: "1" }];
    await ok(`PUT ${path}/tag?bind`, { changeTags });
    const { name, desc, tags, imageId } = await get();
    assert.deepEqual([name, desc, tags, imageId], ["new", "text", changeTags, "m-lab00002"]);
    await ok(`PUT ${path}/tag?unbind`, { changeTags });
    await refused("404 NoSuchObject", "PUT /v1/instance/i-none0000?start");
  });

  it("have further addresses, groups, and move between subnets and VPCs", async () => {
    const { ok, refused, settle, id, get, vpcId, subnet } = await withServer();
    await settle();
    await ok("PUT /v1/instance/batchAddIp", { instanceId: id, secondaryPrivateIpAddressCount: 1 });
    const near = await ok("POST /v1/subnet", { ...subnet, cidr: "10.0.2.0/24" });
    const { eniId } = await ok(`GET /v1/vpcPort/${id}`);
    const card = { eniId, subnetId: near.subnetId, secondaryPrivateIpAddressCount: 1, ipAndSubnets: null };
    const cross = { instanceId: id, singleEniAndSubentIps: [card] };
    const { privateIps } = await ok<{ privateIps: string[] }>("PUT /v1/instance/batchAddIpCrossSubnet", cross);
    assert.deepEqual(privateIps, ["10.0.2.3"]);
    await ok("PUT /v1/instance/batchDelIp", { instanceId: id, privateIps });
    await refused("400 PrivateIPNotExistException", "PUT /v1/instance/batchDelIp", { instanceId: id, privateIps });
    const { securityGroupId } = await ok("POST /v1/securityGroup", { name: "g", vpcId, rules: [] });
    await ok("POST /v1/instance/securitygroup?bind", { instanceIds: [id], securityGroups: [securityGroupId] });
    await ok("POST /v1/instance/securitygroup?unbind", { instanceId: id, securityGroupId });
    await ok("PUT /v1/subnet/changeSubnet", { instanceId: id, subnetId: near.subnetId });
    assert.equal((await get()).status, "ChangeSubnet");
    await settle();
    const other = await ok("POST /v1/vpc", { name: "far", cidr: "10.50.0.0/16" });
    const far = { name: "f", zoneName: "cn-bj-a", cidr: "10.50.1.0/24", vpcId: other.vpcId };
    const { subnetId } = await ok("POST /v1/subnet", far);
    await ok("PUT /v1/vpc/changeVpc", { instanceId: id, subnetId });
    assert.equal((await get()).status, "ChangeVpc");
    await settle();
    assert.match(String((await get()).internalIp), /^10\.50\.1\./);
  });

  it("are released, with a recycle bin", async () => {
    const { ok, refused, settle, create, id, get } = await withServer();
    const [b = "", c = "", d = ""] = await create({ purchaseCount: 3 });
    await settle();
    const host = { host: "bbc.bj.baidubce.com" };
    await ok(`DELETE /v2/instance/${id}`, undefined, host);
    await refused("404 NoSuchObject", `GET /v1/instance/${id}`);
    await refused("404 NoSuchObject", `DELETE /v2/instance/${id}`, undefined, host);
    const done = await ok<Record<string, Record<string, string>>>("POST /v1/instance/delete", { instanceId: b });
    assert.equal(done.successResources?.instanceId, b);
    await ok("POST /v1/instance/batchDelete", { instanceIds: [c, d], bbcRecycleFlag: true });
    assert.equal((await get(c)).status, "Recycled");
    const bin = await ok<{ instances: unknown[] }>("POST /v1/recycle/instance", {});
    assert.equal(bin.instances.length, 2);
    await ok("POST /v1/instance/recovery", { instanceIds: [c] });
    await ok(`DELETE /v1/recycle/instance/${d}`);
    await settle();
    assert.equal((await get(c)).status, "Running");
    await refused("404 NoSuchObject", `GET /v1/instance/${d}`);
  });

  it("can be where a route leads", async () => {
    const { ok, id, vpcId } = await withServer();
    const { routeTableId } = await ok(`GET /v1/route?vpcId=${vpcId}`);
    const rule = { routeTableId, sourceAddress: "0.0.0.0/0", destinationAddress: "172.16.0.0/24" };
    assert.ok((await ok("POST /v1/route/rule", { ...rule, nexthopType: "custom", nexthopId: id })).routeRuleId);
  });

  it("of several are made all or none", async () => {
    const { refused, body, ok, vpcId } = await withServer();
    const clash = { ...body, purchaseCount: 2, internalIps: ["10.0.1.100", "10.0.1.100"] };
    await refused("409 PrivateIpInUseException", "POST /v1/instance", clash);
    assert.equal((await ok<{ totalCount: number }>(`GET /v1/vpc/resourceIp?vpcId=${vpcId}`)).totalCount, 1);
    assert.equal((await ok<{ instances: unknown[] }>("GET /v1/instance")).instances.length, 1);
  });
});
