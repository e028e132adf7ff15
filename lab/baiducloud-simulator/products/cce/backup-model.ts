import { ANY_TEXT } from "../../api/common.ts";
import { anything, integer, list, object, oneOf, openObject, optional, text } from "../../api/schema.ts";
import type { Json } from "./records.ts";

export interface Repository {
  readonly repositoryID: string;
  readonly name: string;
  readonly region: string;
  readonly bucketName: string;
  readonly bucketSubPath: string;
  readonly status: string;
  readonly createTime: string;
  readonly errMsg: string;
}

export type BackupKind = "backup" | "schedule" | "restore";

/** A backup, a rule that makes backups, or a restore. */
export interface Backup {
  readonly clusterId: string;
  readonly kind: BackupKind;
  readonly taskID: string;
  readonly args: Json & { readonly taskName: string };
  readonly phase: string;
  readonly createTime: string;
  readonly completionTime: string;
}

const NAMES = optional(list(text()), []);
const SCOPE = optional(oneOf("Specified", "All"), "All");

export const REPOSITORY = object({
  name: text(),
  repositoryID: text(),
  region: ANY_TEXT,
  bucketName: text(),
  bucketSubPath: ANY_TEXT,
  status: text({ oneOf: ["Available", "Unavailable"] }),
  createTime: text(),
  errMsg: ANY_TEXT,
});

export const BACKUP_ARGS = object({
  region: ANY_TEXT,
  taskName: text({ max: 65 }),
  repositoryID: text(),
  backupScope: SCOPE,
  includedNamespaces: NAMES,
  excludedNamespaces: NAMES,
  includedResources: NAMES,
  excludedResources: NAMES,
  labelSelector: optional(anything()),
  backupExpirationDays: optional(integer(), 30),
  schedule: ANY_TEXT,
});

export const RESTORE_ARGS = object({
  backupClusterID: ANY_TEXT,
  taskName: text({ max: 65 }),
  repositoryID: ANY_TEXT,
  repositoryName: ANY_TEXT,
  backupTaskID: ANY_TEXT,
  backupTaskName: ANY_TEXT,
  backupScope: SCOPE,
  includedNamespaces: NAMES,
  excludedNamespaces: NAMES,
  existingResourcePolicy: optional(oneOf("None", "Update"), "None"),
});

/** As Velero writes its objects. */
export const VELERO = openObject({
  metadata: openObject({ name: text() }),
  spec: anything(),
  status: openObject({ phase: text() }),
});
export const VIEW = openObject({ taskName: text(), taskID: text(), clusterID: text(), task: VELERO });

export function veleroOf({ args, phase, createTime, completionTime }: Backup) {
  const { includedNamespaces, excludedNamespaces, includedResources, excludedResources, schedule } = args;
  const spec = { includedNamespaces, excludedNamespaces, includedResources, excludedResources };
  return {
    metadata: { name: args.taskName, namespace: "velero", creationTimestamp: createTime },
    spec: schedule ? { schedule, template: spec } : spec,
    status: { phase, startTimestamp: createTime, ...(completionTime ? { completionTimestamp: completionTime } : {}) },
  };
}

export function viewBackup(backup: Backup, repositoryName: string) {
  const { clusterId: clusterID, kind, taskID, args } = backup;
  return {
    ...args,
    taskID,
    clusterID,
    repositoryName,
    ...(kind === "backup" ? { backupType: "Manual" } : {}),
    ...(kind === "schedule" ? { scheduleDescribe: args.schedule } : {}),
    errMsg: "",
    task: veleroOf(backup),
  };
}
