import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CceScene, createCceScene } from "./testing/scene.ts";

const INVALID = "400 cce.warning.InvalidParam";
const NO_OBJECT = "404 cce.warning.NoSuchObject";
const EXISTS = "409 cce.warning.AlreadyExist";

interface Repository {
  readonly backupRepository: { readonly repositoryID: string; readonly name: string; readonly status: string };
}

interface View {
  readonly taskID: string;
  readonly taskName: string;
  readonly repositoryName: string;
  readonly task: { readonly metadata: { readonly name: string }; readonly status: { readonly phase: string } };
}

async function repository({ call }: CceScene, name = "repo"): Promise<string> {
  const body = { backupRepository: { name, region: "bj", bucketName: "bucket", bucketSubPath: "" } };
  return (await call<Repository>("POST /api/cce/service/v2/backuprepositorys", body)).body.backupRepository
    .repositoryID;
}

describe("places for backups", () => {
  it("are created, listed, shown and deleted", async () => {
    const scene = createCceScene();
    const { call, code } = scene;
    const [one, two] = [await repository(scene, "one"), await repository(scene, "two")];
    const body = { backupRepository: { name: "one", bucketName: "b" } };
    assert.equal(await code("POST /v2/backuprepositorys", body), EXISTS);
    const listed = async (query = "") => {
      interface Page {
        readonly requestId: string;
        readonly backupRepositoryPage: {
          readonly totalCount: number;
          readonly backupRepositorys: readonly { readonly name: string }[];
        };
      }
      const { body } = await call<Page>(`GET /v2/backuprepositorys/?${query}`);
      return body.backupRepositoryPage.backupRepositorys.map(({ name }) => name);
    };
    assert.deepEqual(await listed(), ["one", "two"]);
    assert.deepEqual(await listed("pageNo=2&pageSize=1"), ["two"]);
    assert.deepEqual(await listed("keywordType=name&keyword=tw"), ["two"]);
    assert.equal(
      (await call<Repository>(`GET /v2/backuprepositorys/${one}`)).body.backupRepository.status,
      "Available",
    );
    assert.equal(await code(`DELETE /v2/backuprepositorys/${two}`), "200");
    for (const method of ["GET", "DELETE"])
      assert.equal(await code(`${method} /v2/backuprepositorys/${two}`), NO_OBJECT);
  });
});

