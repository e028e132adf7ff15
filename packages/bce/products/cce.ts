import type { Scheduler } from "../api-call.ts";
import type { ReadOptions } from "../call.ts";
import { allNumberedPages, broken, listAt } from "../paging.ts";
import { product } from "../request.ts";

/** A node of a CCE cluster, flattened from `spec` and `status.machine`. */
export interface ClusterInstance {
  /** Of the machine: `i-…`. */
  readonly instanceId: string;
  readonly k8sNodeName: string;
  readonly hostname: string;
  readonly vpcIp: string;
  readonly vpcIpv6: string;
  readonly eip: string;
  /** BCC, BBC, EBC, HPAS or BEC. */
  readonly machineType: string;
  /** Such as bcc.g5.c2m8; empty where there is none. */
  readonly machineSpec: string;
  readonly gpuCount: number;
  /** pending, provisioning, provisioned, running, create_failed, deleting, deleted, delete_failed. */
  readonly instancePhase: string;
  /** ACTIVE, BUILD, REBUILD, DELETED, ERROR, EXPIRED, REBOOT, SHUTOFF, STOPPED, UNKNOWN … */
  readonly machineStatus: string;
  /** Such as zoneA. */
  readonly availableZone: string;
  readonly vpcId: string;
  readonly subnetId: string;
}

export interface Cce {
  /** Follows the pages. Throws a BceError of kind "absent" for an unknown cluster. */
  listInstances(clusterId: string, options?: ReadOptions): Promise<readonly ClusterInstance[]>;
}

type Mapping = Readonly<Record<string, unknown>>;

/** The public API's; the SDKs' is /api/cce/service/v2, and some private clouds serve only that. */
export const CCE_PATH_PREFIX = "/v2";

export function createCce(call: Scheduler, endpoint: string, prefix: string = CCE_PATH_PREFIX): Cce {
  const cce = product("cce", endpoint);
  return {
    async listInstances(clusterId, options = {}) {
      const request = cce.read("listInstances", `${prefix}/cluster/${clusterId}/instances`, [], options);
      const raw = await allNumberedPages<Mapping>(call, request, (answer) => {
        const page = answer.instancePage;
        if (typeof page !== "object" || page === null) throw broken(request, "the answer has no instancePage");
        const { totalCount } = page as Mapping;
        return {
          entries: listAt<Mapping>(request, page as Mapping, "instanceList"),
          total: typeof totalCount === "number" ? totalCount : undefined,
        };
      });
      return raw.map(flatten);
    },
  };
}

function flatten(instance: Mapping): ClusterInstance {
  const spec = mapping(instance.spec);
  const status = mapping(instance.status);
  const machine = mapping(status.machine);
  const network = mapping(spec.vpcConfig);
  const resource = mapping(spec.instanceResource);
  return {
    instanceId: text(machine.instanceID),
    k8sNodeName: text(machine.k8sNodeName),
    hostname: text(machine.hostname),
    vpcIp: text(machine.vpcIP),
    vpcIpv6: text(machine.vpcIPIPv6),
    eip: text(machine.eip),
    machineType: text(spec.machineType),
    machineSpec: text(resource.machineSpec),
    gpuCount: typeof resource.gpuCount === "number" ? resource.gpuCount : 0,
    instancePhase: text(status.instancePhase),
    machineStatus: text(status.machineStatus),
    availableZone: text(network.availableZone),
    vpcId: text(network.vpcID),
    subnetId: text(network.vpcSubnetID),
  };
}

function mapping(value: unknown): Mapping {
  return typeof value === "object" && value !== null ? (value as Mapping) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
