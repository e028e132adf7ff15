import type { Account } from "../../account.ts";
import { denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, object, optional, text } from "../../api/schema.ts";
import { copyImage } from "./copy.ts";
import { NUMBERED, numberedPage, numberedPageOf } from "./paging.ts";
import type { PolicyRecord } from "./policies.ts";
import { getRegistry, imageTagsOf, projectsOf } from "./records.ts";
import { type Filter, fits } from "./trigger-jobs.ts";

/** Brings images from another registry. */
export interface Migration extends PolicyRecord {
  readonly description: string;
  readonly destProjectName: string;
  readonly filters: readonly Filter[];
  readonly override: boolean;
  readonly srcRegistryId: number;
  readonly trigger: { readonly type: string };
  readonly executionTimes: number;
}

/** Copies images to another instance. */
export interface Sync extends PolicyRecord {
  readonly description: string;
  readonly destInstanceId: string;
  readonly destProjectName: string;
  readonly srcProjectName: string;
  readonly srcRepository: string;
  readonly srcTag: string;
  readonly syncType: string;
  readonly override: boolean;
  readonly trigger: { readonly type: string };
}

interface Execution {
  readonly id: number;
  readonly instanceId: string;
  readonly policyId: number;
  readonly status: "InProgress" | "Succeed" | "Failed" | "Stopped";
  readonly startTime: string;
  readonly endTime: string;
}

interface Task {
  readonly id: number;
  readonly executionId: number;
  readonly jobId: string;
  readonly operation: string;
  readonly resourceType: string;
  readonly srcResource: string;
  readonly destResource: string;
  readonly status: string;
  readonly startTime: string;
  readonly endTime: string;
}

type Has = Pick<Account, "shared">;
export const migrationsOf = ({ shared }: Has) => shared.table<Migration>("ccrMigrations");
export const syncsOf = ({ shared }: Has) => shared.table<Sync>("ccrSyncs");
const executionsOf = ({ shared }: Has) => shared.table<Execution>("ccrExecutions");
const tasksOf = ({ shared }: Has) => shared.table<Task>("ccrTasks");

const EXECUTION = object({
  id: integer(),
  policyId: integer(),
  status: text(),
  statusText: optional(text()),
  trigger: text(),
  startTime: text(),
  endTime: optional(text()),
  total: integer(),
  succeed: integer(),
  failed: integer(),
  inProgress: integer(),
  stopped: integer(),
});
const TASK = object({
  id: integer(),
  executionId: integer(),
  jobId: text(),
  operation: text(),
  resourceType: text(),
  srcResource: text(),
  destResource: text(),
  status: text(),
  startTime: text(),
  endTime: optional(text()),
});
const PATH = "/v1/instances/{instanceId}/executions";

