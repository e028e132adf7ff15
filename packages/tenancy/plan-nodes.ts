import type { Node, Taint } from "@ccm/kube";
import { TENANT_LABEL } from "./names.ts";
import type { Observed, Problem } from "./observed.ts";
import { same } from "./same.ts";
import type { ObjectStep } from "./steps.ts";

export interface NodePlan {
  readonly steps: readonly ObjectStep[];
  /** How many nodes are the tenant's. */
  readonly count: number;
  readonly problems: readonly Problem[];
}

export function matches(
  labels: Readonly<Record<string, string>> = {},
  selector: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** Labels, and taints when they are dedicated, the nodes of the tenant's pools. A node that is another's stays so. */
export function planNodes({ tenant, nodes }: Observed): NodePlan {
  const name = tenant.metadata.name ?? "";
  const pools = tenant.metadata.deletionTimestamp ? undefined : tenant.spec.nodePools;
  const steps: ObjectStep[] = [];
  const problems: Problem[] = [];
  const foreign: string[] = [];
  let count = 0;
  for (const node of nodes) {
    const { labels = {} } = node.metadata;
    const holder = labels[TENANT_LABEL];
    const wanted = pools !== undefined && matches(labels, pools.selector);
    if (wanted && holder !== undefined && holder !== name) {
      foreign.push(`${node.metadata.name} of tenant ${holder}`);
      continue;
    }
    if (wanted) count++;
    if (wanted || holder === name) steps.push(...nodeStep(node, wanted ? name : undefined, pools?.dedicated === true));
  }
  if (foreign.length > 0) {
    const some = foreign.slice(0, 3).join(", ");
    const more = foreign.length > 3 ? ` and ${foreign.length - 3} more` : "";
    problems.push({ reason: "NodesOfOthers", message: `spec.nodePools.selector also chooses ${some}${more}` });
  }
  if (pools && count === 0) {
    problems.push({
      reason: "NoNodes",
      message: "spec.nodePools.selector chooses no node: Pods of the tenant cannot run",
    });
  }
  return { steps, count, problems };
}

function nodeStep(node: Node, tenant: string | undefined, dedicated: boolean): readonly ObjectStep[] {
  const { name = "", resourceVersion, labels = {} } = node.metadata;
  const taints = node.spec?.taints ?? [];
  const others = taints.filter(({ key }) => key !== TENANT_LABEL);
  const own: readonly Taint[] = tenant && dedicated ? [{ key: TENANT_LABEL, value: tenant, effect: "NoSchedule" }] : [];
  const labelled = labels[TENANT_LABEL] === tenant;
  const tainted = same(
    taints.filter(({ key }) => key === TENANT_LABEL),
    own,
  );
  if (labelled && tainted) return [];
  const body = {
    // Taints are one list: somebody else's must not be lost.
    metadata: { resourceVersion, ...(labelled ? {} : { labels: { [TENANT_LABEL]: tenant ?? null } }) },
    ...(tainted ? {} : { spec: { taints: [...others, ...own] } }),
  };
  return [{ facet: "nodes", verb: "patch", kind: "Node", ref: { name }, body }];
}
