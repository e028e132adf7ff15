import type { Account } from "../../account.ts";
import { applicationFamily, type Family } from "../blb/mutate.ts";
import type { Balancer, BlbBackend } from "../blb/records.ts";

/** As the wire names them; defaults filled in. */
export interface HealthCheck {
  readonly enableHealthCheck: boolean;
  readonly healthCheck: string;
  readonly healthCheckPort: number;
  readonly healthCheckUrlPath: string;
  readonly healthCheckHost: string;
  readonly healthCheckTimeoutInSecond: number;
  readonly healthCheckIntervalInSecond: number;
  readonly healthCheckDownRetry: number;
  readonly healthCheckUpRetry: number;
  readonly healthCheckNormalStatus: string;
  readonly udpHealthCheckString: string;
}

export interface GroupPort extends HealthCheck {
  readonly id: string;
  readonly port: number;
  readonly type: string;
}

export interface ServerGroup {
  readonly id: string;
  readonly name: string;
  readonly desc: string;
  readonly preserveClientIpEnabled: boolean;
  readonly ports: readonly GroupPort[];
  readonly members: readonly BlbBackend[];
}

/** How members of an IP group are spoken to: one for each protocol. */
export interface IpGroupPolicy extends HealthCheck {
  readonly id: string;
  readonly type: string;
}

export interface IpGroupMember {
  readonly memberId: string;
  readonly ip: string;
  readonly port: number;
  readonly weight: number;
  readonly desc: string;
}

export interface IpGroup {
  readonly id: string;
  readonly name: string;
  readonly desc: string;
  readonly preserveClientIpEnabled: boolean;
  readonly groupTargetType: string;
  readonly policies: readonly IpGroupPolicy[];
  readonly members: readonly IpGroupMember[];
}

/** Which requests at a listener go to which group. */
export interface Policy {
  readonly id: string;
  readonly listenerPort: number;
  readonly listenerType: string;
  /** "" where it is the other one. */
  readonly appServerGroupId: string;
  readonly appIpGroupId: string;
  /** A port of the server group; 0 for an IP group. */
  readonly backendPort: number;
  readonly portType: string;
  /** The lowest number goes first. */
  readonly priority: number;
  readonly desc: string;
  readonly rules: readonly { readonly id: string; readonly key: string; readonly value: string }[];
}

export interface AppBlb extends Balancer {
  readonly serverGroups: readonly ServerGroup[];
  readonly ipGroups: readonly IpGroup[];
  readonly policies: readonly Policy[];
}

/** Application load balancers (AppBLB). */
export const appBlbsOf = ({ store }: Pick<Account, "store">) => store.table<AppBlb>("appBlbs");

export const APP: Family<AppBlb> = applicationFamily(appBlbsOf);
