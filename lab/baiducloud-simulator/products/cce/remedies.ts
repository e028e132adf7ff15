import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, boolean, integer, list, object, openObject, optional, text } from "../../api/schema.ts";
import { getCluster } from "./cluster-model.ts";
import { getGroup } from "./group-model.ts";
import { machineStatusOf, membersOf } from "./node-model.ts";
import { instanceGroupsOf, type Json, partOf, textOf } from "./records.ts";
import { DONE, done, invalid, noSuchObject, numbered, ORDER, PAGE, REQUEST_ID, search } from "./wire.ts";

/** A rule of what is done about broken nodes. */
interface Rule {
  readonly clusterId: string;
  readonly kind: "rule";
  readonly id: string;
  readonly name: string;
  readonly meta: Json;
  readonly spec: Json;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What is done about one broken node. */
interface Remedy {
  readonly clusterId: string;
  readonly kind: "task";
  readonly id: string;
  readonly groupId: string;
  readonly nodeId: string;
  readonly ruleId: string;
  readonly isAuthorized: boolean;
  readonly isConfirmed: boolean;
  readonly isRequested: boolean;
  readonly createdAt: string;
}

const PREFIX = "/api/cce/remedy/v1/clusters/{clusterID}";
const RULE = object({
  clusterID: text(),
  remedyRuleID: text(),
  objectMeta: openObject({ id: text(), name: text(), creationTimestamp: text() }),
  spec: openObject({}),
});
const RULE_BODY = object({
  clusterID: ANY_TEXT,
  remedyRuleID: ANY_TEXT,
  objectMeta: openObject({ name: text({ max: 65 }) }),
  spec: openObject({ conditions: optional(list(openObject({ type: text() }))) }),
});
const RULE_ANSWER = object({ remedyRule: RULE, ...REQUEST_ID });
const TASK = object({
  metadata: openObject({ name: text() }),
  spec: openObject({}),
  status: openObject({ healthy: boolean() }),
});
const BINDING = object({ remedyRuleID: ANY_TEXT, enableCheckANDRemedy: optional(boolean(), false) });
const NO_RULE = ["cce.warning.ClusterNotFound", "cce.warning.NoSuchObject"];
const NO_GROUP = [...NO_RULE, "cce.warning.InstanceGroupNotFound"];
const TASKS = `${PREFIX}/instancegroups/{groupID}/remedytasks` as const;

const OPERATIONS = operations({
  CreateRemedyRule: {
    summary: "A rule of what is done about nodes with certain conditions.",
    method: "POST",
    path: `${PREFIX}/remedyrules`,
    body: RULE_BODY,
    answer: RULE_ANSWER,
    errors: ["cce.warning.ClusterNotFound", "cce.warning.InvalidParam"],
  },
  ListRemedyRules: {
    summary: "The rules of a cluster, paged by number.",
    method: "GET",
    path: `${PREFIX}/remedyrules`,
    query: { orderBy: ANY_TEXT, order: ORDER, ...PAGE },
    answer: object({
      remedyRulePage: object({
        orderBy: ANY_TEXT,
        order: ANY_TEXT,
        pageNo: integer(),
        pageSize: integer(),
        totalCount: integer(),
        remedyRules: list(RULE),
      }),
      ...REQUEST_ID,
    }),
    errors: ["cce.warning.ClusterNotFound"],
  },
  GetRemedyRule: {
    summary: "One rule.",
    method: "GET",
    path: `${PREFIX}/remedyrules/{ruleID}`,
    answer: RULE_ANSWER,
    errors: NO_RULE,
  },
  UpdateRemedyRule: {
    summary: "Changes a rule.",
    method: "PUT",
    path: `${PREFIX}/remedyrules/{ruleID}`,
    body: RULE_BODY,
    answer: RULE_ANSWER,
    errors: NO_RULE,
  },
  DeleteRemedyRule: {
    summary: "Deletes a rule that no group is bound to.",
    method: "DELETE",
    path: `${PREFIX}/remedyrules/{ruleID}`,
    answer: DONE,
    errors: [...NO_RULE, "cce.warning.InvalidParam"],
  },
  CheckWebhookAddress: {
    summary: "Whether a webhook can be called. Nothing is called here: it is only looked at.",
    method: "POST",
    path: `${PREFIX}/remedyrules/webhook/check`,
    clientToken: false,
    body: object({ clusterId: ANY_TEXT, webhookAddress: text() }),
    answer: object({ result: object({ success: boolean(), errorMessage: ANY_TEXT }), ...REQUEST_ID }),
    errors: ["cce.warning.ClusterNotFound"],
  },
  UpdateInstanceGroupRemediation: {
    summary: "Binds a group to a rule and switches its repair on or off.",
    method: "POST",
    path: `${PREFIX}/instancegroups/{groupID}/remediation`,
    body: object({ clusterID: ANY_TEXT, instanceGroupID: ANY_TEXT, remedyRulesBinding: BINDING }),
    answer: object({
      result: object({ clusterID: text(), instanceGroupID: text(), remedyRulesBinding: BINDING }),
      ...REQUEST_ID,
    }),
    errors: NO_GROUP,
  },
  BindInstanceGroupRemedyRule: {
    summary: "Binds a group to a rule.",
    method: "POST",
    path: `${PREFIX}/instancegroups/{groupID}/remedyrules`,
    body: object({ clusterID: ANY_TEXT, instanceGroupID: ANY_TEXT, remedyRuleID: text() }),
    answer: DONE,
    errors: NO_GROUP,
  },
  UnbindInstanceGroupRemedyRule: {
    summary: "Lets a group go from its rule.",
    method: "DELETE",
    path: `${PREFIX}/instancegroups/{groupID}/remedyrules/{ruleID}`,
    answer: DONE,
    errors: NO_GROUP,
  },
  ListInstanceGroupRemedyTasks: {
    summary: "What is being done about broken nodes of a group, one for each machine that does not run.",
    method: "GET",
    path: TASKS,
    query: { ...PAGE, startTime: ANY_TEXT, stopTime: ANY_TEXT },
    answer: object({
      remedyTaskPage: object({
        pageNo: integer(),
        pageSize: integer(),
        totalCount: integer(),
        remedyTasks: list(TASK),
      }),
      ...REQUEST_ID,
    }),
    errors: NO_GROUP,
  },
  GetInstanceGroupRemedyTask: {
    summary: "One of them.",
    method: "GET",
    path: `${TASKS}/{taskID}`,
    answer: object({ remedyTask: TASK, ...REQUEST_ID }),
    errors: NO_GROUP,
  },
  AuthRepairInstanceGroupRemedyTask: {
    summary: "Allows a repair, or forbids it.",
    method: "POST",
    path: `${TASKS}/{taskID}/authRepair`,
    body: object({ isAuthorized: optional(boolean(), false) }),
    answer: object({ isAuthorized: boolean(), ...REQUEST_ID }),
    errors: NO_GROUP,
  },
  ConfirmRemedyTask: {
    summary: "Confirms that a repaired node is well again.",
    method: "PUT",
    path: `${TASKS}/{taskID}/confirm`,
    body: object({ isConfirmed: optional(boolean(), false) }),
    answer: object({ isConfirmed: boolean(), ...REQUEST_ID }),
    errors: NO_GROUP,
  },
  RequireRepairAuth: {
    summary: "Asks whether a repair is allowed, by a webhook that is not called here.",
    method: "POST",
    path: `${TASKS}/{taskID}/requireRepairAuth`,
    body: object({ webhook: ANY_TEXT, msgTplType: ANY_TEXT, content: optional(anything()) }),
    answer: DONE,
    errors: NO_GROUP,
  },
});

export const remedies = part(OPERATIONS, (account) => {
  const all = account.store.table<Rule | Remedy>("cceRemedies");
  const getRule = (clusterId: string, id: string): Rule => {
    getCluster(account, clusterId);
    const rule = all.get(id);
    if (rule?.kind !== "rule" || rule.clusterId !== clusterId) throw noSuchObject(`Remedy rule ${id}`);
    return rule;
  };
  const view = ({ clusterId, id, name, meta, spec, createdAt, updatedAt }: Rule) => ({
    clusterID: clusterId,
    remedyRuleID: id,
    objectMeta: { ...meta, id, name, creationTimestamp: createdAt, updateTimestamp: updatedAt },
    spec,
  });
  const bindingOf = (groupId: string): Json =>
    partOf(instanceGroupsOf(account).get(groupId)?.spec ?? {}, "remedyRulesBinding");
  const bind = (clusterId: string, groupId: string, remedyRulesBinding: Json | undefined): void => {
    getCluster(account, clusterId);
    const { spec } = getGroup(account, clusterId, groupId);
    const { remedyRulesBinding: _, ...rest } = spec;
    instanceGroupsOf(account).patch(groupId, {
      spec: { ...rest, replicas: spec.replicas, ...(remedyRulesBinding ? { remedyRulesBinding } : {}) },
    });
  };
  type At = { readonly clusterID: string; readonly groupID: string };
  /** Begins what is to be done: it is looked when somebody asks. */
  const remediesOf = ({ clusterID, groupID }: At): readonly Remedy[] => {
    getCluster(account, clusterID);
    getGroup(account, clusterID, groupID);
    const known = () => all.all().filter((one): one is Remedy => one.kind === "task" && one.groupId === groupID);
    const { remedyRuleID, enableCheckANDRemedy } = bindingOf(groupID);
    const open = new Set(
      known()
        .filter(({ isConfirmed }) => !isConfirmed)
        .map(({ nodeId }) => nodeId),
    );
    const broken = membersOf(account, groupID).filter(
      (node) =>
        node.phase === "running" && machineStatusOf(account, node) !== "ACTIVE" && !open.has(node.cceInstanceId),
    );
    for (const { cceInstanceId: nodeId } of enableCheckANDRemedy === true ? broken : []) {
      const id = account.newId("remedytask");
      const flags = { isAuthorized: false, isConfirmed: false, isRequested: false };
      const createdAt = account.time();
      all.set(id, {
        clusterId: clusterID,
        kind: "task",
        id,
        groupId: groupID,
        nodeId,
        ruleId: String(remedyRuleID),
        ...flags,
        createdAt,
      });
    }
    return known();
  };
  const remedyOf = (at: At & { readonly taskID: string }): Remedy => {
    const found = remediesOf(at).find(({ id }) => id === at.taskID);
    if (!found) throw noSuchObject(`Remedy task ${at.taskID}`);
    return found;
  };
  const viewRemedy = ({ id, nodeId, ruleId, isAuthorized, isConfirmed, isRequested, createdAt }: Remedy) => {
    const step = (name: string, finished: boolean) => ({ name, ready: finished, finished });
    return {
      metadata: { name: id, creationTimestamp: createdAt },
      spec: { instanceName: nodeId, remedyRuleID: ruleId },
      status: {
        reconcileSteps: [
          step("RequestAuthorization", isRequested),
          step("Authorize", isAuthorized),
          step("Confirm", isConfirmed),
        ],
        lastStarted: createdAt,
        message: "",
        healthy: isConfirmed,
      },
    };
  };
  const patch = (at: At & { readonly taskID: string }, change: Partial<Remedy>): void => {
    all.set(at.taskID, { ...remedyOf(at), ...change });
  };
  return {
    CreateRemedyRule({ params: { clusterID }, body: { objectMeta, spec } }) {
      getCluster(account, clusterID);
      const id = account.newId("remedyrule");
      const now = account.time();
      const { name } = objectMeta;
      const rule: Rule = {
        clusterId: clusterID,
        kind: "rule",
        id,
        name,
        meta: objectMeta,
        spec,
        createdAt: now,
        updatedAt: now,
      };
      all.set(id, rule);
      return { remedyRule: view(rule), ...done(account) };
    },
    ListRemedyRules({ params: { clusterID }, query }) {
      getCluster(account, clusterID);
      const rules = all.all().filter((one): one is Rule => one.kind === "rule" && one.clusterId === clusterID);
      const orders = { name: ({ name }: Rule) => name, createdAt: ({ createdAt }: Rule) => createdAt };
      const { entries, ...page } = numbered(query, search(rules, query, orders, orders));
      const { orderBy = "", order = "" } = query;
      return { remedyRulePage: { orderBy, order, ...page, remedyRules: entries.map(view) }, ...done(account) };
    },
    GetRemedyRule: ({ params }) => ({ remedyRule: view(getRule(params.clusterID, params.ruleID)), ...done(account) }),
    UpdateRemedyRule({ params, body: { objectMeta, spec } }) {
      const rule = getRule(params.clusterID, params.ruleID);
      const changed = { ...rule, name: objectMeta.name, meta: objectMeta, spec, updatedAt: account.time() };
      all.set(rule.id, changed);
      return { remedyRule: view(changed), ...done(account) };
    },
    DeleteRemedyRule({ params }) {
      const { id } = getRule(params.clusterID, params.ruleID);
      const isBound = instanceGroupsOf(account)
        .all()
        .some(({ spec }) => textOf(partOf(spec, "remedyRulesBinding"), "remedyRuleID") === id);
      if (isBound) throw invalid(`Remedy rule ${id} is bound to a group.`);
      all.delete(id);
      return done(account);
    },
    CheckWebhookAddress({ params: { clusterID }, body: { webhookAddress } }) {
      getCluster(account, clusterID);
      const success = /^https?:\/\/[^/]+/.test(webhookAddress);
      return { result: { success, errorMessage: success ? "" : "the address is no URL" }, ...done(account) };
    },
    UpdateInstanceGroupRemediation({ params: { clusterID, groupID }, body: { remedyRulesBinding } }) {
      const remedyRuleID = remedyRulesBinding.remedyRuleID || textOf(bindingOf(groupID), "remedyRuleID");
      getGroup(account, clusterID, groupID);
      getRule(clusterID, remedyRuleID);
      const binding = { ...remedyRulesBinding, remedyRuleID };
      bind(clusterID, groupID, binding);
      return { result: { clusterID, instanceGroupID: groupID, remedyRulesBinding: binding }, ...done(account) };
    },
    BindInstanceGroupRemedyRule({ params: { clusterID, groupID }, body: { remedyRuleID } }) {
      getGroup(account, clusterID, groupID);
      getRule(clusterID, remedyRuleID);
      bind(clusterID, groupID, { remedyRuleID, enableCheckANDRemedy: true });
      return done(account);
    },
    UnbindInstanceGroupRemedyRule({ params: { clusterID, groupID, ruleID } }) {
      getGroup(account, clusterID, groupID);
      if (textOf(bindingOf(groupID), "remedyRuleID") !== ruleID)
        throw noSuchObject(`A binding to remedy rule ${ruleID}`);
      bind(clusterID, groupID, undefined);
      return done(account);
    },
    ListInstanceGroupRemedyTasks({ params, query }) {
      const { startTime, stopTime } = query;
      const found = remediesOf(params).filter(
        ({ createdAt }) => (!startTime || createdAt >= startTime) && (!stopTime || createdAt <= stopTime),
      );
      const { entries, ...page } = numbered(query, found);
      return { remedyTaskPage: { ...page, remedyTasks: entries.map(viewRemedy) }, ...done(account) };
    },
    GetInstanceGroupRemedyTask: ({ params }) => ({ remedyTask: viewRemedy(remedyOf(params)), ...done(account) }),
    AuthRepairInstanceGroupRemedyTask({ params, body: { isAuthorized } }) {
      patch(params, { isAuthorized });
      return { isAuthorized, ...done(account) };
    },
    ConfirmRemedyTask({ params, body: { isConfirmed } }) {
      patch(params, { isConfirmed });
      return { isConfirmed, ...done(account) };
    },
    RequireRepairAuth({ params }) {
      patch(params, { isRequested: true });
      return done(account);
    },
  };
});