const OPERATIONS = operations({
  ExecuteReplication: {
    summary: "Runs a migration rule (ExecuteImageMigration) or a synchronisation (ExecuteInstanceSync) now.",
    method: "POST",
    path: PATH,
    body: object({ policyId: integer() }),
    errors: ["NoSuchObject"],
    delay: "ccrJob",
  },
  ListExecutions: {
    summary: "Lists the runs (ListImageMigrationRecords, ListInstanceSyncRecords).",
    method: "GET",
    path: PATH,
    query: { ...NUMBERED, policyId: optional(text()) },
    answer: numberedPageOf("items", EXECUTION),
    errors: ["NoSuchObject"],
  },
  GetExecution: {
    summary: "One run (GetImageMigrationExecutionRecordDetail, GetInstanceSyncExecutionDetail).",
    method: "GET",
    path: `${PATH}/{executionId}`,
    answer: EXECUTION,
    errors: ["NoSuchObject"],
  },
  StopExecution: {
    summary: "Stops a run (StopImageMigration, StopInstanceSync).",
    method: "PUT",
    path: `${PATH}/{executionId}`,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ListExecutionTasks: {
    summary: "What a run copies (ListImageMigrationTaskRecords, ListInstanceSyncTaskRecords).",
    method: "GET",
    path: `${PATH}/{executionId}/tasks`,
    query: NUMBERED,
    answer: numberedPageOf("items", TASK),
    errors: ["NoSuchObject"],
  },
  GetExecutionTaskLog: {
    summary: "The log of one copy (GetImageMigrationTaskLogs, GetInstanceSyncTaskLogs), as a JSON string.",
    method: "GET",
    path: `${PATH}/{executionId}/tasks/{taskId}/log`,
    answer: text(),
    errors: ["NoSuchObject"],
  },
});

export const executions = part(OPERATIONS, (account) => {
  const all = executionsOf(account);
  const tasks = tasksOf(account);
  const tasksIn = (id: number) => tasks.all().filter((task) => task.executionId === id);
  account.shared.on("ccr.replicated", (key) => {
    const run = all.get(key);
    if (run?.status !== "InProgress") return;
    const sync = syncsOf(account).get(`${run.instanceId}/${run.policyId}`);
    const missing = sync && !projectsOf(account).has(`${sync.destInstanceId}/${sync.destProjectName}`);
    for (const task of tasksIn(run.id)) {
      const [path = "", tag = ""] = task.srcResource.split(":");
      if (sync && !missing) copyImage(account, run.instanceId, path, tag, sync);
      tasks.patch(String(task.id), { status: missing ? "Failed" : "Succeed", endTime: account.time() });
    }
    all.patch(key, { status: missing ? "Failed" : "Succeed", endTime: account.time() });
  });
  const get = (instanceId: string, id: string): Execution => {
    getRegistry(account, instanceId);
    const run = all.get(`${instanceId}/${id}`);
    if (!run) throw noSuchObject(id);
    return run;
  };
  const view = ({ instanceId: _, ...run }: Execution): object => {
    const count = (status: string) => tasksIn(run.id).filter((task) => task.status === status).length;
    return {
      ...run,
      statusText: "",
      trigger: "manual",
      total: tasksIn(run.id).length,
      succeed: count("Succeed"),
      failed: count("Failed"),
      inProgress: count("InProgress"),
      stopped: count("Stopped"),
    };
  };
  /** What a rule concerns: of a migration, what its filters name; nobody is asked what the other registry has. */
  const resourcesOf = (instanceId: string, policyId: number): readonly (readonly [from: string, to: string])[] => {
    const key = `${instanceId}/${policyId}`;
    const migration = migrationsOf(account).get(key);
    if (migration) {
      migrationsOf(account).patch(key, { executionTimes: migration.executionTimes + 1 });
      const names = migration.filters.filter(({ type }) => type === "name" || type.startsWith("repository"));
      return names.map(({ value }) => [value, `${migration.destProjectName}/${value.replace(/^[^/]+\//, "")}`]);
    }
    const sync = syncsOf(account).get(key);
    if (!sync) throw noSuchObject(String(policyId));
    return imageTagsOf(account)
      .all()
      .filter((tag) => tag.instanceId === instanceId && tag.projectName === sync.srcProjectName)
      .filter((tag) => fits(sync.srcRepository, tag.repositoryName) && fits(sync.srcTag, tag.tagName))
      .map(({ projectName, repositoryName, tagName }) => [
        `${projectName}/${repositoryName}:${tagName}`,
        `${sync.destProjectName}/${repositoryName}:${tagName}`,
      ]);
  };

  return {
    ExecuteReplication({ params: { instanceId }, body: { policyId } }) {
      getRegistry(account, instanceId);
      const resources = resourcesOf(instanceId, policyId);
      const id = account.shared.next("ccrExecutionIds");
      const startTime = account.time();
      all.set(`${instanceId}/${id}`, { id, instanceId, policyId, status: "InProgress", startTime, endTime: "" });
      for (const [srcResource, destResource] of resources) {
        const taskId = account.shared.next("ccrTaskIds");
        tasks.set(String(taskId), {
          id: taskId,
          executionId: id,
          jobId: account.random.uuid(),
          operation: "copy",
          resourceType: "image",
          srcResource,
          destResource,
          status: "InProgress",
          startTime,
          endTime: "",
        });
      }
      account.shared.schedule("ccr.replicated", `${instanceId}/${id}`, account.timings.ccrJob);
      return {};
    },
    ListExecutions({ params: { instanceId }, query }) {
      getRegistry(account, instanceId);
      const found = all
        .all()
        .filter((run) => run.instanceId === instanceId)
        .filter(({ policyId }) => !query.policyId || String(policyId) === query.policyId);
      return numberedPage(query, "items", found.map(view));
    },
    GetExecution: ({ params: { instanceId, executionId } }) => view(get(instanceId, executionId)),
    StopExecution({ params: { instanceId, executionId } }) {
      const run = get(instanceId, executionId);
      if (run.status !== "InProgress") throw denied(`execution ${executionId} is ${run.status}.`);
      const change = { status: "Stopped", endTime: account.time() } as const;
      for (const { id } of tasksIn(run.id)) tasks.patch(String(id), change);
      all.patch(`${instanceId}/${executionId}`, change);
      return {};
    },
    ListExecutionTasks: ({ params: { instanceId, executionId }, query }) =>
      numberedPage(query, "items", tasksIn(get(instanceId, executionId).id)),
    GetExecutionTaskLog({ params: { instanceId, executionId, taskId } }) {
      const task = tasksIn(get(instanceId, executionId).id).find(({ id }) => String(id) === taskId);
      if (!task) throw noSuchObject(taskId);
      const { startTime, srcResource, destResource, status, endTime } = task;
      return `${startTime} copy ${srcResource} to ${destResource}\n${endTime} ${status}\n`;
    },
  };
});
