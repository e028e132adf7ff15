import type { KubeObject, Secret } from "@ccm/kube";
import { limitRanges } from "./desired/limits.ts";
import { networkPolicies } from "./desired/network.ts";
import { clusterRoles, iamGrants, roleBindings } from "./desired/owners.ts";
import { pullSecrets } from "./desired/pull-secret.ts";
import { resourceQuotas } from "./desired/quota.ts";
import { FINALIZER } from "./names.ts";
import { type Observed, type Problem, quotasOf } from "./observed.ts";
import { planNamespaces, releaseNamespaces } from "./plan-namespaces.ts";
import { planNodes } from "./plan-nodes.ts";
import { planObjects } from "./plan-objects.ts";
import { endRobot, planRobot, robotRecord, usableSource } from "./robot.ts";
import { same } from "./same.ts";
import type { IamGrant, ObjectStep, Step } from "./steps.ts";
import type { Tenant } from "./tenant.ts";

export interface Plan {
  readonly steps: readonly Step[];
  readonly problems: readonly Problem[];
  readonly nodes: number;
  /** What IAM users have, or are about to have: to be written into the status before the steps. */
  readonly iamGrants: readonly IamGrant[];
}

/** What is to be done so that everything is as the tenant says. Nothing, when it is. */
export function plan(observed: Observed): Plan {
  const { tenant } = observed;
  if (!tenant.metadata.deletionTimestamp) return planLiving(observed);
  const policy = tenant.spec.deletionPolicy ?? "Refuse";
  if (policy === "Orphan") return planEnd(observed, releaseNamespaces(observed));
  if (policy === "Refuse") {
    const { holdings } = observed;
    if (holdings === undefined)
      return waiting(observed, "DeletionPending", "what the namespaces hold is not known yet");
    if (holdings.length > 0) {
      const what = `${holdings.slice(0, 5).join("; ")}${holdings.length > 5 ? ` and ${holdings.length - 5} more` : ""}`;
      const help = "empty them, or set spec.deletionPolicy to Orphan or Delete";
      return waiting(observed, "DeletionRefused", `namespaces are not empty (${what}): ${help}`);
    }
  }
  return planEnd(observed, deleteNamespaces(observed));
}

/** A tenant that is to go, and cannot yet, keeps all it has. */
function waiting(observed: Observed, reason: string, message: string): Plan {
  const living = planLiving({ ...observed, requests: [], taken: {}, askers: [] });
  return { ...living, problems: [...living.problems, { reason, message }] };
}

function planLiving(observed: Observed): Plan {
  const { tenant, requests, managed, pullSource } = observed;
  const namespaces = planNamespaces(observed);
  const nodes = planNodes(observed);
  const { names } = namespaces;
  const desired = [
    ...clusterRoles(tenant, requests),
    ...limitRanges(tenant, names),
    ...resourceQuotas(tenant, names, quotasOf(observed)),
    ...networkPolicies(tenant, names),
    ...pullSecrets(tenant, names, usableSource(pullSource)),
    ...roleBindings(tenant, names),
  ];
  const iam = planIam(tenant, iamGrants(tenant, names), observed.grants);
  const registries = planRegistries(observed, names);
  return {
    steps: [
      ...finalizer(tenant, true),
      ...namespaces.steps,
      ...nodes.steps,
      ...planObjects(desired, managed.filter(reachable(observed))),
      // What the cloud has is taken back only from a tenant that cannot go before.
      ...(tenant.metadata.finalizers?.includes(FINALIZER) ? [...registries.steps, ...iam.steps] : []),
    ],
    problems: [...namespaces.problems, ...nodes.problems, ...registries.problems, ...iam.problems],
    nodes: nodes.count,
    iamGrants: iam.known,
  };
}

/** All that was made for the tenant goes, and then the tenant. */
function planEnd(observed: Observed, first: readonly ObjectStep[]): Plan {
  const { tenant, managed, namespaces, grants, pullSource } = observed;
  const iam = planIam(tenant, [], grants);
  const steps: readonly Step[] = [
    ...first,
    ...planNodes(observed).steps,
    ...planObjects([], managed.filter(reachable(observed))),
    ...iam.steps,
    ...endRobot(tenant, pullSource),
    ...(pullSource && !robotRecord(pullSource) ? [deletePullSource(pullSource)] : []),
  ];
  const orphaned = tenant.spec.deletionPolicy === "Orphan";
  const left = orphaned ? [] : namespaces.map(({ metadata }) => metadata.name);
  const problems = [...iam.problems];
  if (left.length > 0)
    problems.push({ reason: "NamespacesEnding", message: `namespaces are going: ${left.join(", ")}` });
  const done = steps.length === 0 && problems.length === 0;
  return { steps: done ? finalizer(tenant, false) : steps, problems, nodes: 0, iamGrants: iam.known };
}

