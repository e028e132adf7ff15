import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, boolean, integer, list, object, openObject, optional, text } from "../../api/schema.ts";
import { getCluster, runningCluster } from "./cluster-model.ts";
import {
  addGroup,
  checkGroup,
  checkGrowth,
  checkRange,
  getGroup,
  growTo,
  leaveGroup,
  shrinkBy,
  templatesOf,
  victims,
  viewGroup,
  withoutPasswords,
} from "./group-model.ts";
import { beginRemoval, membersOf, viewNode } from "./node-model.ts";
import {
  type InstanceGroup,
  instanceGroupsOf,
  type Json,
  type Node,
  nodesOf,
  partOf,
  tasksOf,
  textOf,
} from "./records.ts";
import { AUTOSCALER_SPEC, DELETE_OPTION, GROUP, GROUP_SPEC, INSTANCE, INSTANCE_SPEC } from "./schemas.ts";
import { DONE, done, invalid, numbered, PAGE, REQUEST_ID, search, v2 } from "./wire.ts";

const GROUPS = "/cluster/{clusterID}/instancegroup";
const PATH = "/cluster/{clusterID}/instancegroup/{groupID}";
const NOT_FOUND = ["cce.warning.ClusterNotFound", "cce.warning.InstanceGroupNotFound"];
const INVALID = "cce.warning.InvalidParam";
const PAGE_OF = { pageNo: integer(), pageSize: integer(), totalCount: integer() };
const VERSIONS = object({
  currentVersion: ANY_TEXT,
  componentVersions: list(
    object({ targetVersion: text(), needDrainNode: boolean(), gpuTargetVersion: optional(anything()) }),
  ),
  gpuCurrentVersion: optional(anything()),
});

const OPERATIONS = operations({
  CreateInstanceGroup: {
    summary: "Creates a group, whose instances follow.",
    method: "POST",
    ...v2(GROUPS),
    body: GROUP_SPEC,
    answer: object({ instanceGroupID: text(), ...REQUEST_ID }),
    errors: ["cce.warning.ClusterNotFound", INVALID, "cce.warning.QuotaExceeded", "PreconditionFailed"],
    delay: "cceInstanceCreate",
  },
  ListInstanceGroups: {
    summary: "The groups of a cluster, paged by number.",
    method: "GET",
    ...v2("/cluster/{clusterID}/instancegroups"),
    query: { ...PAGE, keywordType: ANY_TEXT, keyword: ANY_TEXT, autoscalerEnabled: ANY_TEXT, chargingType: ANY_TEXT },
    answer: object({ page: object({ ...PAGE_OF, list: list(GROUP) }), ...REQUEST_ID }),
    errors: ["cce.warning.ClusterNotFound", INVALID],
  },
  GetInstanceGroup: {
    summary: "One group.",
    method: "GET",
    ...v2(PATH),
    answer: object({ instanceGroup: GROUP, ...REQUEST_ID }),
    errors: NOT_FOUND,
  },
  DeleteInstanceGroup: {
    summary:
      "Deletes a group; with deleteInstances its nodes leave the cluster, with releaseAllResources their machines go.",
    method: "DELETE",
    ...v2(PATH),
    query: { deleteInstances: optional(boolean(), false), releaseAllResources: optional(boolean(), false) },
    answer: DONE,
    errors: NOT_FOUND,
  },
  ListInstancesByInstanceGroupID: {
    summary: "The instances of a group, paged by number.",
    method: "GET",
    ...v2("/cluster/{clusterID}/instancegroup/{groupID}/instances"),
    query: { ...PAGE, keywordType: ANY_TEXT, keyword: ANY_TEXT, phases: ANY_TEXT },
    answer: object({ page: object({ ...PAGE_OF, list: list(INSTANCE, Number.MAX_SAFE_INTEGER) }), ...REQUEST_ID }),
    errors: [...NOT_FOUND, INVALID],
  },
  UpdateInstanceGroupReplicas: {
    summary: "Sets the size of a group. Who leaves a shrinking one may be named.",
    method: "PUT",
    ...v2("/cluster/{clusterID}/instancegroup/{groupID}/replicas"),
    body: object({
      replicas: integer(),
      instanceIDs: optional(list(text()), []),
      deleteInstance: optional(boolean(), false),
      deleteOption: optional(DELETE_OPTION),
    }),
    answer: DONE,
    errors: [...NOT_FOUND, INVALID, "cce.warning.QuotaExceeded", "PreconditionFailed"],
  },
  UpdateInstanceGroupClusterAutoscalerSpec: {
    summary: "Whether and within which sizes a group is scaled by itself.",
    method: "PUT",
    ...v2("/cluster/{clusterID}/instancegroup/{groupID}/autoscaler"),
    body: AUTOSCALER_SPEC,
    answer: DONE,
    errors: [...NOT_FOUND, INVALID],
  },
  UpdateInstanceGroupConfigure: {
    summary:
      "Changes a group's name, policies and template; with syncMeta its nodes get the labels and taints as well.",
    method: "PUT",
    ...v2("/cluster/{clusterID}/instancegroup/{groupID}/configure"),
    body: openObject({
      passwordNeedUpdate: optional(boolean()),
      syncMeta: optional(boolean(), false),
      instanceGroupName: ANY_TEXT,
      instanceTemplate: optional(INSTANCE_SPEC),
      instanceTemplates: optional(list(INSTANCE_SPEC)),
      clusterAutoscalerSpec: optional(AUTOSCALER_SPEC),
    }),
    answer: DONE,
    errors: [...NOT_FOUND, INVALID],
  },
  GetInstanceGroupUpgradeComponentVersions: {
    summary: "To which versions the nodes of a group can be upgraded.",
    method: "GET",
    ...v2("/cluster/{clusterID}/instancegroup/{groupID}/component_upgrade_versions"),
    answer: object({
      result: object({
        kubelet: VERSIONS,
        containerRuntime: VERSIONS,
        nvidiaContainerToolkit: VERSIONS,
        xpuContainerToolkit: VERSIONS,
        gpuDriver: VERSIONS,
      }),
      ...REQUEST_ID,
    }),
    errors: NOT_FOUND,
  },
});

