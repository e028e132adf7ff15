import type { Account } from "../../account.ts";
import { ANY_TEXT } from "../../api/common.ts";
import { boolean, integer, object, optional, text } from "../../api/schema.ts";
import { nodesOf } from "../cce/records.ts";
import {
  type Application,
  type CnapCluster,
  cnapClustersOf,
  type DeployGroup,
  type Environment,
  environmentsOf,
} from "./records.ts";

export const COMMON = {
  resourceID: text(),
  name: text(),
  description: ANY_TEXT,
  createdAt: text(),
  updatedAt: text(),
};
const USAGE = object({ left: text(), request: text(), total: text(), used: text() });
export const CLUSTER = object({
  ...COMMON,
  region: text(),
  type: text(),
  underlayClusterID: text(),
  status: text(),
  slaveVmCount: integer(),
  resourceUsage: object({ cpu: USAGE, memory: USAGE }),
});
export const ENVIRONMENT = { ...COMMON, clusterID: ANY_TEXT, region: text() };
export const APPLICATION = { ...COMMON, workspaceID: text(), deployType: integer(), workloadType: integer() };
export const DEPLOY_GROUP = {
  ...COMMON,
  type: integer(),
  replicas: integer(),
  environmentID: text(),
  isLocked: boolean(),
  releaseRecordID: ANY_TEXT,
  status: text(),
  deployStrategyType: text(),
  cluster: optional(CLUSTER),
  environment: object(ENVIRONMENT),
  resources: object({ cpuRequest: text(), memRequest: text() }),
};

const NODE_CORES = 4;
const NODE_MIB = 16_384;

/** The simulator runs no pods: what they ask for is what they use. */
export function viewCluster(account: Account, cluster: CnapCluster): object {
  const nodes = nodesOf(account)
    .all()
    .filter(({ clusterId, phase }) => clusterId === cluster.underlayClusterID && phase === "running").length;
  const usage = (total: number, unit: string) => ({
    left: `${total}${unit}`,
    request: `0${unit}`,
    total: `${total}${unit}`,
    used: `0${unit}`,
  });
  const resourceUsage = { cpu: usage(nodes * NODE_CORES, ""), memory: usage(nodes * NODE_MIB, "Mi") };
  return { ...cluster, slaveVmCount: nodes, resourceUsage };
}

export function viewEnvironment({ workspaceID: _, ...environment }: Environment): object {
  return environment;
}

export function viewApplication(application: Application): object {
  return { ...application };
}

export function viewGroup(account: Account, group: DeployGroup): object {
  const { workspaceID: _, applicationID: __, conf, componentConf: ___, ...shown } = group;
  const environment = environmentsOf(account).get(group.environmentID);
  const cluster = cnapClustersOf(account).get(environment?.clusterID ?? "");
  return {
    ...shown,
    ...(cluster ? { cluster: viewCluster(account, cluster) } : {}),
    environment: environment && viewEnvironment(environment),
    resources: {
      cpuRequest: `${sumOf(conf.containers, "cpu", CPU_UNITS)}m`,
      memRequest: `${sumOf(conf.containers, "memory", MEMORY_UNITS)}Mi`,
    },
  };
}

/** In millicores, and in MiB. */
const CPU_UNITS: Readonly<Record<string, number>> = { "": 1000, m: 1 };
const MEMORY_UNITS: Readonly<Record<string, number>> = { "": 1 / 1_048_576, Ki: 1 / 1024, Mi: 1, Gi: 1024 };

function sumOf(
  containers: DeployGroup["conf"]["containers"],
  resource: string,
  units: Readonly<Record<string, number>>,
): number {
  const amounts = containers.map(({ resources }) => {
    const asked = (resources as { requests?: Readonly<Record<string, unknown>> } | undefined)?.requests?.[resource];
    const [, number = "0", unit = ""] = /^([\d.]+)([A-Za-z]*)$/.exec(String(asked ?? "0")) ?? [];
    return Number(number) * (units[unit] ?? 0);
  });
  return Math.round(amounts.reduce((sum, amount) => sum + amount, 0));
}
