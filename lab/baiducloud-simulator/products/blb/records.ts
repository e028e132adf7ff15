import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";

export interface BlbListener {
  readonly listenerType: string;
  readonly listenerPort: number;
  /** All fields as stored, defaults filled in. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface BlbBackend {
  readonly instanceId: string;
  readonly weight: number;
  /** What who added it wrote to it. */
  readonly desc: string;
}

export interface Blb {
  readonly blbId: string;
  readonly address: string;
  readonly vpcId: string;
  readonly subnetId: string;
  /** An IPv6 one, whose `address` is of that family; they are a list of their own. */
  readonly ipv6Only: boolean;
  readonly createTime: string;
  /** Wall-clock milliseconds from which lists have it. */
  readonly visibleFrom: number;
  readonly clusters: { readonly layer4: string; readonly layer7: string };
  readonly tags: readonly Tag[];
  /** "" unless dual stack. */
  readonly ipv6: string;
  readonly performanceLevel: string;
  readonly securityGroups: readonly string[];
  readonly name: string;
  readonly desc: string;
  readonly status: "creating" | "available" | "updating";
  readonly allowDelete: boolean;
  readonly listeners: readonly BlbListener[];
  readonly backends: readonly BlbBackend[];
}

/** Load balancers (BLB). */
export const blbsOf = ({ store }: Pick<Account, "store">) => store.table<Blb>("blbs");
