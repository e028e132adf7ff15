import type { Account } from "../../account.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { type DeployGroup, deployGroupsOf, getDeployGroup } from "./records.ts";
import { type Versions, withVersions } from "./rollout.ts";

/** Releases deploy versions to one deploy group after another. */

export interface Task {
  readonly taskID: string;
  readonly deployGroupID: string;
  readonly deployGroupName: string;
  /** 1: the release pauses after this one. */
  readonly pendAfterTask: number;
  readonly preTaskID: string;
  readonly status: string;
  readonly progress: number;
  readonly startTime: string;
  readonly endTime: string;
}

export interface Release extends Versions {
  readonly releaseRecordID: string;
  readonly workspaceID: string;
  readonly applicationID: string;
  readonly type: string;
  readonly description: string;
  readonly handleReason: string;
  readonly executor: string;
  readonly status: string;
  readonly transactionID: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly tasks: readonly Task[];
}

export type NewTask = { readonly deployGroupID: string; readonly pendAfterTask: number };

export const releasesOf = ({ store }: Pick<Account, "store">) => store.table<Release>("cnapReleases");

export function startReleases(account: Account): void {
  const all = releasesOf(account);
  account.store.on("cnap.task", (id, { taskID }) => {
    const release = all.get(id);
    const task = release?.tasks.find((one) => one.taskID === taskID);
    if (release?.status === "RUNNING" && task?.status === "RUNNING") endTask(account, release, task);
  });
}

/** The groups that a release is about, none of which another one holds; a pause ends where `overPauses`. */
export function checkTasks(
  account: Account,
  where: { readonly workspaceID: string; readonly applicationID: string },
  tasks: readonly NewTask[],
  overPauses: boolean,
): readonly DeployGroup[] {
  if (tasks.length === 0) throw badRequest("tasks: expected at least one.");
  if (new Set(tasks.map(({ deployGroupID }) => deployGroupID)).size < tasks.length)
    throw badRequest("tasks: expected each deploy group once.");
  const groups = tasks.map(({ deployGroupID }) => getDeployGroup(account, { ...where, deployGroupID }));
  for (const { resourceID, isLocked, releaseRecordID } of groups) {
    const isPaused = releasesOf(account).get(releaseRecordID)?.status === "PAUSED";
    if (isLocked && !(overPauses && isPaused))
      throw denied(`deploy group ${resourceID} is locked by release ${releaseRecordID}.`);
  }
  return groups;
}

export function addRelease(
  account: Account,
  about: Pick<Release, "workspaceID" | "applicationID" | "type" | "description" | "executor" | "images" | "configs">,
  tasks: readonly NewTask[],
  groups: readonly DeployGroup[],
): Release {
  for (const { isLocked, releaseRecordID } of groups) if (isLocked) end(account, releaseRecordID, "TERMINATED");
  const time = account.time();
  const releaseRecordID = account.random.uuid();
  const ids = tasks.map(() => account.random.uuid());
  const made: Release = {
    ...about,
    releaseRecordID,
    handleReason: "",
    status: "RUNNING",
    transactionID: account.random.uuid(),
    startTime: time,
    endTime: "",
    createdAt: time,
    updatedAt: time,
    tasks: tasks.map(({ deployGroupID, pendAfterTask }, index) => ({
      taskID: ids[index] ?? "",
      deployGroupID,
      deployGroupName: groups[index]?.name ?? "",
      pendAfterTask,
      preTaskID: ids[index - 1] ?? "",
      status: "PENDING",
      progress: 0,
      startTime: "",
      endTime: "",
    })),
  };
  releasesOf(account).set(releaseRecordID, made);
  for (const { resourceID } of groups) deployGroupsOf(account).patch(resourceID, { isLocked: true, releaseRecordID });
  return beginTask(account, made, 0);
}

function beginTask(account: Account, release: Release, index: number): Release {
  const task = release.tasks[index];
  if (!task) return release;
  account.store.schedule("cnap.task", release.releaseRecordID, account.timings.cnapDeploy, { taskID: task.taskID });
  return changeTask(account, release, task, { status: "RUNNING", startTime: account.time() });
}

function endTask(account: Account, before: Release, task: Task): void {
  const group = deployGroupsOf(account).get(task.deployGroupID);
  if (group) {
    const changed = withVersions(group, before);
    deployGroupsOf(account).set(task.deployGroupID, { ...changed, status: "RUNNING", updatedAt: account.time() });
  }
  const release = changeTask(account, before, task, { status: "SUCCESS", progress: 100, endTime: account.time() });
  const next = release.tasks.findIndex(({ status }) => status === "PENDING");
  if (next < 0) end(account, release.releaseRecordID, "SUCCESS");
  else if (task.pendAfterTask === 1) releasesOf(account).patch(release.releaseRecordID, { status: "PAUSED" });
  else beginTask(account, release, next);
}

function changeTask(account: Account, release: Release, task: Task, change: Partial<Task>): Release {
  const tasks = release.tasks.map((one) => (one.taskID === task.taskID ? { ...one, ...change } : one));
  const changed = { ...release, tasks, updatedAt: account.time() };
  releasesOf(account).set(release.releaseRecordID, changed);
  return changed;
}

function end(account: Account, id: string, status: string): void {
  const time = account.time();
  const release = releasesOf(account).patch(id, { status, endTime: time, updatedAt: time });
  for (const { deployGroupID } of release?.tasks ?? []) {
    if (deployGroupsOf(account).get(deployGroupID)?.releaseRecordID === id)
      deployGroupsOf(account).patch(deployGroupID, { isLocked: false });
  }
}
