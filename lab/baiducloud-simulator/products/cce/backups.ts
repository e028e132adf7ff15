import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, list, object, type Schema, text } from "../../api/schema.ts";
import {
  BACKUP_ARGS,
  type Backup,
  type BackupKind,
  REPOSITORY,
  RESTORE_ARGS,
  type Repository,
  VELERO,
  VIEW,
  veleroOf,
  viewBackup,
} from "./backup-model.ts";
import { getCluster, runningCluster } from "./cluster-model.ts";
import { exists, invalid, noSuchObject, numbered, PAGE, SEARCH, search, v2 } from "./wire.ts";

/** These calls write it otherwise than the rest of CCE. */
const REQUEST_ID = { requestId: text() };
const QUERY = { ...SEARCH, ...PAGE, phases: ANY_TEXT, crossCluster: ANY_TEXT };
const NOT_FOUND = ["cce.warning.ClusterNotFound", "cce.warning.NoSuchObject"];
const DONE = "cce.backup.done";
const pageOf = (field: string, item: Schema) =>
  object({ pageNo: integer(), pageSize: integer(), totalCount: integer(), [field]: list(item) });

/** Clients end the paths of lists with a slash, or not. */
function slashed<const Path extends string>(path: Path) {
  const both = v2(path);
  return { ...both, aliases: [...both.aliases, `${both.path}/`, ...both.aliases.map((alias) => `${alias}/`)] };
}

const OPERATIONS = operations({
  CreateBackupRepository: {
    summary: "A place for backups: a bucket of BOS, which is not simulated.",
    method: "POST",
    ...slashed("/backuprepositorys"),
    body: object({
      backupRepository: object({ name: text(), region: ANY_TEXT, bucketName: text(), bucketSubPath: ANY_TEXT }),
    }),
    answer: object({ backupRepository: REPOSITORY, ...REQUEST_ID }),
    errors: ["cce.warning.AlreadyExist"],
  },
  ListBackupRepositories: {
    summary: "Places for backups.",
    method: "GET",
    ...slashed("/backuprepositorys"),
    query: QUERY,
    answer: object({ backupRepositoryPage: pageOf("backupRepositorys", REPOSITORY), ...REQUEST_ID }),
  },
  GetBackupRepository: {
    summary: "One place for backups.",
    method: "GET",
    ...v2("/backuprepositorys/{repositoryID}"),
    answer: object({ backupRepository: REPOSITORY, ...REQUEST_ID }),
    errors: ["cce.warning.NoSuchObject"],
  },
  DeleteBackupRepository: {
    summary: "Forgets a place for backups that no backup refers to.",
    method: "DELETE",
    ...v2("/backuprepositorys/{repositoryID}"),
    answer: object(REQUEST_ID),
    errors: ["cce.warning.NoSuchObject", "cce.warning.InvalidParam"],
  },
  CreateBackupTask: {
    summary: "Backs up a cluster.",
    method: "POST",
    ...slashed("/cluster/{clusterID}/backuptasks"),
    body: object({ clusterID: ANY_TEXT, backupTaskArgs: BACKUP_ARGS }),
    answer: object({ task: VELERO, ...REQUEST_ID }),
    errors: [...NOT_FOUND, "cce.warning.AlreadyExist", "PreconditionFailed"],
    delay: "cceJob",
  },
  ListBackupTasks: {
    summary: "The backups of a cluster; with crossCluster=true of all.",
    method: "GET",
    ...slashed("/cluster/{clusterID}/backuptasks"),
    query: QUERY,
    answer: object({ backupTasksPage: pageOf("backupTasks", VIEW), ...REQUEST_ID }),
    errors: ["cce.warning.ClusterNotFound"],
  },
  GetBackupTask: {
    summary: "One backup.",
    method: "GET",
    ...v2("/cluster/{clusterID}/backuptasks/{taskID}"),
    answer: object({ backupTask: VIEW, ...REQUEST_ID }),
    errors: NOT_FOUND,
  },
  DeleteBackupTask: {
    summary: "Deletes a backup.",
    method: "DELETE",
    ...v2("/cluster/{clusterID}/backuptasks/{taskID}"),
    answer: object(REQUEST_ID),
    errors: NOT_FOUND,
  },
  CreateBackupScheduleRule: {
    summary: "A rule by which backups are made. No backups come of it here.",
    method: "POST",
    ...slashed("/cluster/{clusterID}/backupScheduleRules"),
    body: object({ clusterID: ANY_TEXT, backupTaskArgs: BACKUP_ARGS }),
    answer: object({ task: VELERO, ...REQUEST_ID }),
    errors: [...NOT_FOUND, "cce.warning.AlreadyExist", "cce.warning.InvalidParam", "PreconditionFailed"],
  },
  ListBackupScheduleRules: {
    summary: "The rules of a cluster.",
    method: "GET",
    ...slashed("/cluster/{clusterID}/backupScheduleRules"),
    query: QUERY,
    answer: object({ scheduleTasksPage: pageOf("scheduleTasks", VIEW), ...REQUEST_ID }),
    errors: ["cce.warning.ClusterNotFound"],
  },
  GetBackupScheduleRule: {
    summary: "One rule.",
    method: "GET",
    ...v2("/cluster/{clusterID}/backupScheduleRules/{taskID}"),
    answer: object({ scheduleTask: VIEW, ...REQUEST_ID }),
    errors: NOT_FOUND,
  },
  DeleteBackupScheduleRule: {
    summary: "Deletes a rule.",
    method: "DELETE",
    ...v2("/cluster/{clusterID}/backupScheduleRules/{taskID}"),
    answer: object(REQUEST_ID),
    errors: NOT_FOUND,
  },
  CreateRestoreTask: {
    summary: "Restores a backup into a cluster.",
    method: "POST",
    ...slashed("/cluster/{clusterID}/restoreTasks"),
    body: object({ clusterID: ANY_TEXT, restoreTaskArgs: RESTORE_ARGS }),
    answer: object({ task: VELERO, ...REQUEST_ID }),
    errors: [...NOT_FOUND, "cce.warning.AlreadyExist", "PreconditionFailed"],
    delay: "cceJob",
  },
  ListRestoreTasks: {
    summary: "The restores of a cluster.",
    method: "GET",
    ...slashed("/cluster/{clusterID}/restoreTasks"),
    query: QUERY,
    answer: object({ restoreTasksPage: pageOf("restoreTasks", VIEW), ...REQUEST_ID }),
    errors: ["cce.warning.ClusterNotFound"],
  },
  GetRestoreTask: {
    summary: "One restore.",
    method: "GET",
    ...v2("/cluster/{clusterID}/restoreTasks/{taskID}"),
    answer: object({ restoreTask: VIEW, ...REQUEST_ID }),
    errors: NOT_FOUND,
  },
  DeleteRestoreTask: {
    summary: "Forgets a restore.",
    method: "DELETE",
    ...v2("/cluster/{clusterID}/restoreTasks/{taskID}"),
    answer: object(REQUEST_ID),
    errors: NOT_FOUND,
  },
});