function deleteNamespaces({ namespaces, requests }: Observed): readonly ObjectStep[] {
  const going = (kind: "Namespace" | "TenantNamespace", objects: readonly KubeObject[]): readonly ObjectStep[] =>
    objects
      .filter(({ metadata }) => !metadata.deletionTimestamp)
      .map(({ metadata: { name = "", uid } }) => ({
        facet: "deletion" as const,
        verb: "delete" as const,
        kind,
        ref: { name },
        ...(uid ? { uid } : {}),
      }));
  return [...going("TenantNamespace", requests), ...going("Namespace", namespaces)];
}

function deletePullSource({ metadata: { name = "", namespace = "", uid } }: Secret): ObjectStep {
  return { facet: "registries", verb: "delete", kind: "Secret", ref: { namespace, name }, ...(uid ? { uid } : {}) };
}

/** What is in a namespace that is going goes with it. */
function reachable({ namespaces }: Observed) {
  const going = new Set(namespaces.flatMap(({ metadata }) => (metadata.deletionTimestamp ? [metadata.name] : [])));
  return ({ object }: { readonly object: { readonly metadata: { readonly namespace?: string } } }) =>
    !going.has(object.metadata.namespace ?? "");
}

/**
 * Grants in the cloud have no mark of ours: only those that the status names are taken back. It names what was meant to be
 * granted, so what is there is what the cloud says, and nothing is done until it has said so.
 */
function planIam(tenant: Tenant, wanted: readonly IamGrant[], seen: readonly IamGrant[] | undefined) {
  const recorded = tenant.status?.iamGrants ?? [];
  if (!seen) {
    const concerned = wanted.length + recorded.length > 0;
    const message = "the cloud has not said what its users may do: grants of IAM owners are as they were";
    return { steps: [], known: recorded, problems: concerned ? [{ reason: "CloudNotAsked", message }] : [] };
  }
  const place = ({ user, namespace }: IamGrant) => `${user} ${namespace}`;
  const places = new Set(wanted.map(place));
  const there = new Set(seen.map(place));
  const gone = recorded.filter((grant) => !places.has(place(grant)) && there.has(place(grant)));
  const missing = wanted.filter((grant) => !seen.some((one) => same(one, grant)));
  const steps: readonly Step[] = [
    ...gone.map((grant) => ({ facet: "iam" as const, verb: "revoke" as const, grant })),
    ...missing.map((grant) => ({ facet: "iam" as const, verb: "grant" as const, grant })),
  ];
  return { steps, known: [...wanted, ...gone], problems: [] };
}

function planRegistries({ tenant, serviceAccounts, pullSource }: Observed, names: readonly string[]) {
  const secret = tenant.spec.registries?.pullSecret;
  const robot = planRobot(tenant, pullSource);
  const steps = [...robot.steps];
  const { problems } = robot;
  if (!secret) return { steps, problems };
  if (!usableSource(pullSource)) return { steps, problems };
  for (const { metadata, imagePullSecrets = [] } of serviceAccounts) {
    const { namespace = "", name = "", resourceVersion } = metadata;
    if (!names.includes(namespace) || imagePullSecrets.some((one) => one.name === secret.name)) continue;
    const body = { metadata: { resourceVersion }, imagePullSecrets: [...imagePullSecrets, { name: secret.name }] };
    steps.push({ facet: "registries", verb: "patch", kind: "ServiceAccount", ref: { namespace, name }, body });
  }
  return { steps, problems };
}

function finalizer({ metadata }: Tenant, wanted: boolean): readonly ObjectStep[] {
  const { finalizers = [], name = "", resourceVersion } = metadata;
  if (finalizers.includes(FINALIZER) === wanted || (wanted && metadata.deletionTimestamp)) return [];
  const next = wanted ? [...finalizers, FINALIZER] : finalizers.filter((one) => one !== FINALIZER);
  const body = { metadata: { resourceVersion, finalizers: next } };
  return [{ facet: "deletion", verb: "patch", kind: "Tenant", ref: { name }, body }];
}
