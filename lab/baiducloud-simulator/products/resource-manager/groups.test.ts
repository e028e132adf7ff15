import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createBalancerScene } from "../../testing/balancers.ts";

type Row = Readonly<Record<string, unknown>>;

async function start() {
  const scene = createBalancerScene();
  const blbId = await scene.balancer("blb", { tags: [{ tagKey: "app", tagValue: "web" }] });
  const create = async (name: string) =>
    (await scene.must<{ groupId: string }>("POST /v1/res/group", { name, extra: "e" })).groupId;
  const brief = { resourceId: blbId, resourceType: "BLB", resourceRegion: "bj" };
  const groupsOf = async () => {
    const body = { resourceBriefs: [brief] };
    const { resGroups } = await scene.must<{ resGroups: Row[] }>("POST /v1/res/resource/batch/queryGroupRes", body);
    return resGroups;
  };
  return { ...scene, blbId, brief, create, groupsOf };
}

describe("resource groups", () => {
  it("are made once for a name, and listed", async () => {
    const { must, end, create } = await start();
    const groupId = await create("one");
    await create("two");
    assert.equal(await end("POST /v1/res/group", { name: "one" }), "409 OperationDenied");
    assert.equal(await end("POST /v1/res/group", {}), "400 InappropriateJSON");
    const { groups } = await must<{ groups: Row[] }>("GET /v1/res/group?name=one");
    assert.deepEqual(groups, [{ parentId: "", groupId, name: "one", extra: "e", children: [] }]);
    assert.equal((await must<{ groups: Row[] }>("GET /v1/res/group")).groups.length, 2);
  });

  it("take resources in, move them and let them go", async () => {
    const { must, end, create, blbId, brief, groupsOf } = await start();
    const [one, two] = [await create("one"), await create("two")];
    assert.deepEqual(await groupsOf(), [], "in none, as Terraform reads it after a create");
    const binding = { ...brief, groupId: one };
    const bound = await must<{ status: string; resGroups: Row[] }>("POST /v1/res/resource?force=false", {
      bindings: [binding],
    });
    assert.equal(bound.resGroups[0]?.id, blbId);
    const [full] = await groupsOf();
    assert.deepEqual([full?.id, full?.type, full?.tags], [blbId, "BLB", [{ tagKey: "app", tagValue: "web" }]]);
    const names = async () => (await groupsOf()).flatMap((entry) => (entry.groups as Row[]).map(({ name }) => name));
    assert.deepEqual(await names(), ["one"]);
    const listed = async (query: string) =>
      must<{ infos: Row[]; total: number }>(`GET /v1/res/resource?queryGroupResource&${query}`);
    assert.deepEqual(
      (await listed(`groupId=${one}`)).infos.map(({ id, groupIds }) => [id, groupIds]),
      [[blbId, [one]]],
    );
    assert.equal((await listed("types=EIP")).total, 0);
    assert.equal((await listed(`id=${blbId}&regions=bj`)).total, 1);
    assert.deepEqual((await listed("pageNo=2&pageSize=1")).infos, []);

    const move = { moveResModels: [{ targetGroupId: two, oldGroupResInfo: binding }] };
    await must("POST /v1/res/resource/move?force=false", move);
    assert.deepEqual(await names(), ["two"]);
    assert.equal(await end("POST /v1/res/resource/move", move), "404 NoSuchObject");
    await must("PUT /v1/res/resource?force=false", { bindings: [{ ...brief, groupId: two }] });
    assert.deepEqual(await groupsOf(), []);
    assert.equal(await end("PUT /v1/res/resource", { bindings: [{ ...brief, groupId: two }] }), "404 NoSuchObject");
    assert.equal(await end("POST /v1/res/resource", { bindings: [{ ...brief, groupId: "none" }] }), "404 NoSuchObject");
    const none = { ...brief, resourceId: "lb-none", groupId: one };
    assert.equal(await end("POST /v1/res/resource", { bindings: [none] }), "404 NoSuchObject");
    assert.equal(await end("POST /v1/res/resource", { bindings: [] }), "400 InappropriateJSON");
  });

  it("forget what is deleted", async () => {
    const { must, create, blbId, brief, groupsOf } = await start();
    await must("POST /v1/res/resource", { bindings: [{ ...brief, groupId: await create("one") }] });
    await must(`DELETE /v1/blb/${blbId}`);
    assert.deepEqual(await groupsOf(), []);
    assert.equal((await must<{ total: number }>("GET /v1/res/resource?queryGroupResource")).total, 0);
  });
});
