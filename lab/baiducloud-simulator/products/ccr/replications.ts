import { noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, boolean, integer, object, oneOf, optional, text } from "../../api/schema.ts";
import { FILTERS } from "./accelerators.ts";
import { type Migration, migrationsOf, type Sync, syncsOf } from "./executions.ts";
import { externalsOf } from "./external-registries.ts";
import { NUMBERED, numberedPageOf } from "./paging.ts";
import { createPolicies } from "./policies.ts";
import { getProject, publicHost, registriesOf } from "./records.ts";

const TRIGGER = object({ type: oneOf("manual", "event_based") });
const MIGRATION_BODY = object({
  name: text({ max: 255 }),
  description: optional(text(), ""),
  destProjectName: text(),
  filters: FILTERS,
  override: boolean(),
  srcRegistry: object({ id: integer() }),
  trigger: TRIGGER,
});
const SYNC_FIELDS = {
  name: text({ max: 255 }),
  description: optional(text(), ""),
  destInstanceId: text(),
  destProjectName: optional(text(), ""),
  srcProjectName: text(),
  srcRepository: optional(text(), ""),
  srcTag: optional(text(), ""),
  syncType: optional(text(), "image"),
  override: boolean(),
  trigger: TRIGGER,
};
const TIMES = { id: integer(), creationTime: text(), updateTime: text() };
const MIGRATION = object({
  ...TIMES,
  name: text(),
  deletion: boolean(),
  description: optional(text()),
  destProjectName: text(),
  destRegistry: optional(anything()),
  enabled: boolean(),
  executionTimes: integer(),
  filters: FILTERS,
  override: boolean(),
  srcRegistry: optional(anything()),
  trigger: TRIGGER,
});
const SYNC = object({
  ...TIMES,
  name: text(),
  description: optional(text()),
  destInstanceId: text(),
  destProjectName: text(),
  destRegion: text(),
  override: boolean(),
  srcProjectName: text(),
  srcRegion: text(),
  srcRepositoryName: optional(text()),
  srcTagName: optional(text()),
  syncType: text(),
  trigger: TRIGGER,
});
const RULES = "/v1/instances/{instanceId}/replications";
const SYNCS = "/v1/instances/{instanceId}/syncs";
const QUERY = { ...NUMBERED, policyName: optional(text()) };
const ERRORS = ["NoSuchObject", "Conflict"];

const OPERATIONS = operations({
  ListImageMigrationRules: {
    summary: "Lists the rules that bring images from other registries.",
    method: "GET",
    path: RULES,
    query: QUERY,
    answer: numberedPageOf("items", MIGRATION),
    errors: ["NoSuchObject"],
  },
  CreateImageMigrationRule: {
    summary: "Adds a rule.",
    method: "POST",
    path: RULES,
    body: MIGRATION_BODY,
    errors: ERRORS,
  },
  GetImageMigrationRuleDetail: {
    summary: "One rule.",
    method: "GET",
    path: `${RULES}/{policyId}`,
    answer: MIGRATION,
    errors: ["NoSuchObject"],
  },
  UpdateImageMigrationRule: {
    summary: "Changes a rule.",
    method: "PUT",
    path: `${RULES}/{policyId}`,
    body: MIGRATION_BODY,
    errors: ERRORS,
  },
  DeleteImageMigrationRule: {
    summary: "Deletes a rule.",
    method: "DELETE",
    path: `${RULES}/{policyId}`,
    errors: ["NoSuchObject"],
  },
  ListInstanceSyncs: {
    summary: "Lists the rules that copy images to another instance.",
    method: "GET",
    path: SYNCS,
    query: QUERY,
    answer: numberedPageOf("items", SYNC),
    errors: ["NoSuchObject"],
  },
  CreateInstanceSync: {
    summary: "Adds a rule.",
    method: "POST",
    path: SYNCS,
    body: object(SYNC_FIELDS),
    errors: ERRORS,
  },
  GetInstanceSyncDetail: {
    summary: "One rule.",
    method: "GET",
    path: `${SYNCS}/{policyId}`,
    answer: SYNC,
    errors: ["NoSuchObject"],
  },
  UpdateInstanceSync: {
    summary: "Changes a rule.",
    method: "PUT",
    path: `${SYNCS}/{policyId}`,
    body: object(SYNC_FIELDS),
    errors: ERRORS,
  },
  DeleteInstanceSync: {
    summary: "Deletes a rule.",
    method: "DELETE",
    path: `${SYNCS}/{policyId}`,
    errors: ["NoSuchObject"],
  },
});

