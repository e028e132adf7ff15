import type { Account } from "../../account.ts";
import { Fault } from "../../api/fault.ts";
import { createInstance, deleteInstance } from "../bcc/lifecycle.ts";
import { type InstanceStatus, instancesOf } from "../bcc/records.ts";
import { subnetsOf } from "../vpc/records.ts";
import {
  type Cluster,
  clustersOf,
  type DeleteOption,
  instanceGroupsOf,
  type Json,
  type Node,
  type NodePhase,
  nodesOf,
  partOf,
  textOf,
} from "./records.ts";
import { settleTasks } from "./task-model.ts";
import { invalid, quotaExceeded } from "./wire.ts";

const STEP = "cce.node";
const REMOVED = "cce.node.removed";
/** Of `cceInstanceCreate`: until the machine is ordered, until it is there, until the node has joined. */
const SHARES: Partial<Readonly<Record<NodePhase, readonly [next: NodePhase, share: number]>>> = {
  pending: ["provisioning", 0.1],
  provisioning: ["provisioned", 0.7],
  provisioned: ["running", 0.2],
};
export const MACHINE_STATUS: Partial<Readonly<Record<InstanceStatus, string>>> = {
  Running: "ACTIVE",
  Stopped: "SHUTOFF",
  Stopping: "ACTIVE",
  Expired: "EXPIRED",
  Error: "ERROR",
  Deleted: "DELETED",
  Recycled: "DELETED",
  Starting: "REBOOT",
  ImageProcessing: "REBUILD",
  Creating: "BUILD",
};

export function startNodes(account: Account): void {
  const all = nodesOf(account);
  account.store.on(STEP, (id, { phase }) => {
    const node = all.get(id);
    if (node && node.phase === phase) enter(account, node, (SHARES[node.phase] ?? ["running"])[0]);
  });
  account.store.on(REMOVED, (id) => {
    const node = all.get(id);
    if (node?.phase === "deleting") removeNode(account, node);
  });
}

export const nodesOfCluster = (account: Account, clusterId: string): readonly Node[] =>
  nodesOf(account)
    .all()
    .filter((node) => node.clusterId === clusterId);

/** Those that are not on their way out. */
export const membersOf = (account: Account, groupId: string): readonly Node[] =>
  nodesOf(account)
    .all()
    .filter((node) => node.groupId === groupId && node.phase !== "deleting");

/** Throws what is wrong with a spec before anything is made. */
export function checkSpec(account: Account, { spec: { vpcID } }: Cluster, spec: Json, where: string): void {
  if (spec.existed === true) {
    const id = textOf(partOf(spec, "existedOption"), "existedInstanceID");
    const machine = instancesOf(account).get(id);
    if (!machine) throw invalid(`${where}.existedOption.existedInstanceID: instance ${id} is not found.`);
    if (machine.vpcId !== vpcID) throw invalid(`${where}: instance ${id} is not in VPC ${vpcID}.`);
    if (
      nodesOf(account)
        .all()
        .some(({ machineId }) => machineId === id)
    )
      throw invalid(`${where}: instance ${id} is in a cluster already.`);
    return;
  }
  const { vpcSubnetID: id } = partOf(spec, "vpcConfig");
  if (!id) throw invalid(`${where}.vpcConfig.vpcSubnetID is required.`);
  const subnet = subnetsOf(account).get(String(id));
  if (!subnet) throw invalid(`${where}.vpcConfig.vpcSubnetID: subnet ${id} is not found.`);
  if (subnet.vpcId !== vpcID) throw invalid(`${where}.vpcConfig.vpcSubnetID: subnet ${id} is not in VPC ${vpcID}.`);
}

export function checkNodeQuota(account: Account, clusterId: string, more: number): void {
  if (nodesOfCluster(account, clusterId).length + more > account.quotas.cceNodesPerCluster)
    throw quotaExceeded(`nodes of cluster ${clusterId}`);
}

