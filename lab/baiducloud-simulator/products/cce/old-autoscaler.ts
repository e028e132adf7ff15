import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, list, object, openObject, text } from "../../api/schema.ts";
import { getCluster, runningCluster } from "./cluster-model.ts";
import { checkGrowth, getGroup, growTo, setReplicas, templatesOf } from "./group-model.ts";
import { beginRemoval, membersOf, nodesOfCluster, viewNode } from "./node-model.ts";
import { clustersOf, instanceGroupsOf, numberOf, partOf, textOf } from "./records.ts";
import { addTask } from "./task-model.ts";
import { scaleDownV1 } from "./v1-clusters.ts";
import { invalid } from "./wire.ts";

const PREFIX = "/internal-api/v1/cluster";
const GROUP = { clusterUuid: text(), groupId: text() };
const NOT_FOUND = ["cce.warning.ClusterNotFound", "cce.warning.InstanceGroupNotFound"];
/** What the old client counts as there, or on its way. */
const STATUS: Readonly<Record<string, string>> = {
  pending: "CREATING",
  provisioning: "CREATING",
  provisioned: "CREATING",
  running: "RUNNING",
  create_failed: "ERROR",
  deleting: "DELETING",
};

const OPERATIONS = operations({
  DescribeGroup: {
    summary: "What the machines of a group are like.",
    method: "GET",
    path: `${PREFIX}/group`,
    query: GROUP,
    answer: object({
      instanceType: integer(),
      cpu: integer(),
      memory: integer(),
      gpuCount: integer(),
      gpuCard: ANY_TEXT,
      diskSize: integer(),
      ephemeralStorage: integer(),
      tags: list(object({ key: text(), Value: ANY_TEXT })),
    }),
    errors: NOT_FOUND,
  },
  ListGroupInstances: {
    summary: "The machines of a group.",
    method: "GET",
    path: `${PREFIX}/group/instances`,
    query: GROUP,
    answer: object({ instanceList: list(openObject({ id: ANY_TEXT, name: text(), status: text() })) }),
    errors: NOT_FOUND,
  },
  ScaleUpGroup: {
    summary: "Makes a group larger by a number.",
    method: "POST",
    path: `${PREFIX}/group/scaling_up`,
    query: { ...GROUP, num: integer(1) },
    answer: object({ clusterUuid: text(), orderId: list(text()) }),
    errors: [...NOT_FOUND, "cce.warning.QuotaExceeded", "PreconditionFailed"],
  },
  ScaleDownGroup: {
    summary:
      "Takes machines out of a cluster and releases them. Entries without an ID, which the client sends, are skipped.",
    method: "POST",
    path: PREFIX,
    when: "scalingDown",
    body: openObject({ clusterUuid: text(), authCode: ANY_TEXT, nodeInfo: list(object({ instanceId: ANY_TEXT })) }),
    errors: ["cce.warning.ClusterNotFound", "cce.warning.InvalidParam"],
  },
});

/** What the in-tree provider of the cluster autoscaler calls: groups of clusters, as the first generation knew them. */
export const oldAutoscaler = part(OPERATIONS, (account) => {
  const groupOf = ({ clusterUuid, groupId }: { readonly clusterUuid: string; readonly groupId: string }) => {
    getCluster(account, clusterUuid);
    return getGroup(account, clusterUuid, groupId);
  };
  return {
    DescribeGroup({ query }) {
      const { spec } = groupOf(query);
      const template = templatesOf(spec)[0] ?? {};
      const resource = partOf(template, "instanceResource");
      const [, cpu = "2", memory = "8"] = /c(\d+)m(\d+)$/.exec(textOf(resource, "machineSpec")) ?? [];
      const labels = Object.entries(partOf(template, "labels"));
      return {
        instanceType: 0,
        cpu: numberOf(resource, "cpu") || Number(cpu),
        memory: numberOf(resource, "mem") || Number(memory),
        gpuCount: numberOf(resource, "gpuCount"),
        gpuCard: textOf(resource, "gpuType"),
        diskSize: numberOf(resource, "rootDiskSize"),
        ephemeralStorage: numberOf(resource, "localDiskSize"),
        tags: labels.map(([key, value]) => ({ key, Value: String(value) })),
      };
    },
    ListGroupInstances({ query }) {
      const { groupId } = groupOf(query);
      const instanceList = membersOf(account, groupId).map((node) => ({
        id: node.machineId,
        name: viewNode(account, node).status.machine.k8sNodeName,
        status: STATUS[node.phase] ?? "ERROR",
      }));
      return { instanceList };
    },
    ScaleUpGroup({ query: { clusterUuid, groupId, num } }) {
      const cluster = runningCluster(account, clusterUuid);
      const group = groupOf({ clusterUuid, groupId });
      const replicas = membersOf(account, groupId).length + num;
      checkGrowth(account, group, replicas);
      const nodes = growTo(account, cluster, group, replicas).map(({ cceInstanceId }) => cceInstanceId);
      const description = `scale up to ${replicas}`;
      const { id } = addTask(account, { clusterId: clusterUuid, groupId, kind: "ScaleUp", nodes, description });
      return { clusterUuid, orderId: [id] };
    },
    ScaleDownGroup({ body: { clusterUuid, nodeInfo } }) {
      const ids = nodeInfo.flatMap(({ instanceId }) => (instanceId ? [instanceId] : []));
      if (!clustersOf(account).has(clusterUuid)) return scaleDownV1(account, clusterUuid, ids);
      const leaving = ids.map((id) => {
        const node = nodesOfCluster(account, clusterUuid).find(({ machineId }) => machineId === id);
        if (!node) throw invalid(`machine ${id} is not in cluster ${clusterUuid}.`);
        return node;
      });
      if (leaving.length === 0) throw invalid("nodeInfo: expected at least one machine.");
      for (const node of leaving) {
        beginRemoval(account, node, { deleteResource: true });
        const group = instanceGroupsOf(account).get(node.groupId);
        if (group) setReplicas(account, group, membersOf(account, group.groupId).length);
      }
      return {};
    },
  };
});
