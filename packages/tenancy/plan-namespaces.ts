import type { Namespace } from "@ccm/kube";
import { namespaceMarks, namespacePatch } from "./desired/namespace.ts";
import { ADOPT_LABEL, GROUP, TENANT_LABEL, VERSION } from "./names.ts";
import type { Observed, Problem } from "./observed.ts";
import { same } from "./same.ts";
import type { ObjectStep } from "./steps.ts";
import type { TenantNamespace } from "./tenant.ts";

export interface NamespacePlan {
  readonly steps: readonly ObjectStep[];
  /** The tenant's namespaces as they will be, without those that are going. */
  readonly names: readonly string[];
  readonly problems: readonly Problem[];
}

const facet = "namespaces" as const;

/** Which namespaces the tenant gets: those asked for by its owners, those adopted; and what all of them say. */
export function planNamespaces(observed: Observed): NamespacePlan {
  const { tenant, namespaces, requests, taken } = observed;
  const steps: ObjectStep[] = [];
  const problems: Problem[] = [];
  const max = tenant.spec.namespaces?.max ?? Number.POSITIVE_INFINITY;
  const names = new Set(namespaces.flatMap((one) => (one.metadata.deletionTimestamp ? [] : [nameOf(one)])));
  let count = namespaces.length;
  for (const request of oldestFirst(requests)) {
    const name = nameOf(request);
    const existing = taken[name];
    const refusal = existing
      ? refuseExisting(request, existing)
      : (refuseNew(observed, request) ?? (count < max ? undefined : tooMany(observed, max)));
    if (!refusal && !existing) {
      steps.push({ facet, verb: "create", kind: "Namespace", object: newNamespace(observed, request) });
      names.add(name);
      count++;
    }
    steps.push(...requestStatus(request, refusal));
  }
  const approved = new Set(tenant.spec.namespaces?.adopt ?? []);
  for (const asker of oldestFirst(observed.askers)) {
    const name = nameOf(asker);
    if (!approved.has(name)) {
      problems.push({
        reason: "AdoptionNotApproved",
        message: `namespace ${name} asks to be adopted: spec.namespaces.adopt does not name it`,
      });
    } else if (count >= max) {
      problems.push({
        reason: "TooManyNamespaces",
        message: `namespace ${name} is not adopted: ${tooMany(observed, max)}`,
      });
    } else {
      steps.push(...marked(observed, asker));
      names.add(name);
      count++;
    }
  }
  for (const namespace of namespaces)
    if (!namespace.metadata.deletionTimestamp) steps.push(...marked(observed, namespace));
  if (namespaces.length > max) {
    problems.push({ reason: "TooManyNamespaces", message: tooMany(observed, max) });
  }
  return { steps, names: [...names].sort(), problems };
}

/** Takes from namespaces all that the tenant has put on them. */
export function releaseNamespaces({ namespaces }: Observed): readonly ObjectStep[] {
  return namespaces.flatMap((namespace): readonly ObjectStep[] => {
    const body = namespacePatch(namespace, undefined);
    return body
      ? [{ facet: "deletion", verb: "patch", kind: "Namespace", ref: { name: nameOf(namespace) }, body }]
      : [];
  });
}

function marked({ tenant, requests }: Observed, namespace: Namespace): readonly ObjectStep[] {
  const request = requests.find((one) => nameOf(one) === nameOf(namespace));
  const body = namespacePatch(namespace, namespaceMarks(tenant, request?.spec.labels));
  return body ? [{ facet, verb: "patch", kind: "Namespace", ref: { name: nameOf(namespace) }, body }] : [];
}

function newNamespace({ tenant }: Observed, request: TenantNamespace): Namespace {
  const { name = "", uid = "" } = request.metadata;
  const { labels, annotations } = namespaceMarks(tenant, request.spec.labels);
  return {
    metadata: {
      name,
      labels,
      annotations,
      // The cluster's garbage collector deletes the namespace after the request.
      ownerReferences: [{ apiVersion: `${GROUP}/${VERSION}`, kind: "TenantNamespace", name, uid }],
    },
  };
}

function refuseExisting(request: TenantNamespace, existing: Namespace): string | undefined {
  if (existing.metadata.labels?.[TENANT_LABEL] === request.spec.tenant) return undefined;
  return `namespace ${nameOf(existing)} exists and is not the tenant's: it can be adopted with the label ${ADOPT_LABEL} and the platform's approval`;
}

const RESERVED = /^(kube-|default$|openshift-)/;
const RESERVED_LABEL = /(^|\.)(kubernetes\.io|k8s\.io|baidubce\.com|clastix\.io)\//;

function refuseNew({ tenant }: Observed, request: TenantNamespace): string | undefined {
  const { prefix, selfService = true } = tenant.spec.namespaces ?? {};
  const name = nameOf(request);
  const label = Object.keys(request.spec.labels ?? {}).find((key) => RESERVED_LABEL.test(key));
  if (tenant.spec.suspended) return "the tenant is suspended";
  if (!selfService) return "the tenant has no self-service: spec.namespaces.selfService is false";
  if (RESERVED.test(name)) return `${name} is a name for the cluster's own namespaces`;
  if (prefix && !name.startsWith(prefix)) return `the name must begin with ${prefix}`;
  if (label) return `label ${label} is not for tenants to set`;
  return undefined;
}

function tooMany({ namespaces }: Observed, max: number): string {
  return `the tenant has ${namespaces.length} namespaces, and may have ${max} (spec.namespaces.max)`;
}

function requestStatus(request: TenantNamespace, refusal: string | undefined): readonly ObjectStep[] {
  const status = refusal ? { phase: "Refused", message: refusal } : { phase: "Ready" };
  if (same(request.status ?? {}, status)) return [];
  const body = { status: { message: null, ...status } };
  return [
    { facet, verb: "patch", kind: "TenantNamespace", ref: { name: nameOf(request) }, body, subresource: "status" },
  ];
}

function oldestFirst<T extends Namespace | TenantNamespace>(objects: readonly T[]): readonly T[] {
  const age = ({ metadata }: T) => `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
  return [...objects].sort((a, b) => (age(a) < age(b) ? -1 : 1));
}

function nameOf({ metadata }: Namespace | TenantNamespace): string {
  return metadata.name ?? "";
}
