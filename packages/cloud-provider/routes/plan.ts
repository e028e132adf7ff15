import type { Cidr } from "@ccm/base";
import type { Node } from "@ccm/kube";
import type { Route } from "../contract.ts";
import { isResponsibleFor } from "./cluster-cidrs.ts";

export interface RoutePlan {
  readonly add: readonly { readonly node: Node; readonly cidr: string }[];
  readonly remove: readonly Route[];
}

/** What has to be done so that each Pod CIDR of each Node has exactly its route. Routes outside the cluster's CIDRs are left alone. */
export function planRoutes(routes: readonly Route[], nodes: readonly Node[], clusterCidrs: readonly Cidr[]): RoutePlan {
  const add = new Map<string, { node: Node; cidr: string }>();
  for (const node of nodes) {
    for (const cidr of podCidrsOf(node)) add.set(key(node.metadata.name ?? "", cidr), { node, cidr });
  }
  const wanted = new Set(add.keys());
  const remove: Route[] = [];
  for (const route of routes) {
    const id = key(route.targetNode, route.destinationCidr);
    // The first good route to a wanted destination stays; a second one of the same is one too many.
    const stays = !route.blackhole && wanted.delete(id);
    if (stays) add.delete(id);
    else if (isResponsibleFor(route.destinationCidr, clusterCidrs)) remove.push(route);
  }
  return { add: [...add.values()], remove };
}

/** A Node without a provider ID has no machine yet that a route could point to. */
export function podCidrsOf(node: Node): readonly string[] {
  const { podCIDR, podCIDRs, providerID } = node.spec ?? {};
  if (!providerID) return [];
  return podCIDRs && podCIDRs.length > 0 ? podCIDRs : podCIDR ? [podCIDR] : [];
}

function key(node: string, cidr: string): string {
  return `${node} ${cidr}`;
}
