import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, oneOf, openObject, optional, text } from "../../api/schema.ts";
import { runningCluster } from "./cluster-model.ts";
import { checkGrowth, getGroup, growTo, joinGroup, setReplicas, shrinkBy } from "./group-model.ts";
import { addNode, checkNodeQuota, checkSpec, membersOf, viewNode } from "./node-model.ts";
import { type Node, nodesOf, tasksOf } from "./records.ts";
import { DELETE_OPTION, INSTANCE_SET } from "./schemas.ts";
import { addTask, viewTask } from "./task-model.ts";
import { done, invalid, noSuchObject, numbered, PAGE, REQUEST_ID, v2 } from "./wire.ts";

const ERRORS = [
  "cce.warning.ClusterNotFound",
  "cce.warning.InstanceGroupNotFound",
  "cce.warning.InvalidParam",
  "cce.warning.QuotaExceeded",
  "PreconditionFailed",
];
const TASK_ID = object({ taskID: text(), ...REQUEST_ID });
const TASK = object({
  id: text(),
  type: text(),
  description: ANY_TEXT,
  startTime: text(),
  finishTime: optional(text()),
  phase: text({ oneOf: ["Pending", "Processing", "Done", "Aborted"] }),
  processes: list(openObject({ name: text(), phase: text() })),
  errMessage: ANY_TEXT,
});
const TYPE = "InstanceGroupReplicas";

const OPERATIONS = operations({
  CreateScaleUpInstanceGroupTask: {
    summary: "Makes a group larger: to a size, or by a number.",
    method: "PUT",
    ...v2("/cluster/{clusterID}/instancegroup/{groupID}/scaleup"),
    query: { upToReplicas: optional(integer()), upReplicas: optional(integer()) },
    answer: TASK_ID,
    errors: ERRORS,
  },
  CreateScaleDownInstanceGroupTask: {
    summary: "Takes named instances out of a group: by their IDs, or their names in Kubernetes.",
    method: "PUT",
    ...v2("/cluster/{clusterID}/instancegroup/{groupID}/scaledown"),
    body: object({
      instancesToBeRemoved: optional(list(text()), []),
      k8sNodesToBeRemoved: optional(list(text()), []),
      cleanPolicy: optional(oneOf("Remain", "Delete")),
      deleteOption: optional(DELETE_OPTION),
    }),
    answer: TASK_ID,
    errors: ERRORS,
  },
  AttachInstancesToInstanceGroup: {
    summary: "Puts existing machines, or nodes of the cluster, into a group.",
    method: "PUT",
    ...v2("/cluster/{clusterID}/instancegroup/{groupID}/attachInstances"),
    body: object({
      inCluster: optional(boolean(), false),
      useInstanceGroupConfig: optional(boolean()),
      useInstanceGroupConfigWithDiskInfo: optional(boolean()),
      installGpuDriver: optional(boolean()),
      existedInstances: optional(list(INSTANCE_SET), []),
      existedInstancesInCluster: optional(
        list(
          object({
            existedInstanceID: text(),
            machineType: ANY_TEXT,
            ip: ANY_TEXT,
            name: ANY_TEXT,
            instanceName: ANY_TEXT,
          }),
        ),
        [],
      ),
    }),
    answer: TASK_ID,
    errors: ERRORS,
  },
  GetTask: {
    summary: "One task.",
    method: "GET",
    ...v2("/task/{taskType}/{taskID}"),
    answer: object({ task: TASK, ...REQUEST_ID }),
    errors: ["cce.warning.NoSuchObject", "cce.warning.InvalidParam"],
  },
  ListTasks: {
    summary: "The tasks of a group, the youngest first, paged by number.",
    method: "GET",
    ...v2("/tasks/{taskType}"),
    query: { targetID: ANY_TEXT, ...PAGE },
    answer: object({
      page: object({ pageNo: integer(), pageSize: integer(), totalCount: integer(), items: list(TASK) }),
      ...REQUEST_ID,
    }),
    errors: ["cce.warning.InvalidParam"],
  },
});

