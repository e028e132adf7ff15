import type { Backend, Eip, Listener, LoadBalancer } from "@ccm/bce";

/** What is in the cloud for one Service: plain data. */
export interface Observed {
  readonly blb: ObservedLoadBalancer | undefined;
  /** More load balancers made for this Service: only one is needed. */
  readonly surplus: readonly string[];
  /** Addresses made for this Service. */
  readonly ownEips: readonly Eip[];
  /** The address that the Service names in spec.loadBalancerIP, if the account has it. */
  readonly givenEip: Eip | undefined;
}

export interface ObservedLoadBalancer {
  readonly id: string;
  /** In the VPC. */
  readonly address: string;
  readonly status: LoadBalancer["status"];
  /** Bound to it; "" for none. */
  readonly publicIp: string;
  /** Made by us for this Service: everything on it is ours, and it goes with the Service. */
  readonly ours: boolean;
  readonly listeners: readonly Listener[];
  /** Of the listeners on a load balancer that is not ours: those that this Service made, as `TCP/80`. */
  readonly ownListeners: ReadonlySet<string>;
  readonly backends: readonly Backend[];
  /** Of the backends on a load balancer that is not ours: those that are nodes of this cluster. */
  readonly clusterInstances: ReadonlySet<string>;
}

export function listenerKey(listener: Pick<Listener, "listenerType" | "listenerPort">): string {
  return `${listener.listenerType}/${listener.listenerPort}`;
}
