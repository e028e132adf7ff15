import assert from "node:assert/strict";
import { it } from "node:test";
import { withNetwork } from "../../testing/tour.ts";

it("deployment sets count their machines by zone, and stay while they have some", async () => {
  const { ok, refused, settle, subnetId } = await withNetwork();
  const make = async (name: string) =>
    (await ok<{ deploySetIds: string[] }>("POST /v2/instance/deployset/create", { name, strategy: "RACK_HA" }))
      .deploySetIds[0] ?? "";
  const [first, second] = [await make("one"), await make("two")];
  await refused("400 BadRequest", "POST /v2/instance/deployset/create", { name: "x", strategy: "NONE" });
  const { instanceIds } = await ok<{ instanceIds: string[] }>("POST /v2/instanceBySpec", {
    spec: "bcc.g5.c2m8",
    imageId: "m-lab00000",
    zoneName: "cn-bj-a",
    subnetId,
    purchaseCount: 2,
    billing: { paymentTiming: "Postpaid" },
    deployIdList: [first],
  });
  await settle();
  const [instanceId = "", other = ""] = instanceIds;
  type Zone = { zoneName: string; instanceCount: number; bccInstanceIds: string[] };
  const zones = async (id: string) =>
    (await ok<{ azIntstanceStatisList: Zone[] }>(`GET /v2/deployset/${id}`)).azIntstanceStatisList;
  const [zone] = await zones(first);
  assert.deepEqual([zone?.zoneName, zone?.instanceCount, zone?.bccInstanceIds.length], ["cn-bj-a", 2, 2]);

  await ok(`PUT /v2/instance/deployset/${second}?modifyAttribute`, { name: "new" });
  await ok("POST /v2/instance/deployset/updateRelation", { instanceId, deploysetIdList: [second] });
  const { instance } = await ok<{ instance: { deploysetList: { name: string; strategy: string }[] } }>(
    `GET /v2/instance/${instanceId}?isDeploySet=true`,
  );
  assert.deepEqual(
    instance.deploysetList.map((set) => [set.name, set.strategy]),
    [["new", "RACK_HA"]],
  );
  const list = async (query = "") =>
    (
      await ok<{ deploySets: { deploysetId: string; instanceCount: string }[] }>(
        `GET /v2/instance/deployset/list${query}`,
      )
    ).deploySets;
  assert.deepEqual((await list()).length, 2);
  assert.deepEqual(
    (await list(`?deploymentSetIds=${second}`)).map((set) => [set.deploysetId, set.instanceCount]),
    [[second, "1"]],
  );
  await refused("404 NoSuchObject", "POST /v2/instance/deployset/updateRelation", {
    instanceId,
    deploysetIdList: ["dset-none0000"],
  });
  await refused("409 OperationDenied", `DELETE /v2/instance/deployset/${first}`);
  await ok("POST /v2/instance/deployset/delRelation", { deployId: first, instanceIdList: [other] });
  assert.deepEqual(await zones(first), []);
  await ok(`DELETE /v2/instance/deployset/${first}`);
  await refused("404 NoSuchObject", `GET /v2/deployset/${first}`);
});
