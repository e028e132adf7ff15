import type { Account } from "../../account.ts";
import { instancesOf } from "../bcc/records.ts";
import { subnetsOf, vpcsOf } from "../vpc/records.ts";
import { labInstances } from "./lab-cluster.ts";
import { beginRemoval, nodesOfCluster, releaseNodes, removeNode } from "./node-model.ts";
import {
  authoritiesOf,
  type Cluster,
  type ClusterPhase,
  clustersOf,
  credentialsOf,
  type DeleteOption,
  generationsOf,
  goneClustersOf,
  grantsOf,
  instanceGroupsOf,
  type Json,
  nodesOf,
  partOf,
  tasksOf,
  textOf,
} from "./records.ts";
import { invalid, notFound, quotaExceeded, unmet } from "./wire.ts";

const STEP = "cce.cluster";
const SWITCHED = "cce.cluster.switched";
const REMOVED = "cce.cluster.removed";
/** Of `cceClusterCreate`. */
const SHARES: Partial<Readonly<Record<ClusterPhase, readonly [next: ClusterPhase, share: number]>>> = {
  pending: ["provisioning", 0.1],
  provisioning: ["provisioned", 0.7],
  provisioned: ["running", 0.2],
};
export const API_PORT = 6443;

/** Tables of the other parts whose records belong to a cluster: they go with it. */
const OWNED = ["cceAutoscalers", "cceAddons", "cceWorkflows", "cceBackups", "cceRemedies"];

export function startClusters(account: Account): void {
  const all = clustersOf(account);
  account.store.on(STEP, (id, { phase }) => {
    const cluster = all.get(id);
    if (!cluster || cluster.phase !== phase) return;
    const [next] = SHARES[cluster.phase] ?? ["running"];
    enterPhase(account, cluster, next);
    scheduleStep(account, id);
    if (next === "provisioned") releaseNodes(account, id);
  });
  account.store.on(SWITCHED, (id, { from, blb }) => {
    const cluster = all.get(id);
    if (!cluster || cluster.phase !== from) return;
    const eip = blb as Partial<Cluster["blb"]> | undefined;
    enterPhase(account, { ...cluster, blb: { ...cluster.blb, ...eip } }, "running");
  });
  account.store.on(REMOVED, (id) => {
    if (all.get(id)?.phase === "deleting") removeCluster(account, id);
  });
}

function enterPhase(account: Account, cluster: Cluster, phase: ClusterPhase): void {
  const now = account.time();
  const times = { ...cluster.times, [phase]: now };
  clustersOf(account).set(cluster.clusterId, { ...cluster, phase, times, updatedAt: now });
}

function scheduleStep(account: Account, clusterId: string): void {
  const phase = clustersOf(account).get(clusterId)?.phase;
  const [, share] = (phase && SHARES[phase]) ?? ["running", undefined];
  if (share !== undefined) account.store.schedule(STEP, clusterId, share * account.timings.cceClusterCreate, { phase });
}

export function getCluster(account: Account, clusterId: string): Cluster {
  const cluster = clustersOf(account).get(clusterId);
  if (!cluster) throw notFound("Cluster", clusterId);
  return cluster;
}

/** One that can be changed. */
export function runningCluster(account: Account, clusterId: string): Cluster {
  const cluster = getCluster(account, clusterId);
  if (cluster.phase !== "running") throw unmet(`Cluster ${clusterId} is ${cluster.phase}.`);
  if (cluster.ofLab) throw unmet(`Cluster ${clusterId} is that of the lab: it cannot be changed here.`);
  return cluster;
}

/** Throws everything that is wrong before anything is made. */
export function checkNewCluster(account: Account, spec: Json): void {
  const vpcId = textOf(spec, "vpcID");
  if (!vpcsOf(account).has(vpcId)) throw invalid(`cluster.vpcID: VPC ${vpcId} is not found.`);
  if (clustersOf(account).size >= account.quotas.cceClusters) throw quotaExceeded("clusters");
  const subnetId = apiSubnetOf(account, spec);
  if (subnetId === undefined) throw invalid(`cluster.vpcID: VPC ${vpcId} has no subnet for the API server.`);
}

function apiSubnetOf(account: Account, spec: Json): string | undefined {
  const wanted =
    textOf(partOf(spec, "masterConfig"), "clusterBLBVPCSubnetID") ||
    textOf(partOf(spec, "containerNetworkConfig"), "lbServiceVPCSubnetID");
  const inVpc = subnetsOf(account)
    .all()
    .filter(({ vpcId }) => vpcId === spec.vpcID);
  if (wanted && !inVpc.some(({ subnetId }) => subnetId === wanted))
    throw invalid(`cluster: subnet ${wanted} is not in VPC ${spec.vpcID}.`);
  return wanted || inVpc[0]?.subnetId;
}

