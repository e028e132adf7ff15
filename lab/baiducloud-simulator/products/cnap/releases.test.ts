import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCnapScene, type Entry, type Pages } from "./testing.ts";

interface Made {
  readonly releaseRecordID: string;
  readonly status: string;
}
interface Progress {
  readonly status: string;
  readonly endTime: string;
  readonly tasksProgress: readonly { readonly status: string; readonly progress: number }[];
}

/** Two deploy groups, and a release of v2 to both. */
async function createReleaseScene(pendAfterTask = 0) {
  const scene = await createCnapScene();
  const { ok, path, deployGroup, code } = scene;
  const [one, two] = [await deployGroup("one"), await deployGroup("two")];
  const records = `${path}/releaseRecords`;
  const tasks = [one, two].map((deployGroupID) => ({ deployGroupID, pendAfterTask }));
  const release = (version: string, more: object = {}) => ({
    type: "RdType",
    description: `to ${version}`,
    images: [{ image: "registry.baidubce.com/shop/web", expectImageVersion: version }],
    tasks,
    ...more,
  });
  const made = await ok<Made>(`POST ${records}`, release("v2"));
  const group = (id: string) => ok(`GET ${path}/deployGroups/${id}`);
  const imageOf = async (id: string): Promise<string> =>
    ((await group(id)).conf as { containers: { image: string }[] }).containers[0]?.image.replace(/.*:/, "") ?? "";
  const progress = (id = made.releaseRecordID) => ok<Progress>(`GET ${records}/${id}/progress`);
  const outcome = (body: object) => code(`POST ${records}`, body);
  return { ...scene, one, two, records, tasks, release, made, group, imageOf, progress, outcome };
}

describe("a release", () => {
  it("deploys to one group after another, and locks all of them meanwhile", async () => {
    const { one, two, group, imageOf, progress, settle, code, path, outcome, release } = await createReleaseScene();
    assert.equal((await group(two)).isLocked, true);
    const locked = [
      await code(`PUT ${path}/deployGroups/${two}/scale`, { replicas: 2 }),
      await code(`PUT ${path}/deployGroups/${two}`, { description: "d" }),
      await code(`DELETE ${path}/deployGroups/${two}`),
      await code(`POST ${path}/deployGroups/${two}/accesses`, [{ name: "a", port: 1, targetPort: 1 }]),
      await code(`DELETE ${path}`),
      await code(`DELETE ${path.replace(/\/applications.*/, "")}`),
      await outcome(release("v3")),
    ];
    assert.deepEqual([...new Set(locked)], ["409 OperationDenied"]);
    await settle(2000);
    assert.deepEqual([await imageOf(one), await imageOf(two)], ["v2", "v1"]);
    assert.deepEqual(
      (await progress()).tasksProgress.map(({ status, progress: share }) => `${status} ${share}`),
      ["SUCCESS 100", "RUNNING 0"],
    );
    await settle(2000);
    assert.deepEqual([await imageOf(one), await imageOf(two)], ["v2", "v2"]);
    assert.equal((await progress()).status, "SUCCESS");
    assert.deepEqual([(await group(one)).isLocked, (await group(two)).isLocked], [false, false]);
  });

  it("that pauses stays so until a rollback ends it, which deploys what the earlier one did", async () => {
    const { one, two, ok, records, tasks, made, imageOf, group, progress, settle } = await createReleaseScene(1);
    await settle(2000);
    assert.equal((await progress()).status, "PAUSED");
    await settle(60_000);
    assert.deepEqual([await imageOf(one), await imageOf(two)], ["v2", "v1"]);
    const all = tasks.map((task) => ({ ...task, pendAfterTask: 0 }));
    const path = `POST ${records}/${made.releaseRecordID}/rollbackToVersion`;
    const rollback = await ok<Made>(path, { description: "again", tasks: all });
    assert.equal((await progress()).status, "TERMINATED");
    await settle(4000);
    assert.equal((await progress(rollback.releaseRecordID)).status, "SUCCESS");
    assert.deepEqual([await imageOf(one), await imageOf(two)], ["v2", "v2"]);
    assert.equal((await group(two)).isLocked, false);
  });

  it("brings configs to a version as well", async () => {
    const { one, ok, records, release, group, settle, tasks } = await createReleaseScene();
    await settle();
    const configs = [{ configID: "cm-a", expectConfigVersionID: "7" }];
    await ok(`POST ${records}`, release("", { images: [], configs, tasks: tasks.slice(0, 1) }));
    await settle();
    assert.match(JSON.stringify((await group(one)).componentConf), /"configVersionID":"7"/);
  });

  it("needs something to release, and somewhere", async () => {
    const { outcome, release, settle, tasks } = await createReleaseScene();
    await settle();
    assert.equal(await outcome(release("v3", { images: [] })), "400 BadRequest");
    assert.equal(await outcome(release("v3", { tasks: [] })), "400 BadRequest");
    assert.equal(await outcome(release("v3", { tasks: [tasks[0], tasks[0]] })), "400 BadRequest");
    assert.equal(await outcome(release("v3", { tasks: [{ deployGroupID: "d-x" }] })), "404 NoSuchObject");
    assert.equal(await outcome(release("v3", { description: "x".repeat(140) })), "400 BadRequest");
    assert.equal(await outcome(release("v3", { description: undefined })), "400 InappropriateJSON");
  });

  it("is found again by who, when and how it ended", async () => {
    const { ok, consolePath, made, settle, clock } = await createReleaseScene();
    await settle();
    const list = (query: string) => ok<Pages>(`GET ${consolePath}/releaseRecords?${query}`);
    const [shown] = (await list("executor=lab&status=SUCCESS&type=RdType")).result as unknown as (Entry & {
      releaseRecordID: string;
      tasks: { name: string; preTaskID: string; taskID: string }[];
    })[];
    assert.equal(shown?.releaseRecordID, made.releaseRecordID);
    assert.deepEqual(shown?.images, { "registry.baidubce.com/shop/web": "v2" });
    assert.deepEqual(
      shown?.tasks.map(({ name, preTaskID }) => [name, preTaskID]),
      [
        ["one", ""],
        ["two", shown?.tasks[0]?.taskID],
      ],
    );
    assert.equal((await list("executor=other")).totalCount, 0);
    assert.equal((await list(`startTime=${clock.now()}`)).totalCount, 0);
    assert.equal((await list(`endTime=${clock.now()}`)).totalCount, 1);
  });
});
