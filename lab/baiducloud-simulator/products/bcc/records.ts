import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import type { GroupIds } from "../vpc/records.ts";

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
  | "Reboot"
  | "Rebuild"
  | "Password";

/** A product has a host and paths of its own; BCC and BBC share the form of their ids. */
export type MachineProduct = "bcc" | "bbc" | "hpas";

export interface SimulatedInstance extends GroupIds {
  readonly id: string;
  /** The long id. */
  readonly serialNumber: string;
  readonly product: MachineProduct;
  readonly name: string;
  readonly hostname: string;
  readonly desc: string;
  /** The primary one. */
  readonly internalIp: string;
  /** Further private addresses of the primary card, each of its own subnet. */
  readonly secondaryIps: readonly { readonly ip: string; readonly subnetId: string }[];
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zoneName: string;
  readonly spec: string;
  readonly cpuCount: number;
  readonly memoryCapacityInGB: number;
  readonly createTime: string;
  /** Where its ports really are; the private address when absent. */
  readonly host: string | undefined;
  /** Empty for none. */
  readonly ipv6: string;
  readonly secondaryIpv6s: readonly string[];
  readonly gpuCard: string;
  readonly status: InstanceStatus;
  /** Whether it has never been Running yet. */
  readonly creating: boolean;
  readonly publicIp: string;
  /** Whether CCE counts it among the nodes of its clusters. */
  readonly inCluster: boolean;
  /** The primary card: it cannot be taken away. */
  readonly eniId: string;
  readonly macAddress: string;
  readonly imageId: string;
  readonly keypairId: string;
  readonly rootDiskSizeInGb: number;
  readonly rootDiskStorageType: string;
  readonly paymentTiming: string;
  /** null when postpaid. */
  readonly expireTime: string | null;
  readonly chargeStatus: "IS_CHARGING" | "STOPPED_NOT_CHARGING" | "REBOOTING_NOT_CHARGING";
  /** "" for none. */
  readonly releaseTime: string;
  readonly autoRenew: { readonly unit: string; readonly period: number } | null;
  readonly tags: readonly Tag[];
  readonly deletionProtection: number;
  readonly isEipAutoRelatedDelete: boolean;
  readonly enableJumboFrame: boolean;
  readonly netEthQueueCount: string;
  readonly ehcClusterId: string;
  readonly dedicatedHostId: string;
  readonly deployIds: readonly string[];
  readonly resGroupId: string;
  readonly userData: string;
  readonly hostId: string;
  readonly switchId: string;
  readonly rackId: string;
  /** When it came into the recycle bin, "" for never. */
  readonly recycleTime: string;
}

export type VolumeStatus =
  | "Creating"
  | "Available"
  | "Attaching"
  | "InUse"
  | "Detaching"
  | "Scaling"
  | "SnapshotProcessing"
  | "Deleting";

/** A data disk (CDS). System disks are part of their machines. */
export interface Volume {
  readonly id: string;
  readonly name: string;
  readonly desc: string;
  readonly diskSizeInGB: number;
  readonly storageType: string;
  readonly status: VolumeStatus;
  readonly zoneName: string;
  readonly paymentTiming: string;
  readonly createTime: string;
  readonly expireTime: string;
  /** "" when no machine has it. */
  readonly instanceId: string;
  readonly device: string;
  readonly deleteWithInstance: boolean;
  readonly enableDeleteProtection: boolean;
  readonly encryptKey: string;
  readonly sourceSnapshotId: string;
  readonly tags: readonly Tag[];
}

export interface Keypair {
  readonly keypairId: string;
  readonly name: string;
  readonly description: string;
  readonly publicKey: string;
  readonly fingerPrint: string;
  readonly createdTime: string;
}

export interface CustomImage {
  readonly id: string;
  readonly name: string;
  readonly desc: string;
  readonly status: "Creating" | "Available";
  readonly createTime: string;
  /** Of which image it is a copy with changes. */
  readonly baseId: string;
}

/** What a disk had at one time. */
export interface Snapshot {
  readonly id: string;
  readonly name: string;
  readonly desc: string;
  readonly volumeId: string;
  readonly sizeInGB: number;
  /** Of a system disk; else "". */
  readonly imageId: string;
  readonly status: "Creating" | "Available";
  readonly createTime: string;
  /** "" for ever. */
  readonly expireTime: string;
  readonly tags: readonly Tag[];
}

/** Machines that are kept apart. */
export interface DeploySet {
  readonly deploysetId: string;
  readonly name: string;
  readonly desc: string;
  readonly strategy: string;
  /** How many machines may be together at one place. */
  readonly concurrency: number;
}

export interface EhcCluster {
  readonly ehcClusterId: string;
  readonly name: string;
  readonly description: string;
  readonly zoneName: string;
  readonly createdTime: string;
}

type Has = Pick<Account, "store">;

/** Machines of all products: BCC, BBC and HPAS. */
export const instancesOf = ({ store }: Has) => store.table<SimulatedInstance>("instances");
export const volumesOf = ({ store }: Has) => store.table<Volume>("volumes");
export const keypairsOf = ({ store }: Has) => store.table<Keypair>("keypairs");
export const customImagesOf = ({ store }: Has) => store.table<CustomImage>("images");
export const ehcClustersOf = ({ store }: Has) => store.table<EhcCluster>("ehcClusters");
export const deploySetsOf = ({ store }: Has) => store.table<DeploySet>("deploySets");
export const snapshotsOf = ({ store }: Has) => store.table<Snapshot>("snapshots");
