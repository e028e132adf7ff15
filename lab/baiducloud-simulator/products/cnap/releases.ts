import type { Account } from "../../account.ts";
import type { Principal } from "../../api/access.ts";
import { badRequest, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { PAGES, pageOf, pageSchema } from "./paging.ts";
import { getApplication } from "./records.ts";
import { addRelease, checkTasks, type Release, releasesOf, startReleases, type Task } from "./release-model.ts";

const DESCRIPTION = text({ max: 139 });
const TASKS = list(object({ deployGroupID: text(), pendAfterTask: optional(integer(0, 1), 0) }));
const TASK = object({
  taskID: text(),
  type: text(),
  releaseRecordID: text(),
  status: text(),
  preTaskID: optional(text()),
  pendAfterTask: integer(),
  name: text(),
  progress: integer(),
  startTime: optional(text()),
  endTime: optional(text()),
  deployTask: object({ taskID: text(), type: text(), deployGroupID: text(), deployGroupName: text() }),
});
const RELEASE = object({
  releaseRecordID: text(),
  workspaceID: text(),
  applicationID: text(),
  type: text(),
  description: text(),
  handleReason: optional(text()),
  executor: text(),
  status: oneOf("RUNNING", "PENDING", "PAUSED", "TERMINATED", "SUCCESS"),
  transactionID: text(),
  planDeployTime: text(),
  startTime: text(),
  endTime: optional(text()),
  createdAt: text(),
  updatedAt: text(),
  images: anything(),
  configs: anything(),
  tasks: list(TASK),
});
const APP = "/workspaces/{workspaceID}/applications/{applicationID}/releaseRecords";

const OPERATIONS = operations({
  CreateReleaseRecord: {
    summary:
      "Deploys versions of images or configs to deploy groups, one after another; they are locked until it ends.",
    method: "POST",
    path: `/v2${APP}`,
    body: object({
      type: optional(oneOf("RdType"), "RdType"),
      description: DESCRIPTION,
      images: optional(list(object({ image: text(), expectImageVersion: text() })), []),
      configs: optional(list(object({ configID: text(), expectConfigVersionID: text() })), []),
      tasks: TASKS,
    }),
    answer: RELEASE,
    errors: ["NoSuchObject", "OperationDenied"],
    delay: "cnapDeploy",
  },
  RollbackToVersion: {
    summary: "Deploys the versions of an earlier release again; a release that has paused ends by it.",
    method: "POST",
    path: `/v2${APP}/{releaseRecordID}/rollbackToVersion`,
    body: object({ description: DESCRIPTION, tasks: TASKS }),
    answer: RELEASE,
    errors: ["NoSuchObject", "OperationDenied"],
    delay: "cnapDeploy",
  },
  ListReleaseRecords: {
    summary: "Lists the releases of an application. Times are in milliseconds.",
    method: "GET",
    path: `/v2/console${APP}`,
    query: {
      ...PAGES,
      executor: optional(text()),
      status: optional(text()),
      type: optional(text()),
      startTime: optional(integer()),
      endTime: optional(integer()),
    },
    answer: pageSchema(RELEASE),
    errors: ["NoSuchObject"],
  },
  GetReleaseProgress: {
    summary: "How far a release is.",
    method: "GET",
    path: `/v2${APP}/{releaseRecordID}/progress`,
    answer: object({
      status: text(),
      startTime: text(),
      endTime: optional(text()),
      tasksProgress: list(
        object({
          taskID: text(),
          progress: integer(),
          currentTask: optional(text()),
          status: text(),
          startTime: optional(text()),
          endTime: optional(text()),
        }),
      ),
    }),
    errors: ["NoSuchObject"],
  },
});

export const releases = part(OPERATIONS, (account) => {
  startReleases(account);
  const all = releasesOf(account);
  const get = (params: {
    readonly workspaceID: string;
    readonly applicationID: string;
    readonly releaseRecordID: string;
  }): Release => {
    getApplication(account, params.workspaceID, params.applicationID);
    const release = all.get(params.releaseRecordID);
    if (release?.applicationID !== params.applicationID) throw noSuchObject(params.releaseRecordID);
    return release;
  };
  return {
    CreateReleaseRecord({ params, body, principal }) {
      getApplication(account, params.workspaceID, params.applicationID);
      const { type, description, images, configs, tasks } = body;
      if (images.length + configs.length === 0) throw badRequest("expected images or configs.");
      const groups = checkTasks(account, params, tasks, false);
      const about = {
        ...params,
        type,
        description,
        executor: executorOf(account, principal),
        images: Object.fromEntries(images.map(({ image, expectImageVersion }) => [image, expectImageVersion])),
        configs: Object.fromEntries(configs.map((one) => [one.configID, one.expectConfigVersionID])),
      };
      return view(addRelease(account, about, tasks, groups));
    },
    RollbackToVersion({ params, body: { description, tasks }, principal }) {
      const { workspaceID, applicationID, type, images, configs } = get(params);
      const groups = checkTasks(account, params, tasks, true);
      const executor = executorOf(account, principal);
      const about = { workspaceID, applicationID, type, description, executor, images, configs };
      return view(addRelease(account, about, tasks, groups));
    },
    ListReleaseRecords({ params: { workspaceID, applicationID }, query }) {
      getApplication(account, workspaceID, applicationID);
      const { startTime = 0, endTime = Number.MAX_SAFE_INTEGER } = query;
      const chosen = all.all().filter((one) => {
        const began = Date.parse(one.startTime);
        const fits = (["executor", "status", "type"] as const).every(
          (name) => !query[name] || query[name] === one[name],
        );
        return one.applicationID === applicationID && fits && startTime <= began && began <= endTime;
      });
      return pageOf(query, chosen.map(view));
    },
    GetReleaseProgress({ params }) {
      const { status, startTime, endTime, tasks } = get(params);
      const tasksProgress = tasks.map((task) => ({
        taskID: task.taskID,
        progress: task.progress,
        currentTask: task.status === "RUNNING" ? "deploy" : "",
        status: task.status,
        startTime: task.startTime,
        endTime: task.endTime,
      }));
      return { status, startTime, endTime, tasksProgress };
    },
  };
});

const executorOf = ({ id }: Account, { userId = id }: Principal): string => userId;

function view(release: Release): object {
  return { ...release, planDeployTime: release.createdAt, tasks: release.tasks.map((task) => viewTask(release, task)) };
}

function viewTask({ releaseRecordID }: Release, { deployGroupID, deployGroupName, ...task }: Task): object {
  const type = "DeployGroup";
  const deployTask = { taskID: task.taskID, type, deployGroupID, deployGroupName };
  return { ...task, type, releaseRecordID, name: deployGroupName, deployTask };
}