for (const { kind, path, argument, page, items, one, ends } of [
  {
    kind: "backups",
    path: "backuptasks",
    argument: "backupTaskArgs",
    page: "backupTasksPage",
    items: "backupTasks",
    one: "backupTask",
    ends: "Completed",
  },
  {
    kind: "rules for backups",
    path: "backupScheduleRules",
    argument: "backupTaskArgs",
    page: "scheduleTasksPage",
    items: "scheduleTasks",
    one: "scheduleTask",
    ends: "Enabled",
  },
  {
    kind: "restores",
    path: "restoreTasks",
    argument: "restoreTaskArgs",
    page: "restoreTasksPage",
    items: "restoreTasks",
    one: "restoreTask",
    ends: "Completed",
  },
] as const) {
  describe(`${kind} of a cluster`, () => {
    it("are created, done after a while, listed, shown and deleted", async () => {
      const scene = createCceScene();
      const { call, code, settle, cluster } = scene;
      const id = await cluster();
      const other = await cluster();
      const repositoryID = await repository(scene);
      if (kind === "restores") {
        const backupTaskArgs = { taskName: "source", repositoryID };
        await call(`POST /v2/cluster/${id}/backuptasks`, { backupTaskArgs });
      }
      const args = {
        taskName: "first",
        repositoryID,
        backupScope: "All",
        schedule: "@daily",
        backupTaskName: "source",
      };
      const target = `/v2/cluster/${id}/${path}`;
      const made = await call<{ task: View["task"]; requestId: string }>(`POST ${target}`, {
        clusterID: id,
        [argument]: args,
      });
      assert.deepEqual([made.status, made.body.task.metadata.name], [200, "first"]);
      assert.equal(await code(`POST ${target}`, { [argument]: args }), EXISTS);
      await settle();
      assert.equal(await code(`POST ${target}/`, { [argument]: { ...args, taskName: "second" } }), "200");
      const listed = async (query = "") => {
        const { body } = await call<Record<string, Record<string, readonly View[]>>>(`GET ${target}?${query}`);
        return body[page]?.[items] ?? [];
      };
      assert.deepEqual(
        (await listed()).map(({ taskName }) => taskName),
        ["first", "second"],
      );
      assert.deepEqual(
        (await listed("pageNo=2&pageSize=1")).map(({ taskName }) => taskName),
        ["second"],
      );
      assert.deepEqual((await listed(`phases=${ends}&keywordType=taskName&keyword=first`)).length, 1);
      const [first] = await listed();
      assert.deepEqual([first?.task.status.phase, first?.repositoryName], [ends, "repo"]);
      const shown = await call<Record<string, View>>(`GET ${target}/${first?.taskID}`);
      assert.equal(shown.body[one]?.taskName, "first");
      assert.equal(await code(`GET /v2/cluster/${other}/${path}/${first?.taskID}`), NO_OBJECT);
      assert.equal(await code(`DELETE /v2/backuprepositorys/${repositoryID}`), INVALID);
      assert.equal(await code(`DELETE ${target}/${first?.taskID}`, { clusterId: id }), "200");
      assert.equal(await code(`DELETE ${target}/${first?.taskID}`), NO_OBJECT);
      assert.equal((await listed()).length, 1);
      assert.equal(await code(`GET /v2/cluster/cce-none0000/${path}`), "404 cce.warning.ClusterNotFound");
      assert.equal(await code(`POST ${target}`, {}), INVALID);
    });
  });
}

describe("what backups refuse", () => {
  it("is an unknown repository, a rule without a schedule, and a restore of nothing", async () => {
    const scene = createCceScene();
    const id = await scene.cluster();
    const repositoryID = await repository(scene);
    const path = `POST /v2/cluster/${id}`;
    const unknown = { backupTaskArgs: { taskName: "a", repositoryID: "none" } };
    assert.equal(await scene.code(`${path}/backuptasks`, unknown), NO_OBJECT);
    assert.equal(
      await scene.code(`${path}/backupScheduleRules`, { backupTaskArgs: { taskName: "a", repositoryID } }),
      INVALID,
    );
    const nothing = { restoreTaskArgs: { taskName: "a", backupTaskID: "none" } };
    assert.equal(await scene.code(`${path}/restoreTasks`, nothing), NO_OBJECT);
  });
});