export function addNode(account: Account, cluster: Cluster, given: Json, groupId = ""): Node {
  const cceInstanceId = account.newId(cluster.clusterId);
  const now = account.time();
  const { adminPassword: _, ...rest } = given;
  const subnet = subnetsOf(account).get(textOf(partOf(given, "vpcConfig"), "vpcSubnetID"));
  const spec: Json = {
    ...rest,
    cceInstanceID: cceInstanceId,
    instanceName: textOf(given, "instanceName") || cceInstanceId,
    clusterID: cluster.clusterId,
    clusterRole: textOf(given, "clusterRole") || "node",
    runtimeType: given.runtimeType || cluster.spec.runtimeType,
    runtimeVersion: given.runtimeVersion || cluster.spec.runtimeVersion,
    machineType: textOf(given, "machineType") || "BCC",
    instanceType: textOf(given, "instanceType") || "N5",
    instanceChargingType: textOf(given, "instanceChargingType") || "Postpaid",
    vpcConfig: { ...partOf(given, "vpcConfig"), ...(subnet ? placeOf(subnet) : {}) },
    ...(groupId ? { instanceGroupID: groupId, instanceGroupName: groupNameOf(account, groupId) } : {}),
  };
  const node: Node = {
    cceInstanceId,
    clusterId: cluster.clusterId,
    groupId,
    spec,
    phase: "pending",
    times: { pending: now },
    machineId: "",
    createdAt: now,
    updatedAt: now,
  };
  nodesOf(account).set(cceInstanceId, node);
  // Nodes of a new cluster wait until it has a control plane.
  if (isUp(cluster)) scheduleStep(account, node);
  return node;
}

/** Lets nodes go on that waited for their cluster. */
export function releaseNodes(account: Account, clusterId: string): void {
  for (const node of nodesOfCluster(account, clusterId)) if (node.phase === "pending") scheduleStep(account, node);
}

const isUp = ({ phase }: Cluster): boolean => !["pending", "provisioning"].includes(phase);

function scheduleStep(account: Account, { cceInstanceId, phase }: Node): void {
  const [, share] = SHARES[phase] ?? ["running", 0];
  account.store.schedule(STEP, cceInstanceId, share * account.timings.cceInstanceCreate, { phase });
}

function enter(account: Account, node: Node, phase: NodePhase): void {
  const now = account.time();
  const times = { ...node.times, [phase]: now };
  const all = nodesOf(account);
  try {
    const machineId = phase === "provisioning" ? orderMachine(account, node) : node.machineId;
    const next = { ...node, phase, times, machineId, updatedAt: now };
    all.set(node.cceInstanceId, next);
    if (SHARES[phase]) scheduleStep(account, next);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    failNode(account, node.cceInstanceId, { step: "CreateMachine", code: error.code, message: error.message });
    return;
  }
  if (phase === "running") settleTasks(account, node.groupId);
}

/** Ends the creation of a node as the cloud does when it cannot be. */
export function failNode(account: Account, cceInstanceId: string, failure: NonNullable<Node["failure"]>): void {
  const node = nodesOf(account).get(cceInstanceId);
  if (!node) return;
  const now = account.time();
  const times = { ...node.times, create_failed: now };
  nodesOf(account).set(cceInstanceId, { ...node, phase: "create_failed", times, failure, updatedAt: now });
  settleTasks(account, node.groupId);
}