export const backups = part(OPERATIONS, (account) => {
  const repositories = account.store.table<Repository>("cceRepositories");
  const all = account.store.table<Backup>("cceBackups");
  account.store.on(DONE, (id) => {
    if (all.get(id)?.phase === "InProgress") all.patch(id, { phase: "Completed", completionTime: account.time() });
  });
  const requestId = () => ({ requestId: account.random.uuid() });
  const getRepository = (id: string): Repository => {
    const repository = repositories.get(id);
    if (!repository) throw noSuchObject(`Backup repository ${id}`);
    return repository;
  };
  const view = (backup: Backup) =>
    viewBackup(
      backup,
      repositories.get(String(backup.args.repositoryID))?.name ?? String(backup.args.repositoryName ?? ""),
    );
  type At = { readonly clusterID: string; readonly taskID: string };
  const getBackup = (kind: BackupKind, { clusterID, taskID }: At): Backup => {
    getCluster(account, clusterID);
    const found = all.get(taskID);
    if (found?.kind !== kind || found.clusterId !== clusterID) throw noSuchObject(`Task ${taskID}`);
    return found;
  };
  const add = (kind: BackupKind, clusterId: string, args: Backup["args"]) => {
    runningCluster(account, clusterId);
    if (kind !== "restore") getRepository(String(args.repositoryID));
    const { taskName } = args;
    const isTaken = all
      .all()
      .some((one) => one.kind === kind && one.clusterId === clusterId && one.args.taskName === taskName);
    if (isTaken) throw exists(`Task ${taskName} exists in cluster ${clusterId}.`);
    const taskID = account.newId(`${kind}-task`);
    const phase = kind === "schedule" ? "Enabled" : "InProgress";
    const backup = { clusterId, kind, taskID, args, phase, createTime: account.time(), completionTime: "" };
    all.set(taskID, backup);
    if (kind !== "schedule") account.store.schedule(DONE, taskID, account.timings.cceJob);
    return { task: veleroOf(backup), ...requestId() };
  };
  const remove = (kind: BackupKind, at: At) => {
    all.delete(getBackup(kind, at).taskID);
    return requestId();
  };
  type Query = Parameters<typeof numbered>[0] &
    Parameters<typeof search>[1] & { readonly phases?: string | undefined; readonly crossCluster?: string | undefined };
  const listed = (kind: BackupKind, clusterId: string, query: Query) => {
    getCluster(account, clusterId);
    const phases = query.phases ? query.phases.split(",") : undefined;
    const mine = all
      .all()
      .filter(
        (one) =>
          one.kind === kind &&
          (one.clusterId === clusterId || query.crossCluster === "true") &&
          (!phases || phases.includes(one.phase)),
      );
    const names = { taskName: ({ args }: Backup) => args.taskName };
    const { entries, ...page } = numbered(
      query,
      search(mine, query, names, { ...names, createTime: (one) => one.createTime }),
    );
    return { ...page, entries: entries.map(view) };
  };
  return {
    CreateBackupRepository({ body: { backupRepository } }) {
      const { name, region, bucketName, bucketSubPath = "" } = backupRepository;
      if (repositories.all().some((one) => one.name === name)) throw exists(`Backup repository ${name} exists.`);
      const repositoryID = account.newId("repo");
      const repository: Repository = {
        name,
        repositoryID,
        region: region || account.region,
        bucketName,
        bucketSubPath,
        status: "Available",
        createTime: account.time(),
        errMsg: "",
      };
      repositories.set(repositoryID, repository);
      return { backupRepository: repository, ...requestId() };
    },
    ListBackupRepositories({ query }) {
      const names = { name: ({ name }: Repository) => name };
      const orders = { ...names, createTime: ({ createTime }: Repository) => createTime };
      const { entries, ...page } = numbered(query, search(repositories.all(), query, names, orders));
      return { backupRepositoryPage: { ...page, backupRepositorys: entries }, ...requestId() };
    },
    GetBackupRepository: ({ params }) => ({ backupRepository: getRepository(params.repositoryID), ...requestId() }),
    DeleteBackupRepository({ params: { repositoryID } }) {
      getRepository(repositoryID);
      if (all.all().some(({ args }) => args.repositoryID === repositoryID))
        throw invalid(`Backup repository ${repositoryID} is in use.`);
      repositories.delete(repositoryID);
      return requestId();
    },
    CreateBackupTask: ({ params, body }) => add("backup", params.clusterID, body.backupTaskArgs),
    ListBackupTasks({ params, query }) {
      const { entries, ...page } = listed("backup", params.clusterID, query);
      return { backupTasksPage: { ...page, backupTasks: entries }, ...requestId() };
    },
    GetBackupTask: ({ params }) => ({ backupTask: view(getBackup("backup", params)), ...requestId() }),
    DeleteBackupTask: ({ params }) => remove("backup", params),
    CreateBackupScheduleRule({ params, body: { backupTaskArgs } }) {
      if (!backupTaskArgs.schedule) throw invalid("backupTaskArgs.schedule is required.");
      return add("schedule", params.clusterID, backupTaskArgs);
    },
    ListBackupScheduleRules({ params, query }) {
      const { entries, ...page } = listed("schedule", params.clusterID, query);
      return { scheduleTasksPage: { ...page, scheduleTasks: entries }, ...requestId() };
    },
    GetBackupScheduleRule: ({ params }) => ({ scheduleTask: view(getBackup("schedule", params)), ...requestId() }),
    DeleteBackupScheduleRule: ({ params }) => remove("schedule", params),
    CreateRestoreTask({ params, body: { restoreTaskArgs } }) {
      const { backupTaskID, backupTaskName } = restoreTaskArgs;
      const isKnown = all
        .all()
        .some(
          ({ kind, taskID, args }) =>
            kind === "backup" && (taskID === backupTaskID || args.taskName === backupTaskName),
        );
      if (!isKnown) throw noSuchObject(`Backup ${backupTaskID || backupTaskName || ""}`);
      return add("restore", params.clusterID, restoreTaskArgs);
    },
    ListRestoreTasks({ params, query }) {
      const { entries, ...page } = listed("restore", params.clusterID, query);
      return { restoreTasksPage: { ...page, restoreTasks: entries }, ...requestId() };
    },
    GetRestoreTask: ({ params }) => ({ restoreTask: view(getBackup("restore", params)), ...requestId() }),
    DeleteRestoreTask: ({ params }) => remove("restore", params),
  };
});
