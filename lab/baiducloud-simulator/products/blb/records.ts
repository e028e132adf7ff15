import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import type { Renewal } from "../eip/terms.ts";

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
  /** One of the machine's addresses; "" for its primary one. */
  readonly privateIp: string;
}

/** What the load balancers of both families have. */
export interface Balancer {
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
  /** "" for a shared one. */
  readonly performanceLevel: string;
  readonly paymentTiming: "Prepaid" | "Postpaid";
  readonly billingMethod: string;
  /** "" when postpaid. */
  readonly expireTime: string;
  readonly renewal: Renewal | null;
  /** Becomes postpaid when its term ends. */
  readonly toPostpaid: boolean;
  readonly securityGroups: readonly string[];
  readonly enterpriseSecurityGroups: readonly string[];
  readonly name: string;
  readonly desc: string;
  readonly status: "creating" | "available" | "updating" | "paused" | "unavailable";
  readonly allowDelete: boolean;
  /** Protection at the console, which the API does not heed. */
  readonly allowModify: boolean;
  readonly modificationProtectionReason: string;
  readonly supportAcl: boolean;
  readonly listeners: readonly BlbListener[];
}

/** An ordinary one: all listeners share its backends. */
export interface Blb extends Balancer {
  readonly backends: readonly BlbBackend[];
}

/** A dedicated cluster that load balancers can be put on. */
export interface DedicatedCluster {
  readonly id: string;
  readonly name: string;
  readonly type: "4Layer" | "7Layer";
  readonly ccuCount: number;
  readonly desc: string;
  readonly createTime: string;
  readonly expireTime: string;
  readonly tags: readonly Tag[];
}

type Has = Pick<Account, "store">;

/** Load balancers (BLB). */
export const blbsOf = ({ store }: Has) => store.table<Blb>("blbs");
export const dedicatedClustersOf = ({ store }: Has) => store.table<DedicatedCluster>("dedicatedClusters");
