import { errorText } from "@ccm/base";
import type { Node } from "@ccm/kube";
import { LABEL_EXCLUDE_BALANCERS, TAINT_TO_BE_DELETED } from "../well-known.ts";

/** What Go's ParseBool takes for false; anything else that stands there excludes the node. */
const FALSE = new Set(["0", "f", "F", "false", "False", "FALSE"]);

/** Labels that a node must have. */
export type NodeSelector = Readonly<Record<string, string>>;

/** Whether load balancers may send to the node. Readiness does not count: that is what their health checks are for. */
export function isBackend(node: Node): boolean {
  if (node.metadata.deletionTimestamp || isExcluded(node)) return false;
  return !(node.spec?.taints ?? []).some(({ key }) => key === TAINT_TO_BE_DELETED);
}

/**
 * Whether a change of a Node is worth a look at all load balancers. Taints and deletion are not: the node drains by
 * itself, and whatever comes next takes them into account.
 */
export function backendChanged(before: Node, after: Node): boolean {
  return isExcluded(before) !== isExcluded(after) || before.spec?.providerID !== after.spec?.providerID;
}

/** The nodes that may be backends, in the order of their names. */
export function backendsOf(nodes: readonly Node[], selector: NodeSelector = {}): readonly Node[] {
  const labels = Object.entries(selector);
  return nodes
    .filter((node) => isBackend(node) && labels.every(([key, value]) => node.metadata.labels?.[key] === value))
    .sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
}

const NAMES_IN_MESSAGE = 20;

/** Upstream's words for a failed update of backends. */
export function updateFailure(backends: readonly Node[], error: unknown): string {
  const names = backends.slice(0, NAMES_IN_MESSAGE).map((node) => node.metadata.name);
  const more = backends.length - names.length;
  return (
    `Error updating load balancer with new hosts [${names.join(" ")}${more > 0 ? ` <${more} more>` : ""}] ` +
    `[node names limited, total number of nodes: ${backends.length}], error: ${errorText(error)}`
  );
}

function isExcluded(node: Node): boolean {
  const value = node.metadata.labels?.[LABEL_EXCLUDE_BALANCERS];
  return value !== undefined && !FALSE.has(value);
}
