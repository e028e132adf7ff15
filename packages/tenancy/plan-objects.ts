import type { Managed } from "./desired/managed.ts";
import { MANAGED_KINDS, type ManagedKind } from "./kinds.ts";
import type { Found } from "./observed.ts";
import { contentOf, same } from "./same.ts";
import type { Facet, ObjectStep } from "./steps.ts";

const FACETS: Readonly<Record<ManagedKind, Facet>> = {
  ClusterRole: "owners",
  ClusterRoleBinding: "owners",
  RoleBinding: "owners",
  LimitRange: "limits",
  ResourceQuota: "quota",
  NetworkPolicy: "network",
  Secret: "registries",
};
/** Fields that the API server does not let change. */
const FIXED = ["roleRef", "type"] as const;

/** Makes what is missing, puts right what has drifted, and deletes what nobody wants any more. */
export function planObjects(desired: readonly Managed[], found: readonly Found[]): readonly ObjectStep[] {
  const there = new Map(found.map((one) => [idOf(one), one]));
  const wanted = new Set(desired.map(idOf));
  const steps: ObjectStep[] = [];
  for (const { facet, kind, object } of ordered(desired)) {
    const now = there.get(idOf({ kind, object }))?.object;
    if (!now) {
      steps.push({ facet, verb: "create", kind, object });
      continue;
    }
    const [is, must] = [contentOf(now), contentOf(object)];
    if (same(is, must)) continue;
    if (FIXED.some((field) => !same(is[field], must[field]))) {
      steps.push(deletion({ kind, object: now }), { facet, verb: "create", kind, object });
      continue;
    }
    // With its version: who was faster is read again first.
    const metadata = {
      ...now.metadata,
      ...object.metadata,
      labels: { ...now.metadata.labels, ...object.metadata.labels },
    };
    steps.push({ facet, verb: "update", kind, object: { ...object, metadata } });
  }
  return [...steps, ...found.filter((one) => !wanted.has(idOf(one))).map(deletion)];
}

function deletion({ kind, object }: Found): ObjectStep {
  const { namespace, name = "", uid } = object.metadata;
  const ref = namespace ? { namespace, name } : { name };
  return { facet: FACETS[kind], verb: "delete", kind, ref, ...(uid ? { uid } : {}) };
}

/** RoleBindings come last: when an owner can come in, limits and quotas are there. */
function ordered(desired: readonly Managed[]): readonly Managed[] {
  return MANAGED_KINDS.flatMap((kind) => desired.filter((one) => one.kind === kind));
}

function idOf({ kind, object }: Found): string {
  return `${kind} ${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}
