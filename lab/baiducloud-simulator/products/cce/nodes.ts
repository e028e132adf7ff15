import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, boolean, integer, list, object, openObject, optional, text } from "../../api/schema.ts";
import { getCluster, runningCluster } from "./cluster-model.ts";
import { setReplicas } from "./group-model.ts";
import { findLabInstances, isLabCluster, viewLabInstance } from "./lab-cluster.ts";
import {
  addNode,
  beginRemoval,
  checkNodeQuota,
  checkSpec,
  membersOf,
  nodesOfCluster,
  startNodes,
  viewNode,
} from "./node-model.ts";
import { type DeleteOption, instanceGroupsOf, type Node, nodesOf, partOf, textOf } from "./records.ts";
import { DELETE_OPTION, INSTANCE, INSTANCE_SET, INSTANCE_SPEC } from "./schemas.ts";
import { startTasks } from "./task-model.ts";
import { DONE, done, invalid, notFound, numbered, PAGE, REQUEST_ID, SEARCH, search, v2 } from "./wire.ts";

const PATH = "/cluster/{clusterID}/instances";
const NOT_FOUND = ["cce.warning.ClusterNotFound", "cce.warning.InstanceNotFound"];
const REMOVAL = {
  body: object({ instanceIDs: list(text()), deleteOption: optional(DELETE_OPTION) }),
  answer: DONE,
  errors: NOT_FOUND,
  delay: "cceInstanceDelete",
} as const;
const CRD = object({
  metadata: openObject({ name: ANY_TEXT, clusterName: ANY_TEXT }),
  spec: openObject({ cceInstanceID: text() }),
  status: anything(),
});

const OPERATIONS = operations({
  CreateInstances: {
    summary: "Adds instances to a cluster; the body is a bare list.",
    method: "POST",
    ...v2(PATH),
    body: list(INSTANCE_SET),
    answer: object({ cceInstanceIDs: list(text()), ...REQUEST_ID }),
    errors: [
      "cce.warning.ClusterNotFound",
      "cce.warning.InvalidParam",
      "cce.warning.QuotaExceeded",
      "PreconditionFailed",
    ],
    delay: "cceInstanceCreate",
  },
  ListClusterInstances: {
    summary: "The instances of a cluster, paged by number.",
    method: "GET",
    ...v2(PATH),
    query: { ...SEARCH, ...PAGE },
    answer: object({
      instancePage: object({
        clusterID: text(),
        keywordType: ANY_TEXT,
        keyword: ANY_TEXT,
        orderBy: ANY_TEXT,
        order: ANY_TEXT,
        pageNo: integer(),
        pageSize: integer(),
        totalCount: integer(),
        instanceList: list(INSTANCE, Number.MAX_SAFE_INTEGER),
      }),
      ...REQUEST_ID,
    }),
    errors: ["cce.warning.ClusterNotFound", "cce.warning.InvalidParam"],
  },
  DeleteInstances: {
    summary: "Takes instances out of a cluster. Their machines stay unless deleteOption.deleteResource is true.",
    method: "PUT",
    ...v2(PATH),
    ...REMOVAL,
  },
  DeleteInstancesByDelete: {
    summary: "The same as DeleteInstances, as older clients send it.",
    method: "DELETE",
    ...v2(PATH),
    ...REMOVAL,
  },
  GetInstance: {
    summary: "One instance.",
    method: "GET",
    ...v2("/cluster/{clusterID}/instance/{cceInstanceID}"),
    answer: object({ instance: INSTANCE, ...REQUEST_ID }),
    errors: NOT_FOUND,
  },
  UpdateInstance: {
    summary: "Changes labels, taints, annotations, tags and the like of an instance.",
    method: "PUT",
    ...v2("/cluster/{clusterID}/instance/{cceInstanceID}"),
    body: INSTANCE_SPEC,
    answer: object({ instance: INSTANCE, ...REQUEST_ID }),
    errors: NOT_FOUND,
  },
  GetInstanceCRD: {
    summary: "An instance as CCE itself keeps it.",
    method: "GET",
    ...v2("/cluster/{clusterID}/instance/{cceInstanceID}/crd"),
    answer: object({ instance: CRD, ...REQUEST_ID }),
    errors: NOT_FOUND,
  },
  UpdateInstanceCRD: {
    summary: "The same as UpdateInstance, by the form of GetInstanceCRD.",
    method: "PUT",
    ...v2("/cluster/{clusterID}/instance/crd"),
    body: object({ instance: openObject({ spec: INSTANCE_SPEC }) }),
    answer: DONE,
    errors: NOT_FOUND,
  },
  UpdateInstanceScaleDownProtection: {
    summary: "Keeps instances from being chosen when their group shrinks, or no longer.",
    method: "PUT",
    ...v2("/cluster/{clusterID}/instanceScaleDown"),
    body: object({ instanceIDs: list(text()), scaleDownDisabled: optional(boolean(), false) }),
    answer: object({ failedInstances: list(object({ instanceID: text(), reason: text() })), ...REQUEST_ID }),
    errors: ["cce.warning.ClusterNotFound"],
  },
});

/** What an update may change. */
const CHANGEABLE = [
  "instanceName",
  "labels",
  "taints",
  "annotations",
  "tags",
  "cceInstancePriority",
  "scaleDownDisabled",
  "deleteOption",
];

