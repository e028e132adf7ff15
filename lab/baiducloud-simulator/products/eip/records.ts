import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";

export type EipStatus = "creating" | "available" | "binding" | "binded" | "unbinding" | "updating";
export type IpVersion = "ipv4" | "ipv6";

export interface Eip {
  readonly eip: string;
  readonly eipId: string;
  readonly name: string;
  readonly paymentTiming: string;
  readonly billingMethod: string | null;
  readonly routeType: string;
  readonly createTime: string;
  readonly ipVersion: IpVersion;
  readonly tags: readonly Tag[];
  readonly deleteProtect: boolean;
  /** "" unless it is in a shared bandwidth group. */
  readonly shareGroupId: string;
  readonly status: EipStatus;
  readonly bandwidthInMbps: number;
  readonly instanceType: string | null;
  readonly instanceId: string | null;
}

/** Public addresses, by address. */
export const eipsOf = ({ store }: Pick<Account, "store">) => store.table<Eip>("eips");
