import type { Account } from "../../account.ts";
import { instancesOf, type SimulatedInstance } from "../bcc/records.ts";
import { vpcsOf } from "../vpc/records.ts";
import { MACHINE_STATUS, zoneOf } from "./node-model.ts";
import { clustersOf, goneClustersOf, nodesOf } from "./records.ts";
import { invalid, notFound } from "./wire.ts";

/** By what a keyword is looked for, as the query names it. */
const KEYWORDS: Readonly<Record<string, (instance: SimulatedInstance) => string>> = {
  instanceID: ({ id }) => id,
  instanceName: ({ name }) => name,
  k8sNodeName: ({ hostname, name }) => hostname || name,
  vpcIP: ({ internalIp }) => internalIp,
};
const REAL_ID = /^cce-[a-z0-9]{8}$/;

/** A cluster whose API server is there already, and whose nodes are the lab's machines. */
export interface LabCluster {
  readonly id: string;
  readonly name: string;
  /** As Kubernetes writes it, without "v". */
  readonly version: string;
}

/** Puts the lab's cluster among those of the account, running, and safe from deletion. */
export function addLabCluster(account: Account, { id, name, version }: LabCluster): void {
  const [vpc] = vpcsOf(account).all();
  const now = account.time();
  const spec = {
    clusterID: id,
    clusterName: name,
    clusterType: "normal",
    description: "the cluster of the lab",
    k8sVersion: version,
    runtimeType: "containerd",
    vpcID: vpc?.vpcId ?? "",
    vpcCIDR: vpc?.cidr ?? "",
    vpcUUID: account.random.uuid(),
    vpcName: vpc?.name ?? "",
    forbidDelete: true,
    masterConfig: { masterType: "managed", exposedPublic: false },
    containerNetworkConfig: {},
  };
  clustersOf(account).set(id, {
    clusterId: id,
    spec,
    phase: "running",
    times: { pending: now, provisioning: now, provisioned: now, running: now },
    blb: { id: account.newId("lb"), vpcIP: "", eip: "", subnetId: "" },
    creatorId: account.id,
    upgradeWorkflowId: "",
    ofLab: true,
    createdAt: now,
    updatedAt: now,
  });
}

/**
 * Whether a cluster is that of the lab around the simulator, which nobody has created through the API. Its nodes are all
 * machines that are nobody else's. A name that no cluster could have is always that of the lab's; one that one could have,
 * when there are such machines and no cluster of that name was deleted.
 */
export function isLabCluster(account: Account, clusterId: string): boolean {
  const known = clustersOf(account).get(clusterId);
  if (known) return known.ofLab === true;
  if (!clusterId.startsWith("cce-")) throw notFound("Cluster", clusterId);
  return !REAL_ID.test(clusterId) || (!goneClustersOf(account).has(clusterId) && labInstances(account).length > 0);
}

export function labInstances(account: Account): readonly SimulatedInstance[] {
  const taken = new Set(
    nodesOf(account)
      .all()
      .map(({ machineId }) => machineId),
  );
  return instancesOf(account)
    .all()
    .filter(({ id, inCluster }) => inCluster && !taken.has(id));
}

export function findLabInstances(account: Account, keywordType: string, keyword: string): readonly SimulatedInstance[] {
  const type = keywordType || "instanceName";
  const field = Object.hasOwn(KEYWORDS, type) ? KEYWORDS[type] : undefined;
  if (keyword && !field) throw invalid(`keywordType: "${type}" is unknown.`);
  return labInstances(account).filter((instance) => !keyword || field?.(instance) === keyword);
}

export function viewLabInstance(clusterID: string, instance: SimulatedInstance) {
  return {
    spec: {
      clusterID,
      instanceName: instance.name,
      clusterRole: "node",
      machineType: instance.product.toUpperCase(),
      vpcConfig: {
        vpcID: instance.vpcId,
        vpcSubnetID: instance.subnetId,
        availableZone: zoneOf(instance.zoneName),
      },
      instanceResource: {
        machineSpec: instance.spec,
        gpuType: instance.gpuCard,
        gpuCount: instance.gpuCard ? 1 : 0,
      },
    },
    status: {
      machine: {
        instanceID: instance.id,
        vpcIP: instance.internalIp,
        eip: instance.publicIp,
        vpcIPIPv6: instance.ipv6,
        k8sNodeName: instance.hostname || instance.name,
        hostname: instance.hostname,
      },
      instancePhase: instance.status === "Deleted" ? "deleting" : "running",
      machineStatus: MACHINE_STATUS[instance.status] ?? "UNKNOWN",
    },
  };
}
