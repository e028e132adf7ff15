import type { Backend, Eip, Listener, LoadBalancer, SecurityGroup, Tag } from "@ccm/bce";
import type { IpFamily } from "@ccm/cloud-provider";

/** What is in the cloud for one Service: plain data. */
export interface Observed {
  readonly blb: ObservedLoadBalancer | undefined;
  /** Why the load balancer that the Service names may not be touched; "": it may, or there is none. */
  readonly refused: string;
  /** More load balancers made for this Service: only one is needed. */
  readonly surplus: readonly string[];
  /** Addresses made for this Service. */
  readonly ownEips: readonly Eip[];
  /** The address that the Service names in spec.loadBalancerIP, if the account has it. */
  readonly givenEip: Eip | undefined;
  /** One that it named before, that we bound, and that is still bound to its load balancer. */
  readonly formerEip: Eip | undefined;
  /** The security group made for this Service. */
  readonly securityGroup: SecurityGroup | undefined;
}

export interface ObservedLoadBalancer {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** In the VPC. */
  readonly address: string;
  /** Of a dual-stack one, in the VPC; "" for none. */
  readonly ipv6: string;
  readonly status: LoadBalancer["status"];
  /** Bound to it; "" for none. */
  readonly publicIp: string;
  readonly publicIpv6: string;
  /** Made by us for this Service: everything on it is ours, and it goes with the Service. */
  readonly ours: boolean;
  readonly tags: readonly Tag[];
  /** Nobody can delete it. */
  readonly protectedFromDeletion: boolean;
  /** Only looked up for Services that ask for one; undefined: not looked up. */
  readonly performanceLevel: string | undefined;
  readonly listeners: readonly Listener[];
  /** Of the listeners on a load balancer that is not ours: those that this Service made, as `TCP/80`. */
  readonly ownListeners: ReadonlySet<string>;
  readonly backends: readonly Backend[];
  /** Of the backends on a load balancer that is not ours: those that are nodes of this cluster. */
  readonly clusterInstances: ReadonlySet<string>;
  /** Whether the security group made for this Service is bound to it. */
  readonly guarded: boolean;
}

export function listenerKey(listener: Pick<Listener, "listenerType" | "listenerPort">): string {
  return `${listener.listenerType}/${listener.listenerPort}`;
}

/** What two listeners cannot have both: all but UDP come over TCP. */
export function transportKey({ listenerType, listenerPort }: Pick<Listener, "listenerType" | "listenerPort">): string {
  return `${listenerType === "UDP" ? "UDP" : "TCP"}/${listenerPort}`;
}

export function isOwnListener(
  blb: ObservedLoadBalancer,
  listener: Pick<Listener, "listenerType" | "listenerPort">,
): boolean {
  return blb.ours || blb.ownListeners.has(listenerKey(listener));
}

export function familyOf(address: string): IpFamily {
  return address.includes(":") ? "IPv6" : "IPv4";
}

/** The public address bound to it, whoever's it is; "" for none. */
export function publicAddress(blb: ObservedLoadBalancer | undefined, family: IpFamily): string {
  if (!blb) return "";
  if (family === "IPv6") return blb.publicIpv6 || (familyOf(blb.publicIp) === "IPv6" ? blb.publicIp : "");
  return familyOf(blb.publicIp) === "IPv4" ? blb.publicIp : "";
}

/** Its address in the VPC; "" for none. */
export function privateAddress(blb: ObservedLoadBalancer, family: IpFamily): string {
  return familyOf(blb.address) === family ? blb.address : family === "IPv6" ? blb.ipv6 : "";
}
