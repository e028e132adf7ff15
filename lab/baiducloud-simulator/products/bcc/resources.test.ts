import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTour, withNetwork } from "../../testing/tour.ts";

interface Volume {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly diskSizeInGB: number;
  readonly snapshotNum: string;
  readonly attachments: readonly Readonly<Record<string, string>>[];
  readonly tags: readonly unknown[];
}

describe("disks", () => {
  async function withDisk() {
    const net = await withNetwork(createTour({ quotas: { volumes: 2 } }));
    const body = {
      name: "data",
      zoneName: "cn-bj-a",
      cdsSizeInGB: 20,
      storageType: "hp1",
      billing: { paymentTiming: "Postpaid" },
    };
    const { volumeIds } = await net.ok<{ volumeIds: string[] }>("POST /v2/volume", body);
    const [id = ""] = volumeIds;
    const node = net.simulator.createInstance({ name: "n", subnetId: net.subnetId });
    const get = async (volume = id) => (await net.ok<{ volume: Volume }>(`GET /v2/volume/${volume}`)).volume;
    return { ...net, body, id, node, get };
  }

  it("are attached and detached in their time, and only from the right state", async () => {
    const { ok, refused, settle, id, node, get, simulator } = await withDisk();
    assert.equal((await get()).status, "Creating");
    await settle();
    assert.equal((await get()).status, "Available");
    await refused("400 Volume.DiskNotAttachedInstance", `PUT /v2/volume/${id}?detach`, { instanceId: node.id });
    await refused("404 NoSuchObject", `PUT /v2/volume/${id}?attach`, { instanceId: "i-none0000" });
    const far = simulator.createInstance({ name: "far", zoneName: "cn-bj-b" });
    await refused("409 OperationDenied", `PUT /v2/volume/${id}?attach`, { instanceId: far.id });
    const { volumeAttachment } = await ok<{ volumeAttachment: Record<string, string> }>(`PUT /v2/volume/${id}?attach`, {
      instanceId: node.id,
    });
    assert.equal(volumeAttachment.device, "/dev/vdb");
    assert.equal((await get()).status, "Attaching");
    await settle();
    assert.deepEqual([(await get()).status, (await get()).attachments[0]?.instanceId], ["InUse", node.id]);
    await refused("409 OperationDenied", `PUT /v2/volume/${id}?attach`, { instanceId: node.id });
    await refused("409 OperationDenied", `DELETE /v2/volume/${id}`);
    const { volumes } = await ok<{ volumes: Volume[] }>(`GET /v2/volume?instanceId=${node.id}`);
    assert.deepEqual(volumes.map(({ type }) => type).sort(), ["Cds", "System"]);
    assert.equal(volumes[0]?.snapshotNum, "0");
    const system = volumes.find(({ type }) => type === "System");
    assert.equal((await get(system?.id)).attachments[0]?.instanceId, node.id);
    await ok(`PUT /v2/volume/${id}?detach`, { instanceId: node.id });
    await settle();
    assert.deepEqual([(await get()).status, (await get()).attachments], ["Available", []]);
    await ok(`DELETE /v2/volume/${id}`);
    await refused("404 NoSuchObject", `GET /v2/volume/${id}`);
  });

  it("are resized, renamed and tagged, up to the quota", async () => {
    const { ok, refused, settle, id, get, body } = await withDisk();
    await settle();
    await refused("400 BadRequest", `PUT /v2/volume/${id}?resize`, { newCdsSizeInGB: 10 });
    await ok(`PUT /v2/volume/${id}?resize`, { newCdsSizeInGB: 40, newVolumeType: "cloud_hp1" });
    assert.equal((await get()).status, "Scaling");
    await settle();
    assert.deepEqual([(await get()).status, (await get()).diskSizeInGB], ["Available", 40]);
    await ok(`PUT /v2/volume/${id}?rename`, { name: "new" });
    await ok(`PUT /v2/volume/${id}?modify`, { cdsName: "newer", desc: "d" });
    const change = { changeTags: [{ tagKey: "a", tagValue: "1" }], relationTag: false };
    await ok(`PUT /v2/volume/${id}/tag?bind`, change);
    assert.deepEqual([(await get()).name, (await get()).tags], ["newer", change.changeTags]);
    await ok(`PUT /v2/volume/${id}/tag?unbind`, change);
    assert.deepEqual((await get()).tags, []);
    const listed = await ok<{ volumes: Volume[] }>("GET /v2/volume?usageFilter=data&chargeFilter=postpay&name=newer");
    assert.equal(listed.volumes.length, 1);
    await refused("403 QuotaLimitExceeded", "POST /v2/volume", { ...body, purchaseCount: 2 });
    await ok(`POST /v2/volume/${id}`, { autoSnapshot: "on", manualSnapshot: "on" });
  });
});

