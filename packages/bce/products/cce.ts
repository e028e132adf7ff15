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
  readonly eip: string;
  readonly machineType: string;
  /** pending, provisioning, provisioned, running, create_failed, deleting, deleted, delete_failed. */
  readonly instancePhase: string;
  readonly availableZone: string;
  readonly vpcId: string;
  readonly subnetId: string;
}

export interface Cce {
  /** Follows the pages. */
  listInstances(clusterId: string, options?: ReadOptions): Promise<readonly ClusterInstance[]>;
}

type Mapping = Readonly<Record<string, unknown>>;

export function createCce(call: Scheduler, endpoint: string): Cce {
  const cce = product("cce", endpoint);
  return {
    async listInstances(clusterId, options = {}) {
      const request = cce.read("listInstances", `/v2/cluster/${clusterId}/instances`, [], options);
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
  return {
    instanceId: text(machine.instanceID),
    k8sNodeName: text(machine.k8sNodeName),
    hostname: text(machine.hostname),
    vpcIp: text(machine.vpcIP),
    eip: text(machine.eip),
    machineType: text(spec.machineType),
    instancePhase: text(status.instancePhase),
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
