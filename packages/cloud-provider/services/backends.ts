import type { Node } from "@ccm/kube";
import { LABEL_EXCLUDE_BALANCERS, TAINT_TO_BE_DELETED } from "../well-known.ts";

const FALSE = new Set(["0", "f", "F", "false", "False", "FALSE"]);

/** Whether load balancers may send to the node. Readiness does not count: that is what their health checks are for. */
export function isBackend(node: Node): boolean {
  if (node.metadata.deletionTimestamp) return false;
  const excluded = node.metadata.labels?.[LABEL_EXCLUDE_BALANCERS];
  if (excluded !== undefined && !FALSE.has(excluded)) return false;
  return !(node.spec?.taints ?? []).some(({ key }) => key === TAINT_TO_BE_DELETED);
}

/** The nodes that may be backends, in the order of their names. */
export function backendsOf(nodes: readonly Node[]): readonly Node[] {
  return nodes.filter(isBackend).sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
}

/** Two sets of backends with the same text are the same to a load balancer. */
export function backendsText(nodes: readonly Node[]): string {
  return JSON.stringify(nodes.map((node) => [node.metadata.name, node.spec?.providerID ?? ""]));
}