describe("images", () => {
  it("are the cloud's own, and those made of machines", async () => {
    const { ok, refused, settle, simulator } = createTour();
    const node = simulator.createInstance({ name: "n" });
    const { imageId } = await ok("POST /v2/image", { imageName: "mine", instanceId: node.id, relateCds: false });
    const get = async () => (await ok<{ image: Record<string, unknown> }>(`GET /v2/image/${imageId}`)).image;
    assert.deepEqual([(await get()).status, (await get()).type], ["Creating", "Custom"]);
    await settle();
    assert.equal((await get()).status, "Available");
    await ok("PUT /v2/image/rename", { imageId, name: "yours" });
    const list = async (query: string) =>
      (await ok<{ images: { name: string; type: string }[] }>(`GET /v2/image?${query}`)).images;
    assert.deepEqual(
      (await list("imageType=Custom&maxKeys=1000")).map(({ name }) => name),
      ["yours"],
    );
    assert.ok((await list("imageType=System")).every(({ type }) => type === "System"));
    assert.equal((await list("imageName=Windows")).length, 1);
    const { osInfo } = await ok<{ osInfo: Record<string, string>[] }>("POST /v2/image/os", { instanceIds: [node.id] });
    assert.deepEqual([osInfo[0]?.instanceId, osInfo[0]?.osName], [node.id, "Ubuntu"]);
    await ok(`PUT /v2/instance/${node.id}?rebuild`, { imageId });
    await refused("409 OperationDenied", `DELETE /v2/image/${imageId}`);
    await refused("409 OperationDenied", "DELETE /v2/image/m-lab00000");
    await refused("404 NoSuchObject", "DELETE /v2/image/m-none0000");
    await settle();
    await ok(`DELETE /v2/instance/${node.id}`);
    await ok(`DELETE /v2/image/${imageId}`);
    await refused("400 BadRequest", "POST /v2/image", { imageName: "x" });
  });
});

describe("key pairs", () => {
  it("are made or imported, and let into machines that are switched off", async () => {
    const { ok, refused, settle, simulator } = createTour({ quotas: { keypairs: 2 } });
    type One = { keypair: Record<string, unknown> };
    const made = await ok<One>("POST /v2/keypair?create", { name: "a", description: "d" });
    assert.match(String(made.keypair.privateKey), /PRIVATE KEY/);
    await refused("409 Keypair.KeypairNameDuplicated", "POST /v2/keypair", { name: "a" });
    await refused("400 BadRequest", "PUT /v2/keypair?import", { name: "b", publicKey: "nonsense" });
    await ok("PUT /v2/keypair?import", { name: "b", publicKey: "ssh-rsa AAAA b" });
    await refused("403 QuotaLimitExceeded", "POST /v2/keypair", { name: "c" });
    const path = `/v2/keypair/${made.keypair.keypairId}`;
    const get = async () => (await ok<One>(`GET ${path}`)).keypair;
    assert.equal((await get()).privateKey, undefined);
    const node = simulator.createInstance({ name: "n" });
    const attach = () => ok<{ failedInstanceIdList: string[] }>(`PUT ${path}?attach`, { instanceIds: [node.id] });
    assert.deepEqual((await attach()).failedInstanceIdList, [node.id]);
    simulator.stopInstance(node.id);
    await settle();
    assert.deepEqual((await attach()).failedInstanceIdList, []);
    assert.equal((await get()).instanceCount, 1);
    const { instance } = await ok<{ instance: Record<string, unknown> }>(`GET /v2/instance/${node.id}`);
    assert.equal(instance.keypairName, "a");
    await refused("409 OperationDenied", `DELETE ${path}`);
    await ok(`PUT ${path}?detach`, { instanceIds: [node.id] });
    await ok(`PUT ${path}?rename`, { name: "z" });
    await refused("409 Keypair.KeypairNameDuplicated", `PUT ${path}?rename`, { name: "b" });
    await ok(`PUT ${path}?updateDesc`, { description: "other" });
    const { keypairs } = await ok<{ keypairs: unknown[] }>("GET /v2/keypair?maxKeys=10&name=z");
    assert.equal(keypairs.length, 1);
    await ok(`DELETE ${path}?delete`, {});
    await refused("404 Keypair.KeypairNotExist", `GET ${path}`);
  });
});

