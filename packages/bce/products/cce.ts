import type { ReadOptions } from "../call.ts";

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
