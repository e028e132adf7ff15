import type { Account } from "../../account.ts";
import { addNode, beginRemoval, checkNodeQuota, checkSpec, membersOf } from "./node-model.ts";
import {
  type Cluster,
  type DeleteOption,
  type InstanceGroup,
  instanceGroupsOf,
  type Json,
  type Node,
  nodesOf,
  numberOf,
  partOf,
} from "./records.ts";
import { settleTasks } from "./task-model.ts";
import { invalid, notFound } from "./wire.ts";

export function getGroup(account: Account, clusterId: string, groupId: string): InstanceGroup {
  const group = instanceGroupsOf(account).get(groupId);
  if (group?.clusterId !== clusterId) throw notFound("InstanceGroup", groupId);
  return group;
}

/** The deprecated single template is always sent, perhaps empty; the list wins. */
export function templatesOf(spec: Json): readonly Json[] {
  const { instanceTemplates, instanceTemplate } = spec;
  if (Array.isArray(instanceTemplates) && instanceTemplates.length > 0) return instanceTemplates as readonly Json[];
  return typeof instanceTemplate === "object" && instanceTemplate !== null ? [instanceTemplate as Json] : [];
}

export function checkGroup(account: Account, cluster: Cluster, spec: Json): void {
  const templates = templatesOf(spec);
  if (templates.length === 0) throw invalid("instanceTemplate is required.");
  for (const template of templates) checkSpec(account, cluster, template, "instanceTemplate");
  checkRange(partOf(spec, "clusterAutoscalerSpec"));
}

export function checkRange(range: Json): void {
  if (numberOf(range, "maxReplicas") < numberOf(range, "minReplicas"))
    throw invalid("clusterAutoscalerSpec: expected maxReplicas not to be below minReplicas.");
}

export function addGroup(account: Account, { clusterId, ...cluster }: Cluster, given: Json): InstanceGroup {
  const groupId = account.newId("cce-ig");
  const spec = {
    selector: null,
    ...given,
    cceInstanceGroupID: groupId,
    clusterID: clusterId,
    clusterRole: "node",
    shrinkPolicy: given.shrinkPolicy || "Priority",
    updatePolicy: given.updatePolicy || "Concurrency",
    cleanPolicy: given.cleanPolicy || "Remain",
    ...withoutPasswords(given),
    replicas: numberOf(given, "replicas"),
  };
  const group: InstanceGroup = { groupId, clusterId, spec, createdAt: account.time() };
  instanceGroupsOf(account).set(groupId, group);
  growTo(account, { clusterId, ...cluster }, group, group.spec.replicas);
  return group;
}

export function withoutPasswords(spec: Json): Json {
  const all = templatesOf(spec).map(({ adminPassword: _, ...rest }) => rest);
  return { instanceTemplate: all[0] ?? {}, instanceTemplates: all };
}

/** Adds what is missing, by each template in turn. Returns what was added. */
export function growTo(account: Account, cluster: Cluster, group: InstanceGroup, replicas: number): readonly Node[] {
  const { length } = membersOf(account, group.groupId);
  const templates = templatesOf(group.spec);
  setReplicas(account, group, replicas);
  return Array.from({ length: Math.max(0, replicas - length) }, (_, index) =>
    addNode(account, cluster, templates[(length + index) % templates.length] ?? {}, group.groupId),
  );
}

/** Which leave when nobody names them: those that ask least to stay, then the youngest. */
export function victims(account: Account, group: InstanceGroup, count: number): readonly Node[] {
  const members = membersOf(account, group.groupId).filter(({ spec }) => spec.scaleDownDisabled !== true);
  const priority = ({ spec }: Node) => numberOf(spec, "cceInstancePriority");
  const ordered = members.toReversed().toSorted((a, b) => priority(a) - priority(b));
  return ordered.slice(0, Math.max(0, count));
}

/** Delete takes nodes out of the cluster, Remain out of the group only. */
export function shrinkBy(
  account: Account,
  group: InstanceGroup,
  leaving: readonly Node[],
  cleanPolicy: string,
  deleteOption: DeleteOption | undefined,
): void {
  setReplicas(account, group, Math.max(0, membersOf(account, group.groupId).length - leaving.length));
  for (const node of leaving) {
    if (cleanPolicy === "Delete") beginRemoval(account, node, deleteOption);
    else leaveGroup(account, node);
  }
  settleTasks(account, group.groupId);
}

export function leaveGroup(account: Account, node: Node): void {
  const { instanceGroupID: _, instanceGroupName: __, ...spec } = node.spec;
  nodesOf(account).patch(node.cceInstanceId, { groupId: "", spec, updatedAt: account.time() });
}

export function joinGroup(account: Account, node: Node, { groupId, spec: { instanceGroupName } }: InstanceGroup): void {
  const spec = { ...node.spec, instanceGroupID: groupId, instanceGroupName };
  nodesOf(account).patch(node.cceInstanceId, { groupId, spec, updatedAt: account.time() });
}

export function setReplicas(account: Account, { groupId }: InstanceGroup, replicas: number): void {
  const group = instanceGroupsOf(account).get(groupId);
  if (group) instanceGroupsOf(account).patch(groupId, { spec: { ...group.spec, replicas } });
}

export function checkGrowth(account: Account, group: InstanceGroup, replicas: number): void {
  checkNodeQuota(account, group.clusterId, replicas - membersOf(account, group.groupId).length);
}

export function viewGroup(account: Account, { groupId, spec, createdAt }: InstanceGroup) {
  const members = membersOf(account, groupId);
  const of = (...phases: readonly string[]) =>
    members.filter(({ phase }) => phases.includes(phase)).map(({ cceInstanceId }) => cceInstanceId);
  return {
    spec,
    status: {
      readyReplicas: of("running").length,
      undeliveredMachines: {
        failedMachines: of("create_failed"),
        pendingMachines: of("pending", "provisioning", "provisioned"),
      },
      pause: { paused: false, reason: "" },
    },
    createdAt,
  };
}
