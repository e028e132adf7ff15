import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import type { Renewal } from "./terms.ts";

export type EipStatus =
  | "creating"
  | "available"
  | "binding"
  | "binded"
  | "unbinding"
  | "updating"
  | "paused"
  | "unavailable";
export type IpVersion = "ipv4" | "ipv6";

export interface Eip {
  readonly eip: string;
  readonly eipId: string;
  readonly name: string;
  readonly paymentTiming: string;
  readonly billingMethod: string | null;
  readonly routeType: string;
  readonly createTime: string;
  /** null when postpaid. */
  readonly expireTime: string | null;
  readonly renewal: Renewal | null;
  readonly ipVersion: IpVersion;
  readonly tags: readonly Tag[];
  readonly deleteProtect: boolean;
  /** "" unless it is in a shared bandwidth group. */
  readonly shareGroupId: string;
  /** Made by its group; else it came from outside and goes back as it was. */
  readonly nativeGroup: boolean;
  readonly status: EipStatus;
  readonly bandwidthInMbps: number;
  readonly instanceType: string | null;
  readonly instanceId: string | null;
  /** The private address behind it; null where the target has none of its own. */
  readonly instanceIp: string | null;
  /** Whether the address itself is on the network card. */
  readonly direct: boolean;
}

/** A released address that can be had back for a while. */
export interface RecycledEip {
  readonly eip: Eip;
  readonly recycleTime: string;
  readonly scheduledDeleteTime: string;
}

/** Shared bandwidth. Its addresses are those whose shareGroupId is its id. */
export interface EipGroup {
  readonly id: string;
  readonly name: string;
  readonly status: EipStatus;
  readonly bandwidthInMbps: number;
  readonly paymentTiming: string;
  readonly billingMethod: string | null;
  readonly createTime: string;
  readonly expireTime: string | null;
  readonly routeType: string;
  readonly tags: readonly Tag[];
}

/** More bandwidth for an address or a group, for a while. */
export interface BandwidthPackage {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly bindType: "eip" | "eipgroup";
  /** The address itself, or the group's id. */
  readonly target: string;
  readonly bandwidthInMbps: number;
  readonly createTime: string;
  /** "" for none. */
  readonly autoReleaseTime: string;
  readonly tags: readonly Tag[];
}

/** Traffic bought ahead. */
export interface TrafficPackage {
  readonly id: string;
  readonly deductPolicy: string;
  readonly packageType: string;
  readonly capacity: string;
  readonly createTime: string;
  readonly expireTime: string;
}

type Has = Pick<Account, "store">;

/** Public addresses, by address. */
export const eipsOf = ({ store }: Has) => store.table<Eip>("eips");
export const recycledEipsOf = ({ store }: Has) => store.table<RecycledEip>("recycledEips");
export const eipGroupsOf = ({ store }: Has) => store.table<EipGroup>("eipGroups");
export const bandwidthPackagesOf = ({ store }: Has) => store.table<BandwidthPackage>("bandwidthPackages");
export const trafficPackagesOf = ({ store }: Has) => store.table<TrafficPackage>("trafficPackages");