export function addCluster(account: Account, given: Json, creatorId: string): Cluster {
  const subnetId = apiSubnetOf(account, given) ?? "";
  const vpcIP = account.takeIp(subnetId, "CCE");
  const clusterId = account.newId("cce");
  const vpc = vpcsOf(account).get(textOf(given, "vpcID"));
  const now = account.time();
  const network = partOf(given, "containerNetworkConfig");
  const master = partOf(given, "masterConfig");
  const spec: Json = {
    ...given,
    clusterID: clusterId,
    vpcCIDR: vpc?.cidr ?? "",
    vpcUUID: account.random.uuid(),
    vpcName: vpc?.name ?? "",
    authenticateMode: given.authenticateMode || "x509",
    masterConfig: { masterType: "managed", clusterHA: 3, exposedPublic: false, ...compact(master) },
    containerNetworkConfig: {
      mode: "kubenet",
      ipVersion: "ipv4",
      lbServiceVPCSubnetID: subnetId,
      nodePortRangeMin: 30_000,
      nodePortRangeMax: 32_767,
      clusterPodCIDR: "172.16.0.0/16",
      clusterIPServiceCIDR: "172.31.0.0/16",
      maxPodsPerNode: 128,
      kubeProxyMode: "ipvs",
      ...compact(network),
    },
  };
  const cluster: Cluster = {
    clusterId,
    spec,
    phase: "pending",
    times: { pending: now },
    blb: {
      id: account.newId("lb"),
      vpcIP,
      eip: master.exposedPublic === true ? account.nextPublicIp() : "",
      subnetId,
    },
    creatorId,
    upgradeWorkflowId: "",
    createdAt: now,
    updatedAt: now,
  };
  clustersOf(account).set(clusterId, cluster);
  scheduleStep(account, clusterId);
  return cluster;
}

/** Without what is not there or empty: so that it does not hide a default. */
function compact(part: Json): Json {
  return Object.fromEntries(
    Object.entries(part).filter(([, value]) => value !== undefined && value !== "" && value !== 0),
  );
}

/** Ends the creation of a cluster as the cloud does when it cannot be. */
export function failCluster(account: Account, clusterId: string, failure: NonNullable<Cluster["failure"]>): void {
  enterPhase(account, { ...getCluster(account, clusterId), failure }, "create_failed");
}

/** A phase that ends in running again, as all switches of a running cluster do. */
export function switchCluster(
  account: Account,
  cluster: Cluster,
  phase: ClusterPhase,
  blb: Partial<Cluster["blb"]> = {},
): void {
  enterPhase(account, cluster, phase);
  account.store.schedule(SWITCHED, cluster.clusterId, account.timings.cceClusterChange, { from: phase, blb });
}

export function beginDeletion(account: Account, cluster: Cluster, deleteOption: DeleteOption): void {
  if (cluster.phase === "deleting") return;
  enterPhase(account, cluster, "deleting");
  for (const node of nodesOfCluster(account, cluster.clusterId)) beginRemoval(account, node, deleteOption);
  account.store.schedule(REMOVED, cluster.clusterId, account.timings.cceClusterDelete);
}

function removeCluster(account: Account, clusterId: string): void {
  const { blb } = getCluster(account, clusterId);
  for (const node of nodesOfCluster(account, clusterId)) removeNode(account, node);
  const owned = [instanceGroupsOf, tasksOf, nodesOf, grantsOf, generationsOf, credentialsOf].map((table) =>
    table(account),
  );
  const others = OWNED.map((name) => account.store.table<{ readonly clusterId: string }>(name));
  for (const table of [...owned, ...others])
    for (const id of table.ids()) if (table.get(id)?.clusterId === clusterId) table.delete(id);
  authoritiesOf(account).delete(clusterId);
  account.releaseIp(blb.subnetId, blb.vpcIP);
  clustersOf(account).delete(clusterId);
  goneClustersOf(account).set(clusterId, { deletedAt: account.time() });
  account.gone(clusterId);
}

export function viewCluster(account: Account, cluster: Cluster) {
  const { clusterId, spec, phase, blb, times, upgradeWorkflowId } = cluster;
  const isUp = times.provisioned !== undefined;
  const { authenticateMode: _, pluginsConfig: __, ...shown } = spec;
  const nodes = nodesOfCluster(account, clusterId).filter(({ spec }) => spec.clusterRole !== "master");
  return {
    spec: { plugins: [], tags: [], ...shown },
    status: {
      clusterBLB: { id: blb.id, vpcIP: blb.vpcIP, eip: blb.eip },
      infrastructureReady: isUp,
      apiServerAccessSuccess: isUp,
      k8sPluginDeploySuccess: times.running !== undefined,
      clusterPhase: phase,
      nodeNum: cluster.ofLab ? labInstances(account).length : nodes.length,
      upgradeWorkflowID: upgradeWorkflowId,
      workflowMessage: cluster.failure?.message ?? "",
      problemDetectorServiceSourceBCM: false,
    },
    createdAt: cluster.createdAt,
    updatedAt: cluster.updatedAt,
  };
}

/** The short form in which a cluster names its instances. */
export function simpleInstances(account: Account, { clusterId, ofLab }: Cluster) {
  if (ofLab) {
    return labInstances(account).map(({ id, name, serialNumber }) => ({
      cceInstanceID: "",
      instanceName: name,
      clusterID: clusterId,
      clusterRole: "node",
      instanceChargingType: "Postpaid",
      instanceID: id,
      instanceUUID: serialNumber,
      instancePhase: "running",
    }));
  }
  return nodesOfCluster(account, clusterId).map(({ cceInstanceId, spec, machineId, phase }) => ({
    cceInstanceID: cceInstanceId,
    instanceName: spec.instanceName,
    clusterID: clusterId,
    clusterRole: spec.clusterRole,
    instanceChargingType: spec.instanceChargingType,
    instanceID: machineId,
    instanceUUID: instancesOf(account).get(machineId)?.serialNumber ?? "",
    instancePhase: phase,
  }));
}
