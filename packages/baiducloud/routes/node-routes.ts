import { parseCidr } from "@ccm/base";
import { CloudError } from "@ccm/cloud-provider";
import type { Node } from "@ccm/kube";

/** "false" on a Node: no routes to its Pods, and existing ones go. The key and its values are those of the former CCM. */
export const ANNOTATION_ADVERTISE = "node.alpha.kubernetes.io/advertise-route";

/**
 * "external" on a Node: another controller keeps its routes, such as the operator of CCE's own network plugin, and they
 * are neither made nor removed here. Both write the same marks, so whoever comes next finds them as they have to be.
 */
export const ANNOTATION_ROUTES = "cloud-provider-baiducloud/routes";

export type RouteMode = "wanted" | "unwanted" | "external";

/** As Go reads a bool. */
const TRUE = new Set(["1", "t", "T", "true", "True", "TRUE"]);
const FALSE = new Set(["0", "f", "F", "false", "False", "FALSE"]);

/** What a Node says of its routes. An annotation that says nothing known is as if it were absent: see `checkRouteMode`. */
export function routeModeOf({ metadata: { annotations = {} } }: Node): RouteMode {
  if (annotations[ANNOTATION_ROUTES] === "external") return "external";
  return FALSE.has(annotations[ANNOTATION_ADVERTISE] ?? "") ? "unwanted" : "wanted";
}

/** Throws a CloudError that names key, value and what was expected. */
export function checkRouteMode({ metadata: { name, annotations = {} } }: Node): void {
  const refuse = (key: string, expected: string) => {
    const value = (annotations[key] ?? "").slice(0, 60);
    throw new CloudError("permanent", `node ${name}: annotation ${key}: expected ${expected}, got "${value}"`);
  };
  const advertise = annotations[ANNOTATION_ADVERTISE];
  if (advertise !== undefined && !TRUE.has(advertise) && !FALSE.has(advertise)) {
    refuse(ANNOTATION_ADVERTISE, "true or false");
  }
  const routes = annotations[ANNOTATION_ROUTES];
  if (routes !== undefined && routes !== "external") refuse(ANNOTATION_ROUTES, "external");
}

/** One spelling for a range: the cloud need not write an IPv6 one as Kubernetes does. What is no range stays as it is. */
export function rangeOf(cidr: string): string {
  const parsed = parseCidr(cidr);
  return parsed ? `${parsed.family}:${parsed.first}/${parsed.bits}` : cidr;
}

export function podCidrsOf({ spec = {} }: Node): readonly string[] {
  const { podCIDR, podCIDRs = [] } = spec;
  return podCIDRs.length > 0 ? podCIDRs : podCIDR ? [podCIDR] : [];
}
