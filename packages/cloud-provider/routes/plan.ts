import type { Cidr } from "@ccm/base";
import type { Node } from "@ccm/kube";
import type { Route } from "../contract.ts";
import { isResponsibleFor } from "./cluster-cidrs.ts";

export interface RoutePlan {
  readonly add: readonly { readonly node: Node; readonly cidr: string }[];
  readonly remove: readonly Route[];
  /** Nodes by name, with the Pod CIDRs that have their route already. */
  readonly kept: ReadonlyMap<string, readonly string[]>;
}

/** What has to be done so that each Pod CIDR of each Node has exactly its route. Routes outside the cluster's CIDRs are left alone. */
export function planRoutes(routes: readonly Route[], nodes: readonly Node[], clusterCidrs: readonly Cidr[]): RoutePlan {
  const present = new Set(
    routes.filter(({ blackhole }) => !blackhole).map((route) => key(route.targetNode, route.destinationCidr)),
  );
  const wanted = new Set<string>();
  const add: { node: Node; cidr: string }[] = [];
  const kept = new Map<string, string[]>();
  for (const node of nodes) {
    const name = node.metadata.name ?? "";
    for (const cidr of podCidrsOf(node)) {
      if (wanted.has(key(name, cidr))) continue;
      wanted.add(key(name, cidr));
      if (present.has(key(name, cidr))) kept.set(name, [...(kept.get(name) ?? []), cidr]);
      else add.push({ node, cidr });
    }
  }
  const seen = new Set<string>();
  const remove = routes.filter((route) => {
    if (!isResponsibleFor(route.destinationCidr, clusterCidrs)) return false;
    const id = key(route.targetNode, route.destinationCidr);
    const duplicate = seen.has(id);
    seen.add(id);
    return route.blackhole || duplicate || !wanted.has(id);
  });
  return { add, remove, kept };
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