describe("the repair of nodes", () => {
  const REMEDY = "/api/cce/remedy/v1/clusters";
  const rule = {
    objectMeta: { name: "rule" },
    spec: { conditions: [{ type: "Ready", enableCheck: true, enableRemediation: true }] },
  };
  interface Rule {
    readonly remedyRule: { readonly remedyRuleID: string; readonly objectMeta: { readonly name: string } };
  }

  it("goes by rules, which are created, changed, listed and deleted", async () => {
    const { cluster, call, code } = createCceScene();
    const id = await cluster();
    const path = `${REMEDY}/${id}/remedyrules`;
    const { remedyRuleID } = (await call<Rule>(`POST ${path}`, rule)).body.remedyRule;
    assert.equal(await code(`POST ${path}`, { spec: {} }), INVALID);
    const changed = await call<Rule>(`PUT ${path}/${remedyRuleID}`, { ...rule, objectMeta: { name: "renamed" } });
    assert.equal(changed.body.remedyRule.objectMeta.name, "renamed");
    assert.equal((await call<Rule>(`GET ${path}/${remedyRuleID}`)).body.remedyRule.remedyRuleID, remedyRuleID);
    const listed = await call<{ remedyRulePage: { totalCount: number } }>(
      `GET ${path}?pageNo=1&pageSize=10&orderBy=name`,
    );
    assert.equal(listed.body.remedyRulePage.totalCount, 1);
    const check = async (webhookAddress: string) =>
      (await call<{ result: { success: boolean } }>(`POST ${path}/webhook/check`, { webhookAddress })).body.result
        .success;
    assert.deepEqual([await check("http://example.com/x"), await check("example")], [true, false]);
    assert.equal(await code(`DELETE ${path}/${remedyRuleID}`), "200");
    for (const method of ["GET", "PUT", "DELETE"])
      assert.equal(await code(`${method} ${path}/${remedyRuleID}`, rule), NO_OBJECT);
    assert.equal(await code(`POST ${REMEDY}/cce-none0000/remedyrules`, rule), "404 cce.warning.ClusterNotFound");
  });

  it("begins for machines of bound groups that do not run, and is authorized and confirmed", async () => {
    const { cluster, group, call, code, list, simulator } = createCceScene();
    const id = await cluster();
    const groupId = await group(id, 2);
    const { remedyRuleID } = (await call<Rule>(`POST ${REMEDY}/${id}/remedyrules`, rule)).body.remedyRule;
    const path = `${REMEDY}/${id}/instancegroups/${groupId}`;
    assert.equal(await code(`POST ${path}/remedyrules`, { remedyRuleID: "none" }), NO_OBJECT);
    assert.equal(await code(`POST ${path}/remedyrules`, { remedyRuleID }), "200");
    interface Tasks {
      readonly remedyTaskPage: {
        readonly remedyTasks: readonly {
          readonly metadata: { readonly name: string };
          readonly status: { readonly healthy: boolean };
        }[];
      };
    }
    const tasks = async (query = "") =>
      (await call<Tasks>(`GET ${path}/remedytasks?${query}`)).body.remedyTaskPage.remedyTasks;
    assert.equal((await tasks()).length, 0);
    const [node] = await list(id);
    simulator.setInstanceStatus(node?.status.machine.instanceID ?? "", "Error");
    const [task] = await tasks();
    assert.deepEqual([(await tasks()).length, task?.status.healthy], [1, false]);
    assert.equal((await tasks("startTime=2027-01-01T00%3A00%3A00Z")).length, 0);
    const one = `${path}/remedytasks/${task?.metadata.name}`;
    assert.equal(await code(`POST ${one}/requireRepairAuth`, { webhook: "http://example.com" }), "200");
    assert.equal(
      (await call<{ isAuthorized: boolean }>(`POST ${one}/authRepair`, { isAuthorized: true })).body.isAuthorized,
      true,
    );
    simulator.setInstanceStatus(node?.status.machine.instanceID ?? "", "Running");
    assert.equal(
      (await call<{ isConfirmed: boolean }>(`PUT ${one}/confirm`, { isConfirmed: true })).body.isConfirmed,
      true,
    );
    const shown = await call<{ remedyTask: { status: { healthy: boolean } } }>(`GET ${one}`);
    assert.equal(shown.body.remedyTask.status.healthy, true);
    assert.equal(await code(`GET ${path}/remedytasks/none`), NO_OBJECT);
    assert.equal(await code(`DELETE ${REMEDY}/${id}/remedyrules/${remedyRuleID}`), INVALID);
    const off = { remedyRulesBinding: { remedyRuleID, enableCheckANDRemedy: false } };
    const result = await call<{ result: { instanceGroupID: string } }>(`POST ${path}/remediation`, off);
    assert.equal(result.body.result.instanceGroupID, groupId);
    simulator.setInstanceStatus(node?.status.machine.instanceID ?? "", "Error");
    assert.equal((await tasks()).length, 1);
    assert.equal(await code(`DELETE ${path}/remedyrules/${remedyRuleID}`), "200");
    assert.equal(await code(`DELETE ${path}/remedyrules/${remedyRuleID}`), NO_OBJECT);
    const none = `${REMEDY}/${id}/instancegroups/none`;
    for (const line of [`POST ${none}/remedyrules`, `POST ${none}/remediation`, `GET ${none}/remedytasks`])
      assert.equal(await code(line, { remedyRuleID, ...off }), "404 cce.warning.InstanceGroupNotFound");
  });
});