export const scaling = part(OPERATIONS, (account) => {
  const answer = (task: { readonly id: string }) => ({ taskID: task.id, ...done(account) });
  const idsOf = (nodes: readonly Node[]) => nodes.map(({ cceInstanceId }) => cceInstanceId);
  const checkType = (type: string): void => {
    if (type !== TYPE) throw invalid(`taskType: "${type}" is unknown: expected ${TYPE}.`);
  };
  return {
    CreateScaleUpInstanceGroupTask({ params: { clusterID: clusterId, groupID: groupId }, query }) {
      const cluster = runningCluster(account, clusterId);
      const group = getGroup(account, clusterId, groupId);
      const { length } = membersOf(account, groupId);
      const replicas = query.upToReplicas || length + (query.upReplicas ?? 0);
      if (replicas <= length) throw invalid(`upToReplicas: expected more than the ${length} that there are.`);
      checkGrowth(account, group, replicas);
      const nodes = idsOf(growTo(account, cluster, group, replicas));
      const description = `scale up from ${length} to ${replicas}`;
      return answer(addTask(account, { clusterId, groupId, kind: "ScaleUp", nodes, description }));
    },
    CreateScaleDownInstanceGroupTask({ params: { clusterID: clusterId, groupID: groupId }, body }) {
      runningCluster(account, clusterId);
      const group = getGroup(account, clusterId, groupId);
      const members = membersOf(account, groupId);
      const byName = (node: Node) => viewNode(account, node).status.machine.k8sNodeName;
      const wanted: readonly (readonly [what: string, find: (node: Node) => boolean])[] = [
        ...body.instancesToBeRemoved.map((id) => [id, (node: Node) => node.cceInstanceId === id] as const),
        ...body.k8sNodesToBeRemoved.map((name) => [name, (node: Node) => byName(node) === name] as const),
      ];
      if (wanted.length === 0) throw invalid("instancesToBeRemoved: expected at least one instance.");
      const leaving = wanted.map(([what, find]) => {
        const node = members.find(find);
        if (!node) throw invalid(`instance ${what} is not in group ${groupId}.`);
        if (node.spec.scaleDownDisabled === true) throw invalid(`instance ${what} is protected from scaling down.`);
        return node;
      });
      const unique = [...new Set(leaving)];
      const description = `scale down from ${members.length} to ${members.length - unique.length}`;
      const task = { clusterId, groupId, kind: "ScaleDown", nodes: idsOf(unique), description } as const;
      const added = addTask(account, task);
      shrinkBy(account, group, unique, body.cleanPolicy ?? String(group.spec.cleanPolicy), body.deleteOption);
      return answer(added);
    },
    AttachInstancesToInstanceGroup({ params: { clusterID: clusterId, groupID: groupId }, body }) {
      const cluster = runningCluster(account, clusterId);
      const group = getGroup(account, clusterId, groupId);
      const joining = body.existedInstancesInCluster.map(({ existedInstanceID: id }) => {
        const node = nodesOf(account)
          .all()
          .find((one) => one.clusterId === clusterId && (one.machineId === id || one.cceInstanceId === id));
        if (node?.groupId !== "") throw invalid(`instance ${id} is not a node outside of groups.`);
        return node;
      });
      const specs = body.existedInstances.map(({ instanceSpec }) => ({ ...instanceSpec, existed: true }));
      for (const spec of specs) checkSpec(account, cluster, spec, "existedInstances");
      if (joining.length + specs.length === 0) throw invalid("existedInstances: expected at least one instance.");
      checkNodeQuota(account, clusterId, specs.length);
      for (const node of joining) joinGroup(account, node, group);
      const added = specs.map((spec) => addNode(account, cluster, spec, groupId));
      const { length } = membersOf(account, groupId);
      setReplicas(account, group, length);
      const nodes = idsOf([...joining, ...added]);
      const description = `attach ${nodes.length} instances`;
      return answer(addTask(account, { clusterId, groupId, kind: "Attach", nodes, description }));
    },
    GetTask({ params: { taskType, taskID } }) {
      checkType(taskType);
      const task = tasksOf(account).get(taskID);
      if (!task) throw noSuchObject(`Task ${taskID}`);
      return { task: viewTask(task), ...done(account) };
    },
    ListTasks({ params: { taskType }, query }) {
      checkType(taskType);
      const all = tasksOf(account)
        .all()
        .filter(({ groupId }) => !query.targetID || groupId === query.targetID)
        .toReversed();
      const { entries, ...page } = numbered(query, all);
      return { page: { ...page, items: entries.map(viewTask) }, ...done(account) };
    },
  };
});
