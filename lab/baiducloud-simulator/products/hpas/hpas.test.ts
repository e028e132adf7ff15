import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTour, withNetwork } from "../../testing/tour.ts";

interface Hpas {
  readonly hpasId: string;
  readonly status: string;
  readonly nicInfo: readonly Readonly<Record<string, unknown>>[];
  readonly volumeInfo: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

async function withMachines(purchaseNum = 1) {
  const net = await withNetwork();
  const act = <T = Record<string, string>>(action: string, body: object = {}) =>
    net.ok<T>(`POST /?action=${action}`, body);
  const deny = (outcome: string, action: string, body: object = {}) =>
    net.refused(outcome, `POST /?action=${action}`, body);
  const body = {
    appType: "llama2_7B_train",
    appPerformanceLevel: "10k",
    name: "ai",
    zoneName: "cn-bj-a",
    imageId: "m-lab00000",
    subnetId: net.subnetId,
    billingModel: { chargeType: "PostPaid" },
    purchaseNum,
  };
  const { hpasIds } = await act<{ hpasIds: string[] }>("CreateInstances", body);
  const [hpasId = ""] = hpasIds;
  const list = async (filter: object = {}) => (await act<{ hpass: Hpas[] }>("DescribeHPASInstances", filter)).hpass;
  const get = async (id = hpasId) => {
    const [found] = await list({ hpasIds: [id] });
    assert.ok(found, `${id} is not listed`);
    return found;
  };
  return { ...net, act, deny, body, hpasIds, hpasId, list, get };
}

describe("machines for AI work", () => {
  it("are Creating, then Active, and listed in both styles", async () => {
    const { act, deny, settle, body, hpasId, hpasIds, list, get, vpcId } = await withMachines(3);
    assert.equal((await get()).status, "Creating");
    await deny("409 Instance.ReleaseWhileCreating", "DeleteInstances", { hpasIds });
    await settle();
    const machine = await get();
    assert.equal(machine.status, "Active");
    assert.match(hpasId, /^hpas-/);
    assert.deepEqual([machine.vpcCidr, machine.subnetName, machine.appPerformanceLevel], ["10.0.0.0/16", "s", "10k"]);
    assert.deepEqual(machine.nicInfo[0]?.ipv4s, [{ privateIp: machine.internalIp, primary: true }]);
    assert.equal((await list({ vpcId, hpasStatus: "Active", zoneName: "cn-bj-a" })).length, 3);
    assert.deepEqual(await list({ privateIps: [machine.internalIp], name: "other" }), []);
    const byPage = await act<{ totalCount: number; hpass: Hpas[] }>("DescribeInstances", { pageNo: 2, pageSize: 2 });
    assert.deepEqual([byPage.totalCount, byPage.hpass.length], [3, 1]);
    const seen: string[] = [];
    for (let marker: string | undefined = ""; marker !== undefined; ) {
      const page: { hpass: Hpas[]; nextMarker?: string } = await act("DescribeHPASInstances", { marker, maxKeys: 2 });
      seen.push(...page.hpass.map((one) => one.hpasId));
      marker = page.nextMarker;
    }
    assert.deepEqual(seen, hpasIds.toSorted());
    await deny("400 BadRequest", "CreateInstances", { ...body, appType: "none" });
    await deny("404 NoSuchObject", "CreateInstances", { ...body, imageId: "m-none0000" });
    await deny("400 InvalidAction", "Nothing");
    const { hpasSpecs } = await act<{ hpasSpecs: unknown[] }>("DescribeSpecs", { zoneName: "cn-bj-a" });
    assert.equal(hpasSpecs.length, 2);
    const { images } = await act<{ images: { imageId: string }[] }>("DescribeImages", { imageType: "System" });
    assert.ok(images.some(({ imageId }) => imageId === body.imageId));
    const stock = { appType: body.appType, appPerformanceLevel: "10k", zoneName: "cn-bj-a" };
    assert.ok(
      (await act<{ inventoryQuantity: number }>("DescribeInstanceInventoryQuantity", stock)).inventoryQuantity > 0,
    );
  });

  it("are switched and installed, all or none", async () => {
    const { act, deny, settle, hpasIds, get } = await withMachines(2);
    await settle();
    const [a = "", b = ""] = hpasIds;
    await act("StopInstances", { hpasIds: [a], forceStop: false });
    assert.equal((await get(a)).status, "Stopping");
    await settle();
    await deny("409 OperationDenied", "StopInstances", { hpasIds: [b, a] });
    assert.equal((await get(b)).status, "Active");
    await act("StartInstances", { hpasIds: [a] });
    await settle();
    await act("RebootInstances", { hpasIds });
    assert.equal((await get(a)).status, "Reboot");
    await deny("409 OperationDenied", "ResetInstances", { hpasIds, imageId: "m-lab00001" });
    await settle();
    await act("ResetInstances", { hpasIds, imageId: "m-lab00001", password: "00" });
    assert.equal((await get(b)).status, "Rebuild");
    await settle();
    assert.deepEqual([(await get(b)).status, (await get(b)).imageId], ["Active", "m-lab00001"]);
    await act("ModifyInstanceApplicationPassword", { hpasId: a, password: "00" });
    assert.equal((await get(a)).status, "Password");
    await settle();
    await deny("404 NoSuchObject", "StopInstances", { hpasIds: ["hpas-none"] });
  });

  it("have names, tags, jumbo frames, disks and a term", async () => {
    const { ok, act, deny, settle, hpasId, get, body } = await withMachines();
    await settle();
    await act("ModifyInstancesAttribute", { hpasIds: [hpasId], name: "new" });
    await act("ModifyHpasJumbo", { hpasIds: [hpasId], enableJumboFrame: true });
    const tags = [{ tagKey: "a", tagValue: "1" }];
    await act("AttachTags", { resourceType: "hpas", resourceIds: [hpasId], tags });
    assert.deepEqual([(await get()).name, (await get()).enableJumboFrame, (await get()).tags], ["new", true, tags]);
    await act("DetachTags", { resourceIds: [hpasId], tags });
    assert.match((await act("DescribeHpasVncUrl", { hpasId })).vncUrl ?? "", /^https:/);
    const disk = { zoneName: "cn-bj-a", cdsSizeInGB: 50, billing: {} };
    const { volumeIds } = await ok<{ volumeIds: string[] }>("POST /v2/volume", disk);
    const attach = { hpasId, volumeIds };
    assert.deepEqual((await act<{ failedVolumeIds: string[] }>("AttachVolumes", attach)).failedVolumeIds, volumeIds);
    await settle();
    assert.deepEqual((await act<{ failedVolumeIds: string[] }>("AttachVolumes", attach)).failedVolumeIds, []);
    await settle();
    assert.deepEqual(
      (await get()).volumeInfo.map((one) => one.volumeSizeInGiB),
      [100, 50],
    );
    await act("DetachVolumes", { volumeIds });
    await settle();
    await deny("400 Volume.DiskNotAttachedInstance", "DetachVolumes", { volumeIds });
    await deny("409 OperationDenied", "RenewHPASInstances", { hpasIds: [hpasId] });
    const billingModel = { chargeType: "PrePaid", period: 1, periodUnit: "month" };
    const prepaid = await act<{ hpasIds: string[] }>("CreateInstances", { ...body, billingModel });
    await settle();
    await act("RenewHPASInstances", { hpasIds: prepaid.hpasIds, period: 2, periodUnit: "month" });
    await settle(62 * 24 * 3_600_000);
    assert.equal((await get(prepaid.hpasIds[0])).status, "Active");
    await settle(60 * 24 * 3_600_000);
    assert.equal((await get(prepaid.hpasIds[0])).status, "Expired");
  });

  it("have addresses and groups, and move between subnets and VPCs", async () => {
    const { ok, act, deny, settle, hpasId, get, vpcId, subnet } = await withMachines();
    await settle();
    const { privateIps } = await act<{ privateIps: string[] }>("AssignPrivateIpAddresses", {
      hpasId,
      secondaryPrivateIpCount: 2,
    });
    const held = [(await get()).internalIp, ...privateIps].map((ip, index) => ({
      privateIp: ip,
      primary: index === 0,
    }));
    assert.deepEqual((await get()).nicInfo[0]?.ipv4s, held);
    await act("UnassignPrivateIpAddresses", { hpasId, privateIps });
    await deny("400 PrivateIPNotExistException", "UnassignPrivateIpAddresses", { hpasId, privateIps });
    const { ipv6Addresses } = await act<{ ipv6Addresses: string[] }>("AssignIpv6Addresses", {
      hpasId,
      ipv6AddressCount: 1,
    });
    assert.deepEqual((await get()).nicInfo[0]?.ipv6s, [{ ipv6Address: ipv6Addresses[0] }]);
    await act("UnAssignIpv6Addresses", { hpasId, ipv6Addresses });
    const { securityGroupId } = await ok("POST /v1/securityGroup", { name: "g", vpcId, rules: [] });
    const groups = { hpasIds: [hpasId], securityGroupIds: [securityGroupId], securityGroupType: "normal" };
    await act("AttachSecurityGroups", groups);
    await act("DetachSecurityGroups", groups);
    await act("ModifySecurityGroups", groups);
    assert.deepEqual((await get()).nicInfo[0]?.securityGroupIds, [securityGroupId]);
    await deny("409 OperationDenied", "DetachSecurityGroups", groups);
    const near = await ok("POST /v1/subnet", { ...subnet, cidr: "10.0.2.0/24" });
    await act("ModifyInstancesSubnet", { hpasIds: [hpasId], subnetId: near.subnetId, privateIp: "10.0.2.9" });
    assert.deepEqual([(await get()).status, (await get()).internalIp], ["ChangeSubnet", "10.0.2.9"]);
    await settle();
    const other = await ok("POST /v1/vpc", { name: "far", cidr: "10.50.0.0/16" });
    const far = { name: "f", zoneName: "cn-bj-a", cidr: "10.50.1.0/24", vpcId: other.vpcId };
    const { subnetId } = await ok("POST /v1/subnet", far);
    await act("ModifyInstanceVPC", { hpasId, subnetId, privateIp: "" });
    assert.equal((await get()).status, "ChangeVpc");
    await settle();
    assert.deepEqual([(await get()).status, (await get()).vpcId], ["Active", other.vpcId]);
  });

  it("take network cards of their own type, and go with their addresses", async () => {
    const { ok, act, settle, refused, hpasId, subnetId, list } = await withMachines();
    await settle();
    const privateIpSet = [{ primary: true, privateIpAddress: "" }];
    const { eniId } = await ok("POST /v1/eni", { name: "e", subnetId, privateIpSet });
    await refused("404 NoSuchObject", `PUT /v1/eni/${eniId}?attach`, { instanceId: hpasId });
    await ok(`PUT /v1/eni/${eniId}?attach`, { instanceId: hpasId, instanceType: "hpas" });
    await settle();
    await act("DeleteInstances", { hpasIds: [hpasId], deleteVolume: true });
    assert.deepEqual(await list(), []);
    await ok(`DELETE /v1/eni/${eniId}`);
    await ok(`DELETE /v1/subnet/${subnetId}`);
  });
});

describe("images of machines for AI work", () => {
  it("are made, renamed, copied elsewhere, and deleted when no machine has them", async () => {
    const { act, deny, settle, hpasId, body } = await withMachines();
    await settle();
    const { imageId = "" } = await act("CreateImage", { hpasId, imageName: "mine" });
    const find = async () => {
      const { images } = await act<{ images: Record<string, string>[] }>("DescribeImages", { imageType: "Custom" });
      return images.map((image) => [image.name, image.imageStatus]);
    };
    assert.deepEqual(await find(), [["mine", "Creating"]]);
    type Copies = { destinationImages: { destinationImageId: string; status: boolean }[] };
    const copy = async (destinationRegion: string) => {
      const destinationImages = [{ destinationImageName: "copy", destinationRegion }];
      const [first] = (await act<Copies>("CopyImages", { imageId, destinationImages })).destinationImages;
      assert.ok(first);
      return first;
    };
    assert.equal((await copy("gz")).status, false);
    await settle();
    await act("ModifyImageAttribute", { imageId, imageName: "new" });
    assert.deepEqual(await find(), [["new", "Available"]]);
    assert.equal((await copy("gz")).status, true);
    assert.deepEqual([(await copy("bj")).status, (await copy("no where")).status], [false, false]);
    const cancelled = await act<Copies>("CancelImagesCopy", { imageIds: [imageId] });
    assert.deepEqual(
      cancelled.destinationImages.map(({ status }) => status),
      [false],
    );
    const { hpasIds } = await act<{ hpasIds: string[] }>("CreateInstances", { ...body, imageId });
    await settle();
    await deny("409 OperationDenied", "DeleteImages", { imageIds: [imageId] });
    await act("DeleteInstances", { hpasIds });
    await settle();
    await act("DeleteImages", { imageIds: [imageId] });
    await deny("404 NoSuchObject", "DeleteImages", { imageIds: [imageId] });
    await deny("404 NoSuchObject", "CreateImage", { hpasId: "hpas-none0000", imageName: "x" });
  });
});

describe("reservations", () => {
  it("are made, listed in both styles, renamed, moved, and end", async () => {
    const { ok, settle, refused } = createTour();
    const act = <T = Record<string, string>>(action: string, body: object) => ok<T>(`POST /?action=${action}`, body);
    const wanted = {
      name: "r",
      zoneName: "cn-bj-a",
      appType: "llama2_7B_train",
      appPerformanceLevel: "10k",
      purchaseNum: 2,
    };
    const { reservedHpasIds } = await act<{ reservedHpasIds: string[] }>("CreateReservedInstances", wanted);
    await refused("400 BadRequest", "POST /?action=CreateReservedInstances", { ...wanted, appType: "none" });
    await ok("PUT /?action=ModifyReservedInstancesName", { reservedInstanceIds: reservedHpasIds, name: "new" });
    const [first = ""] = reservedHpasIds;
    await act("ModifyReservedInstances", { reservedInstances: [{ reservedInstanceId: first, zoneName: "cn-bj-b" }] });
    type List = { totalCount: number; reservedHpasList: Record<string, unknown>[] };
    const byPage = await act<List>("DescribeReservedInstances", { name: "new", pageNo: 1, pageSize: 1 });
    assert.deepEqual([byPage.totalCount, byPage.reservedHpasList.length], [2, 1]);
    const moved = await act<List>("DescribeHPASReservedInstances", { zoneName: "cn-bj-b" });
    assert.deepEqual(
      moved.reservedHpasList.map((one) => [one.reservedHpasId, one.status]),
      [[first, "Active"]],
    );
    await settle(40 * 24 * 3_600_000);
    const over = await act<List>("DescribeHPASReservedInstances", { reservedHpasStatus: "Expired" });
    assert.equal(over.reservedHpasList.length, 2);
    const rename = { reservedInstanceIds: ["rhpas-none"], name: "x" };
    await refused("404 NoSuchObject", "PUT /?action=ModifyReservedInstancesName", rename);
  });
});