export const nodes = part(OPERATIONS, (account) => {
  startTasks(account);
  startNodes(account);
  const keywords = {
    instanceName: ({ spec }: Node) => textOf(spec, "instanceName"),
    instanceID: ({ machineId }: Node) => machineId,
    k8sNodeName: (node: Node) => viewNode(account, node).status.machine.k8sNodeName,
    vpcIP: (node: Node) => viewNode(account, node).status.machine.vpcIP,
    instanceGroupID: ({ groupId }: Node) => groupId,
  };
  const orders = {
    instanceName: keywords.instanceName,
    instanceID: keywords.instanceID,
    createdAt: ({ createdAt }: Node) => createdAt,
  };
  const getNode = (clusterId: string, id: string): Node => {
    getCluster(account, clusterId);
    const node = nodesOf(account).get(id);
    if (node?.clusterId !== clusterId) throw notFound("Instance", id);
    return node;
  };
  const update = (node: Node, change: Readonly<Record<string, unknown>>): Node => {
    const given = CHANGEABLE.filter((name) => change[name] !== undefined && change[name] !== "");
    const spec = { ...node.spec, ...Object.fromEntries(given.map((name) => [name, change[name]])) };
    const next = { ...node, spec, updatedAt: account.time() };
    nodesOf(account).set(node.cceInstanceId, next);
    return next;
  };
  const remove = (clusterId: string, ids: readonly string[], deleteOption: DeleteOption | undefined) => {
    const leaving = ids.map((id) => getNode(clusterId, id));
    for (const node of leaving) {
      beginRemoval(account, node, deleteOption);
      const group = instanceGroupsOf(account).get(node.groupId);
      if (group) setReplicas(account, group, membersOf(account, group.groupId).length);
    }
    return done(account);
  };
  return {
    CreateInstances({ params: { clusterID }, body }) {
      const cluster = runningCluster(account, clusterID);
      if (body.length === 0) throw invalid("expected at least one instance.");
      for (const [index, { instanceSpec }] of body.entries())
        checkSpec(account, cluster, instanceSpec, `[${index}].instanceSpec`);
      checkNodeQuota(
        account,
        clusterID,
        body.reduce((sum, { count }) => sum + count, 0),
      );
      const made = body.flatMap(({ instanceSpec, count }) =>
        Array.from({ length: count }, () => addNode(account, cluster, { ...instanceSpec, clusterRole: "node" })),
      );
      return { cceInstanceIDs: made.map(({ cceInstanceId }) => cceInstanceId), ...done(account) };
    },
    ListClusterInstances({ params: { clusterID }, query }) {
      const { keywordType = "", keyword = "", orderBy = "", order = "" } = query;
      if (isLabCluster(account, clusterID)) {
        const { entries, ...page } = numbered(query, findLabInstances(account, keywordType, keyword));
        const instanceList = entries.map((instance) => viewLabInstance(clusterID, instance));
        const instancePage = { clusterID, keywordType, keyword, orderBy, order, ...page, instanceList };
        return { instancePage, ...done(account) };
      }
      getCluster(account, clusterID);
      const { entries, ...page } = numbered(query, search(nodesOfCluster(account, clusterID), query, keywords, orders));
      const instanceList = entries.map((node) => viewNode(account, node));
      return {
        instancePage: { clusterID, keywordType, keyword, orderBy, order, ...page, instanceList },
        ...done(account),
      };
    },
    DeleteInstances: ({ params, body }) => remove(params.clusterID, body.instanceIDs, body.deleteOption),
    DeleteInstancesByDelete: ({ params, body }) => remove(params.clusterID, body.instanceIDs, body.deleteOption),
    GetInstance({ params }) {
      return { instance: viewNode(account, getNode(params.clusterID, params.cceInstanceID)), ...done(account) };
    },
    UpdateInstance({ params, body }) {
      const node = update(getNode(params.clusterID, params.cceInstanceID), body);
      return { instance: viewNode(account, node), ...done(account) };
    },
    GetInstanceCRD({ params }) {
      const { cceInstanceId, clusterId, ...node } = getNode(params.clusterID, params.cceInstanceID);
      const { spec, status } = viewNode(account, { cceInstanceId, clusterId, ...node });
      return {
        instance: { metadata: { name: cceInstanceId, clusterName: clusterId }, spec, status },
        ...done(account),
      };
    },
    UpdateInstanceCRD({ params, body: { instance } }) {
      const id = instance.spec.cceInstanceID || textOf(partOf(instance, "metadata"), "name");
      update(getNode(params.clusterID, id), instance.spec);
      return done(account);
    },
    UpdateInstanceScaleDownProtection({ params: { clusterID }, body: { instanceIDs, scaleDownDisabled } }) {
      getCluster(account, clusterID);
      const failedInstances = instanceIDs.flatMap((instanceID) => {
        const node = nodesOf(account).get(instanceID);
        if (node?.clusterId !== clusterID) return [{ instanceID, reason: `Instance ${instanceID} is not found.` }];
        update(node, { scaleDownDisabled });
        return [];
      });
      return { failedInstances, ...done(account) };
    },
  };
});
