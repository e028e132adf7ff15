import type { Account } from "../../account.ts";

/** States of BCC and BBC; HPAS calls Running "Active". */
export type InstanceStatus =
  | "Running"
  | "Starting"
  | "Stopping"
  | "Stopped"
  | "Deleted"
  | "Recycled"
  | "Scaling"
  | "Expired"
  | "Error"
  | "SnapshotProcessing"
  | "ImageProcessing"
  | "ChangeVpc"
  | "ChangeSubnet"
  | "Recharging"
  | "Creating"
  | "Reboot";

/** A product has a host and paths of its own; BCC and BBC share the form of their ids. */
export type MachineProduct = "bcc" | "bbc" | "hpas";

export interface SimulatedInstance {
  readonly id: string;
  readonly product: MachineProduct;
  readonly name: string;
  readonly hostname: string;
  readonly internalIp: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zoneName: string;
  readonly spec: string;
  readonly createTime: string;
  /** Where its ports really are; the private address when absent. */
  readonly host: string | undefined;
  /** Empty for none. */
  readonly ipv6: string;
  readonly gpuCard: string;
  readonly status: InstanceStatus;
  readonly publicIp: string;
  /** Whether CCE counts it among the nodes of its clusters. */
  readonly inCluster: boolean;
}

/** Machines of all products: BCC, BBC and HPAS. */
export const instancesOf = ({ store }: Pick<Account, "store">) => store.table<SimulatedInstance>("instances");
