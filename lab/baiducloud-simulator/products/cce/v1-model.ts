import type { Account } from "../../account.ts";
import { Fault } from "../../api/fault.ts";
import { createInstance, deleteInstance } from "../bcc/lifecycle.ts";
import { instancesOf } from "../bcc/records.ts";
import { subnetsOf, vpcsOf } from "../vpc/records.ts";
import { authoritiesOf, type Cluster, credentialsOf, type Json, numberOf, textOf } from "./records.ts";

export type V1Status = "RUNNING" | "CREATING" | "DELETING";

/** A cluster of the first generation: "c-…". Not one of the second, and never turned into one. */
export interface V1Cluster {
  readonly clusterUuid: string;
  readonly clusterName: string;
  readonly version: string;
  readonly containerNet: string;
  readonly comment: string;
  readonly deployMode: string;
  readonly advancedOptions: Json;
  readonly masterExposed: boolean;
  readonly status: V1Status;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly apiIp: string;
  readonly apiEip: string;
  /** IDs of machines, with when they were put in. */
  readonly machines: readonly string[];
  readonly createTime: string;
  readonly creatorId: string;
}

/** Machines that an order asks for. */
export interface Order {
  readonly subnetId: string;
  readonly name: string;
  readonly spec: string;
  readonly count: number;
}

const READY = "cce.v1.ready";
const REMOVED = "cce.v1.removed";

export const v1ClustersOf = ({ store }: Pick<Account, "store">) => store.table<V1Cluster>("cceV1Clusters");

export function startV1(account: Account): void {
  const all = v1ClustersOf(account);
  account.store.on(READY, (id) => {
    if (all.get(id)?.status === "CREATING") all.patch(id, { status: "RUNNING" });
  });
  account.store.on(REMOVED, (id) => {
    const cluster = all.get(id);
    if (cluster?.status !== "DELETING") return;
    for (const machine of cluster.machines) if (instancesOf(account).has(machine)) deleteInstance(account, machine);
    account.releaseIp(cluster.subnetId, cluster.apiIp);
    authoritiesOf(account).delete(id);
    for (const key of credentialsOf(account).ids()) if (key.startsWith(`${id} `)) credentialsOf(account).delete(key);
    all.delete(id);
    account.gone(id);
  });
}

/** The words of the first generation. */
export function v1NotFound(id: string): Fault {
  return new Fault(404, "Cce.warning.ClusterNotExist", `The cluster ${id} does not exist.`);
}

export function getV1(account: Account, id: string): V1Cluster {
  const cluster = v1ClustersOf(account).get(id);
  if (!cluster) throw v1NotFound(id);
  return cluster;
}

export function runningV1(account: Account, id: string): V1Cluster {
  const cluster = getV1(account, id);
  if (cluster.status !== "RUNNING") throw new Fault(412, "PreconditionFailed", `Cluster ${id} is ${cluster.status}.`);
  return cluster;
}

/** The machines of an order; its items are also disks and addresses, which are not made. Throws for a bad one. */
export function ordersOf(account: Account, content: unknown, zone: string): readonly Order[] {
  const { items } = (content ?? {}) as { readonly items?: unknown };
  const configs = (Array.isArray(items) ? items : []).map(
    (item: { readonly config?: Json } | null) => item?.config ?? {},
  );
  return configs
    .filter(({ serviceType }) => serviceType === "BCC")
    .map((config) => {
      const wanted = textOf(config, "subnetUuid");
      const letter = (textOf(config, "logicalZone") || zone).slice(-1).toLowerCase();
      const subnets = subnetsOf(account).all();
      const subnet = wanted
        ? subnets.find(({ subnetId }) => subnetId === wanted)
        : subnets.find(({ zoneName }) => zoneName.endsWith(letter));
      if (!subnet)
        throw new Fault(
          400,
          "Cce.warning.InvalidParam",
          `orderContent: there is no subnet ${wanted || `in zone ${letter}`}.`,
        );
      const [cpu, memory] = [numberOf(config, "cpu") || 2, numberOf(config, "memory") || 8];
      return {
        subnetId: subnet.subnetId,
        name: textOf(config, "name"),
        spec: `bcc.g5.c${cpu}m${memory}`,
        count: Math.max(1, numberOf(config, "purchaseNum")),
      };
    });
}

export function fill(account: Account, orders: readonly Order[]): readonly string[] {
  return orders.flatMap(({ subnetId, name, spec, count }) =>
    Array.from({ length: count }, (_, index) => {
      const label = name ? `${name}-${index}` : `instance-${account.store.next("cceV1Names")}`;
      return createInstance(account, { name: label, hostname: "", subnetId, spec, inCluster: false }).id;
    }),
  );
}

export function addV1(
  account: Account,
  given: Pick<
    V1Cluster,
    | "clusterName"
    | "version"
    | "containerNet"
    | "comment"
    | "deployMode"
    | "advancedOptions"
    | "masterExposed"
    | "creatorId"
  >,
  orders: readonly Order[],
): V1Cluster {
  const subnetId = orders[0]?.subnetId ?? subnetsOf(account).first(1)[0] ?? "";
  const apiIp = account.takeIp(subnetId, "CCE");
  const clusterUuid = account.newId("c");
  const cluster: V1Cluster = {
    ...given,
    clusterUuid,
    status: "CREATING",
    vpcId: subnetsOf(account).get(subnetId)?.vpcId ?? "",
    subnetId,
    apiIp,
    apiEip: given.masterExposed ? account.nextPublicIp() : "",
    machines: fill(account, orders),
    createTime: account.time(),
  };
  v1ClustersOf(account).set(clusterUuid, cluster);
  account.store.schedule(READY, clusterUuid, account.timings.cceClusterCreate);
  return cluster;
}

export function deleteV1(account: Account, { clusterUuid, status }: V1Cluster): void {
  if (status === "DELETING") return;
  v1ClustersOf(account).patch(clusterUuid, { status: "DELETING" });
  account.store.schedule(REMOVED, clusterUuid, account.timings.cceClusterDelete);
}

/** For what both generations share: who may sign in, and how. */
export function asCluster({
  clusterUuid,
  clusterName,
  apiIp,
  apiEip,
  subnetId,
  creatorId,
  createTime,
}: V1Cluster): Cluster {
  return {
    clusterId: clusterUuid,
    spec: { clusterName },
    phase: "running",
    times: { provisioned: createTime },
    blb: { id: "", vpcIP: apiIp, eip: apiEip, subnetId },
    creatorId,
    upgradeWorkflowId: "",
    createdAt: createTime,
    updatedAt: createTime,
  };
}

export function vpcCidrOf(account: Account, { vpcId }: V1Cluster): string {
  return vpcsOf(account).get(vpcId)?.cidr ?? "";
}