function orderMachine(account: Account, { spec, clusterId }: Node): string {
  if (spec.existed === true) {
    const id = textOf(partOf(spec, "existedOption"), "existedInstanceID");
    if (!instancesOf(account).has(id)) throw invalid(`instance ${id} is gone.`);
    instancesOf(account).patch(id, { inCluster: true });
    return id;
  }
  const cluster = clustersOf(account).get(clusterId);
  const byHost = partOf(cluster?.spec ?? {}, "k8sCustomConfig").enableHostname === true;
  const resource = partOf(spec, "instanceResource");
  const machineSpec = textOf(resource, "machineSpec");
  const type = textOf(spec, "machineType");
  const machine = createInstance(account, {
    name: textOf(spec, "instanceName"),
    hostname: byHost ? textOf(spec, "instanceName") : "",
    product: type === "BBC" ? "bbc" : type === "HPAS" ? "hpas" : "bcc",
    subnetId: textOf(partOf(spec, "vpcConfig"), "vpcSubnetID"),
    gpuCard: textOf(resource, "gpuType"),
    ...(machineSpec ? { spec: machineSpec } : {}),
  });
  return machine.id;
}

export function beginRemoval(account: Account, node: Node, deleteOption: DeleteOption | undefined): void {
  if (node.phase === "deleting") return;
  const now = account.time();
  const times = { ...node.times, deleting: now };
  const change = { phase: "deleting" as const, times, updatedAt: now, ...(deleteOption ? { deleteOption } : {}) };
  nodesOf(account).patch(node.cceInstanceId, change);
  account.store.schedule(REMOVED, node.cceInstanceId, account.timings.cceInstanceDelete);
}

/** At once. The machine goes too, when that is wanted; it stays by default, as in the cloud. */
export function removeNode(account: Account, node: Node): void {
  nodesOf(account).delete(node.cceInstanceId);
  const machine = instancesOf(account).get(node.machineId);
  if (machine && machine.status !== "Deleted") {
    const { deleteResource = false, moveOut = false } = node.deleteOption ?? {};
    if (deleteResource && !moveOut) deleteInstance(account, machine.id);
    else instancesOf(account).patch(machine.id, { inCluster: false });
  }
  settleTasks(account, node.groupId);
}

export function viewNode(account: Account, node: Node) {
  const machine = instancesOf(account).get(node.machineId);
  const nameByHost = machine?.hostname || machine?.internalIp || "";
  return {
    spec: {
      ...node.spec,
      instanceResource: {
        ...partOf(node.spec, "instanceResource"),
        ...(machine ? { machineSpec: machine.spec, cpu: machine.cpuCount, mem: machine.memoryCapacityInGB } : {}),
      },
      ...(machine ? { vpcConfig: { ...partOf(node.spec, "vpcConfig"), ...placeOf(machine) } } : {}),
    },
    status: {
      machine: {
        instanceID: node.machineId,
        instanceUUID: machine?.serialNumber ?? "",
        vpcIP: machine?.internalIp ?? "",
        vpcIPIPv6: machine?.ipv6 ?? "",
        eip: machine?.publicIp ?? "",
        k8sNodeName: nameByHost,
        hostname: machine?.hostname ?? "",
      },
      instancePhase: node.phase,
      machineStatus: machineStatusOf(account, node),
    },
    createdAt: node.createdAt,
    updatedAt: node.updatedAt,
  };
}

export function machineStatusOf(account: Account, { machineId, phase }: Node): string {
  const machine = instancesOf(account).get(machineId);
  if (machine) return phase === "provisioning" ? "BUILD" : (MACHINE_STATUS[machine.status] ?? "UNKNOWN");
  return machineId ? "DELETED" : phase === "create_failed" ? "ERROR" : "BUILD";
}

function placeOf(place: { readonly vpcId: string; readonly subnetId: string; readonly zoneName: string }) {
  const { vpcId: vpcID, subnetId: vpcSubnetID, zoneName } = place;
  return { vpcID, vpcSubnetID, availableZone: zoneOf(zoneName) };
}

/** "zoneA" of "cn-bj-a". */
export const zoneOf = (zoneName: string): string => `zone${zoneName.slice(-1).toUpperCase()}`;

function groupNameOf(account: Account, groupId: string): string {
  return textOf(instanceGroupsOf(account).get(groupId)?.spec ?? {}, "instanceGroupName");
}