export const replications = part(OPERATIONS, (account) => {
  const migrations = createPolicies(account, migrationsOf(account), "ccrPolicyIds");
  const syncs = createPolicies(account, syncsOf(account), "ccrPolicyIds");
  const migrationView = ({ instanceId, srcRegistryId, ...rule }: Migration): object => {
    const source = externalsOf(account).get(`${instanceId}/${srcRegistryId}`);
    const instance = registriesOf(account).get(instanceId);
    return {
      ...rule,
      deletion: false,
      enabled: true,
      ...(source ? { srcRegistry: { ...source, instanceId: undefined } } : {}),
      ...(instance
        ? { destRegistry: { id: 0, name: "Local", url: `https://${publicHost(instance)}`, type: "baidu-ccr" } }
        : {}),
    };
  };
  const syncView = ({ instanceId, srcRepository, srcTag, ...rule }: Sync): object => ({
    ...rule,
    destRegion: registriesOf(account).get(rule.destInstanceId)?.region ?? "",
    srcRegion: registriesOf(account).get(instanceId)?.region ?? "",
    srcRepositoryName: srcRepository,
    srcTagName: srcTag,
  });
  type MigrationBody = Omit<
    Migration,
    "id" | "instanceId" | "creationTime" | "updateTime" | "srcRegistryId" | "executionTimes"
  >;
  const migrationFields = (
    instanceId: string,
    { srcRegistry, ...body }: MigrationBody & { readonly srcRegistry: { readonly id: number } },
  ) => {
    getProject(account, instanceId, body.destProjectName);
    if (!externalsOf(account).has(`${instanceId}/${srcRegistry.id}`)) throw noSuchObject(`registry ${srcRegistry.id}`);
    return { ...body, srcRegistryId: srcRegistry.id };
  };
  type SyncBody = Omit<Sync, "id" | "instanceId" | "creationTime" | "updateTime">;
  const syncFields = (instanceId: string, body: SyncBody): SyncBody => {
    getProject(account, instanceId, body.srcProjectName);
    if (!registriesOf(account).has(body.destInstanceId)) throw noSuchObject(body.destInstanceId);
    return { ...body, destProjectName: body.destProjectName || body.srcProjectName };
  };

  return {
    ListImageMigrationRules: ({ params: { instanceId }, query }) =>
      migrations.list(instanceId, { ...query, policyName: query.policyName }, "items", migrationView),
    CreateImageMigrationRule({ params: { instanceId }, body }) {
      migrations.add(instanceId, { ...migrationFields(instanceId, body), executionTimes: 0 });
      return {};
    },
    GetImageMigrationRuleDetail: ({ params: { instanceId, policyId } }) =>
      migrationView(migrations.get(instanceId, policyId)),
    UpdateImageMigrationRule({ params: { instanceId, policyId }, body }) {
      migrations.get(instanceId, policyId);
      migrations.change(instanceId, policyId, migrationFields(instanceId, body));
      return {};
    },
    DeleteImageMigrationRule: ({ params: { instanceId, policyId } }) => migrations.remove(instanceId, [policyId]),
    ListInstanceSyncs: ({ params: { instanceId }, query }) =>
      syncs.list(instanceId, { ...query, policyName: query.policyName }, "items", syncView),
    CreateInstanceSync({ params: { instanceId }, body }) {
      syncs.add(instanceId, syncFields(instanceId, body));
      return {};
    },
    GetInstanceSyncDetail: ({ params: { instanceId, policyId } }) => syncView(syncs.get(instanceId, policyId)),
    UpdateInstanceSync({ params: { instanceId, policyId }, body }) {
      syncs.get(instanceId, policyId);
      syncs.change(instanceId, policyId, syncFields(instanceId, body));
      return {};
    },
    DeleteInstanceSync: ({ params: { instanceId, policyId } }) => syncs.remove(instanceId, [policyId]),
  };
});
