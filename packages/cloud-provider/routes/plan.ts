import type { Cidr } from "@ccm/base";
import type { Node, NodeAddress } from "@ccm/kube";
import type { Route } from "../contract.ts";
import { TAINT_UNINITIALIZED } from "../well-known.ts";
import { isResponsibleFor } from "./cluster-cidrs.ts";

export interface MissingRoute {
  readonly node: Node;
  readonly cidr: string;
}

export interface RoutePlan {
  readonly add: readonly MissingRoute[];
  readonly remove: readonly Route[];
  /** Missing too, but of Nodes that the cloud has not been asked about yet: there is nothing to route to. */
  readonly later: readonly MissingRoute[];
}

/**
 * What has to be done so that each Pod CIDR of each Node has exactly its route. Routes outside of the cluster's CIDRs are
 * left alone. A CIDR is compared by its text, as upstream does.
 */
export function planRoutes(
  routes: readonly Route[],
  nodes: readonly Node[],
  clusterCidrs: readonly Cidr[],
  wants: (node: Node) => boolean = () => true,
): RoutePlan {
  const wanted = new Map<string, MissingRoute>();
  for (const node of nodes) {
    if (!wants(node)) continue;
    for (const cidr of podCidrsOf(node)) wanted.set(key(node.metadata.name ?? "", cidr), { node, cidr });
  }
  const missing = new Map(wanted);
  const remove: Route[] = [];
  for (const route of routes) {
    const id = key(route.targetNode, route.destinationCidr);
    const want = wanted.get(id);
    // The first good route to a wanted destination stays; a second one of the same is one too many.
    const stays = want !== undefined && isRouteFor(route, want) && missing.delete(id);
    if (!stays && isResponsibleFor(route.destinationCidr, clusterCidrs)) remove.push(route);
  }
  const { add = [], later = [] } = Object.groupBy(missing.values(), ({ node }) => (isKnown(node) ? "add" : "later"));
  return { add, remove, later };
}

export function podCidrsOf({ spec }: Node): readonly string[] {
  const { podCIDR, podCIDRs = [] } = spec ?? {};
  return podCIDRs.length > 0 ? podCIDRs : podCIDR ? [podCIDR] : [];
}

/** Whether it has met the cloud: its initialisation is over, or is no business of a cloud controller manager. */
export function isKnown({ spec }: Node): boolean {
  return Boolean(spec?.providerID) || !spec?.taints?.some(({ key: taint }) => taint === TAINT_UNINITIALIZED);
}

/** Whether it is this route, as it has to be: to this Node, and where the cloud routes to addresses, to those it has now. */
export function isRouteFor(route: Route, { node, cidr }: MissingRoute): boolean {
  if (route.targetNode !== node.metadata.name || route.destinationCidr !== cidr || route.blackhole) return false;
  if (!route.enableNodeAddresses) return true;
  const text = (address: NodeAddress) => `${address.type} ${address.address}`;
  const { targetNodeAddresses = [] } = route;
  const known = new Set(targetNodeAddresses.map(text));
  const { addresses = [] } = node.status ?? {};
  return addresses.length === targetNodeAddresses.length && addresses.every((address) => known.has(text(address)));
}

function key(node: string, cidr: string): string {
  return `${node} ${cidr}`;
}
