import assert from "node:assert/strict";
import { it } from "node:test";
import { withNetwork } from "../../testing/tour.ts";

type Row = Readonly<Record<string, unknown>>;

it("snapshots keep the size of a disk, are counted at it, and make disks and images", async () => {
  const { ok, refused, settle, subnetId } = await withNetwork();
  const { instanceIds } = await ok<{ instanceIds: string[] }>("POST /v2/instanceBySpec", {
    spec: "bcc.g5.c2m8",
    imageId: "m-lab00001",
    zoneName: "cn-bj-a",
    subnetId,
    billing: { paymentTiming: "Postpaid" },
  });
  const made = { zoneName: "cn-bj-a", cdsSizeInGB: 30 };
  const { volumeIds } = await ok<{ volumeIds: string[] }>("POST /v2/volume", made);
  await settle();
  const [volumeId = ""] = volumeIds;
  const take = async (of: string, more: object = {}) =>
    (await ok<{ snapshotId: string }>("POST /v2/snapshot", { volumeId: of, snapshotName: "s", ...more })).snapshotId;
  const id = await take(volumeId, { retentionInDays: 1 });
  const get = async (one = id) => (await ok<{ snapshot: Row }>(`GET /v2/snapshot/${one}`)).snapshot;
  assert.deepEqual([(await get()).status, (await get()).sizeInGB], ["Creating", 30]);
  await refused("409 OperationDenied", `DELETE /v2/snapshot/${id}`);
  await settle();
  assert.equal((await get()).status, "Available");
  assert.notEqual((await get()).expireTime, "");
  await ok(`PUT /v2/snapshot/${id}?modifyAttribute`, { snapshotName: "new", retentionInDays: 0 });
  assert.deepEqual([(await get()).name, (await get()).expireTime], ["new", ""]);
  const { volume } = await ok<{ volume: Row }>(`GET /v2/volume/${volumeId}`);
  assert.equal(volume.snapshotNum, "1");

  await ok(`PUT /v2/volume/${volumeId}?rollback`, { snapshotId: id });
  await refused("409 OperationDenied", `PUT /v2/volume/${volumeId}?rollback`, { snapshotId: id });
  await settle();
  const copies = await ok<{ volumeIds: string[] }>("POST /v2/volume", { zoneName: "cn-bj-a", snapshotId: id });
  const copy = (await ok<{ volume: Row }>(`GET /v2/volume/${copies.volumeIds[0]}`)).volume;
  assert.deepEqual([copy.diskSizeInGB, copy.sourceSnapshotId], [30, id]);
  await refused("400 BadRequest", "POST /v2/volume", { ...made, cdsSizeInGB: 29, snapshotId: id });
  await refused("404 NoSuchObject", "POST /v2/volume", { ...made, snapshotId: "s-none0000" });
  await refused("400 BadRequest", "POST /v2/volume", { zoneName: "cn-bj-a" });
  await refused("400 BadRequest", `PUT /v2/volume/${copies.volumeIds[0]}?rollback`, { snapshotId: id });
  await refused("400 BadRequest", "POST /v2/image", { imageName: "i", snapshotId: id });

  const { volumes } = await ok<{ volumes: Row[] }>(`GET /v2/volume?instanceId=${instanceIds[0]}`);
  const system = await take(String(volumes[0]?.id));
  const { imageId } = await ok<{ imageId: string }>("POST /v2/image", { imageName: "i", snapshotId: system });
  const { image } = await ok<{ image: Row }>(`GET /v2/image/${imageId}`);
  assert.deepEqual([image.type, image.osName], ["Custom", "CentOS"]);
  const listed = await ok<{ snapshots: Row[] }>(`GET /v2/snapshot?volumeId=${volumeId}`);
  assert.deepEqual(
    listed.snapshots.map((one) => one.id),
    [id],
  );
  await ok(`DELETE /v2/snapshot/${id}`);
  await refused("404 NoSuchObject", `GET /v2/snapshot/${id}`);
  await refused("404 NoSuchObject", "POST /v2/snapshot", { volumeId: "v-none0000", snapshotName: "s" });
});