export const NEWEST_RUNTIME = "1.7.25";
const CONFIGURABLE = [
  "instanceGroupName",
  "shrinkPolicy",
  "updatePolicy",
  "cleanPolicy",
  "clusterAutoscalerSpec",
  "iamRole",
  "securityGroups",
  "securityGroupType",
  "customNodeNameEnabled",
  "customNodeNameRule",
];

export const groups = part(OPERATIONS, (account) => {
  const groupOf = ({ clusterID, groupID }: { readonly clusterID: string; readonly groupID: string }): InstanceGroup => {
    getCluster(account, clusterID);
    return getGroup(account, clusterID, groupID);
  };
  const setSpec = (group: InstanceGroup, change: Json): void => {
    instanceGroupsOf(account).patch(group.groupId, { spec: { ...group.spec, ...change } });
  };
  const groupKeywords = {
    instanceGroupName: ({ spec }: InstanceGroup) => textOf(spec, "instanceGroupName"),
    instanceGroupID: ({ groupId }: InstanceGroup) => groupId,
  };
  const nodeKeywords = {
    instanceName: ({ spec }: Node) => textOf(spec, "instanceName"),
    instanceID: ({ machineId }: Node) => machineId,
    k8sNodeName: (node: Node) => viewNode(account, node).status.machine.k8sNodeName,
    vpcIP: (node: Node) => viewNode(account, node).status.machine.vpcIP,
  };
  return {
    CreateInstanceGroup({ params: { clusterID }, body }) {
      const cluster = runningCluster(account, clusterID);
      checkGroup(account, cluster, body);
      checkGrowth(account, { groupId: "", clusterId: clusterID, spec: body, createdAt: "" }, body.replicas);
      return { instanceGroupID: addGroup(account, cluster, body).groupId, ...done(account) };
    },
    ListInstanceGroups({ params: { clusterID }, query }) {
      getCluster(account, clusterID);
      const { autoscalerEnabled, chargingType } = query;
      const all = instanceGroupsOf(account)
        .all()
        .filter(
          ({ clusterId, spec }) =>
            clusterId === clusterID &&
            (!autoscalerEnabled ||
              String(partOf(spec, "clusterAutoscalerSpec").enabled === true) === autoscalerEnabled) &&
            (!chargingType || (templatesOf(spec)[0]?.instanceChargingType || "Postpaid") === chargingType),
        );
      const { entries, ...page } = numbered(query, search(all, query, groupKeywords, {}));
      return { page: { ...page, list: entries.map((group) => viewGroup(account, group)) }, ...done(account) };
    },
    GetInstanceGroup: ({ params }) => ({ instanceGroup: viewGroup(account, groupOf(params)), ...done(account) }),
    DeleteInstanceGroup({ params, query: { deleteInstances, releaseAllResources } }) {
      const { groupId } = groupOf(params);
      for (const node of membersOf(account, groupId)) {
        leaveGroup(account, node);
        const { cceInstanceId } = node;
        const left = nodesOf(account).get(cceInstanceId) ?? node;
        if (deleteInstances) beginRemoval(account, left, { deleteResource: releaseAllResources });
      }
      instanceGroupsOf(account).delete(groupId);
      for (const task of tasksOf(account).all()) if (task.groupId === groupId) tasksOf(account).delete(task.id);
      account.gone(groupId);
      return done(account);
    },
    ListInstancesByInstanceGroupID({ params, query }) {
      const { groupId } = groupOf(params);
      const phases = query.phases ? new Set(query.phases.split(",")) : undefined;
      const all = nodesOf(account)
        .all()
        .filter((node) => node.groupId === groupId && (!phases || phases.has(node.phase)));
      const { entries, ...page } = numbered(query, search(all, query, nodeKeywords, {}));
      return { page: { ...page, list: entries.map((node) => viewNode(account, node)) }, ...done(account) };
    },
    UpdateInstanceGroupReplicas({ params, body: { replicas, instanceIDs, deleteInstance, deleteOption } }) {
      const cluster = runningCluster(account, params.clusterID);
      const group = groupOf(params);
      checkGrowth(account, group, replicas);
      const members = membersOf(account, group.groupId);
      const named = instanceIDs.map((id) => {
        const node = members.find(({ cceInstanceId }) => cceInstanceId === id);
        if (!node) throw invalid(`instanceIDs: instance ${id} is not in group ${group.groupId}.`);
        return node;
      });
      const surplus = members.length - replicas;
      if (surplus <= 0) {
        growTo(account, cluster, group, replicas);
        return done(account);
      }
      const more = victims(account, group, members.length).filter((node) => !named.includes(node));
      const leaving = [...named, ...more].slice(0, surplus);
      shrinkBy(account, group, leaving, deleteInstance ? "Delete" : "Remain", deleteOption);
      return done(account);
    },
    UpdateInstanceGroupClusterAutoscalerSpec({ params, body }) {
      const group = groupOf(params);
      checkRange(body);
      setSpec(group, { clusterAutoscalerSpec: body });
      return done(account);
    },
    UpdateInstanceGroupConfigure({ params, body }) {
      const cluster = getCluster(account, params.clusterID);
      const group = groupOf(params);
      const given = CONFIGURABLE.filter((name) => body[name] !== undefined && body[name] !== "");
      const change: Json = Object.fromEntries(given.map((name) => [name, body[name]]));
      const hasTemplate = templatesOf(body).some(
        (template) => textOf(partOf(template, "vpcConfig"), "vpcSubnetID") !== "",
      );
      if (hasTemplate) checkGroup(account, cluster, body);
      checkRange(partOf(body, "clusterAutoscalerSpec"));
      setSpec(group, { ...change, ...(hasTemplate ? withoutPasswords(body) : {}) });
      const template = hasTemplate ? templatesOf(body)[0] : undefined;
      if (!body.syncMeta || !template) return done(account);
      const { labels, taints, annotations } = template;
      const meta = Object.fromEntries(
        Object.entries({ labels, taints, annotations }).filter(([, value]) => value !== undefined && value !== null),
      );
      for (const node of membersOf(account, group.groupId))
        nodesOf(account).patch(node.cceInstanceId, { spec: { ...node.spec, ...meta }, updatedAt: account.time() });
      return done(account);
    },
    GetInstanceGroupUpgradeComponentVersions({ params }) {
      const cluster = getCluster(account, params.clusterID);
      const [node] = membersOf(account, groupOf(params).groupId);
      const runtime = textOf(node?.spec ?? cluster.spec, "runtimeVersion");
      const none = { currentVersion: "", componentVersions: [], gpuCurrentVersion: null };
      const targets = runtime === NEWEST_RUNTIME ? [] : [{ targetVersion: NEWEST_RUNTIME, needDrainNode: true }];
      return {
        result: {
          kubelet: { ...none, currentVersion: textOf(cluster.spec, "k8sVersion") },
          containerRuntime: { ...none, currentVersion: runtime, componentVersions: targets },
          nvidiaContainerToolkit: none,
          xpuContainerToolkit: none,
          gpuDriver: none,
        },
        ...done(account),
      };
    },
  };
});