describe("what can be bought", () => {
  it("is told by zone, region and flavour", async () => {
    const { ok, refused } = createTour();
    const { zones } = await ok<{ zones: { zoneName: string }[] }>("GET /v2/zone");
    assert.deepEqual(
      zones.map(({ zoneName }) => zoneName),
      ["cn-bj-a", "cn-bj-b", "cn-bj-d"],
    );
    const all = await ok<{ regions: Record<string, string>[] }>("POST /v2/region/describeRegions", {});
    assert.ok(all.regions.length > 5);
    const { regions } = await ok<{ regions: unknown[] }>("POST /v2/region/describeRegions", { region: "gz" });
    assert.deepEqual(regions, [{ regionId: "gz", regionName: "Guangzhou", regionEndpoint: "bcc.gz.baidubce.com" }]);
    type Groups = { flavorGroups: { flavors: Record<string, unknown>[] }[] };
    const { zoneResources } = await ok<{ zoneResources: { bccResources: Groups; ebcResources: Groups }[] }>(
      "GET /v2/instance/flavorSpec?zoneName=cn-bj-a",
    );
    const [zone] = zoneResources;
    assert.equal(typeof zone?.bccResources.flavorGroups[0]?.flavors[0]?.gpuCardCount, "number");
    // Of bare metal, counts are texts.
    assert.equal(typeof zone?.ebcResources.flavorGroups[0]?.flavors[0]?.gpuCardCount, "string");
    const where = async (query: string) =>
      (await ok<{ zoneNames: string[] }>(`GET /v1/instance/flavorZones?${query}`)).zoneNames;
    assert.equal((await where("spec=bcc.g5.c2m8")).length, 3);
    assert.deepEqual(await where("spec=ebc.l5c.c128m256.1d"), []);
    await refused("400 BadRequest", "GET /v1/instance/flavorZones");
    const types = await ok<{ zoneInstanceTypes: unknown[] }>("GET /v2/instance/types?zoneName=cn-bj-a");
    assert.equal(types.zoneInstanceTypes.length, 1);
    const specs = await ok<{ instanceTypes: { cpuCount: number }[] }>("GET /v2/instance/spec");
    assert.ok(specs.instanceTypes.some(({ cpuCount }) => cpuCount === 16));
  });
});

describe("high-performance clusters", () => {
  it("hold instances, and cannot go while they do", async () => {
    const { ok, refused, settle, subnetId } = await withNetwork();
    const path = "POST /v2/instance/ehc/cluster";
    const { ehcClusterId } = await ok(`${path}/create`, { name: "e", zoneName: "cn-bj-a", description: "" });
    await ok(`${path}/modify`, { ehcClusterId, name: "f" });
    const wanted = { imageId: "m-lab00000", spec: "bcc.g5.c2m8", subnetId, billing: {} };
    await refused("404 NoSuchObject", "POST /v2/instanceBySpec", { ...wanted, ehcClusterId: "ehc-none" });
    const { instanceIds } = await ok<{ instanceIds: string[] }>("POST /v2/instanceBySpec", { ...wanted, ehcClusterId });
    await settle();
    const list = await ok<{ totalCount: number; ehcClusters: Record<string, unknown>[] }>(`${path}/list`, {
      ehcClusterIdList: [ehcClusterId],
      zoneName: "cn-bj-a",
    });
    assert.equal(list.totalCount, 1);
    assert.deepEqual([list.ehcClusters[0]?.name, list.ehcClusters[0]?.instanceIds], ["f", instanceIds]);
    await refused("409 OperationDenied", `${path}/delete`, { ehcClusterIdList: [ehcClusterId] });
    await ok(`DELETE /v2/instance/${instanceIds[0]}`);
    await ok(`${path}/delete`, { ehcClusterIdList: [ehcClusterId] });
    await refused("404 NoSuchObject", `${path}/modify`, { ehcClusterId });
  });
});
