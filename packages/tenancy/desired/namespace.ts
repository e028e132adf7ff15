import type { Namespace } from "@ccm/kube";
import {
  ADOPT_LABEL,
  APPLIED_ANNOTATION,
  CLOUD_OBJECTS_ANNOTATION,
  NODE_SELECTOR_ANNOTATION,
  PINNED_LABEL,
  REGISTRIES_ANNOTATION,
  STRICT_LABEL,
  SUSPENDED_LABEL,
  TENANT_LABEL,
  TOLERATIONS_ANNOTATION,
} from "../names.ts";
import type { Tenant } from "../tenant.ts";

type Texts = Readonly<Record<string, string>>;
type Changes = Readonly<Record<string, string | null>>;

const OWN_LABELS = [TENANT_LABEL, SUSPENDED_LABEL, PINNED_LABEL, STRICT_LABEL];
const OWN_ANNOTATIONS = [
  APPLIED_ANNOTATION,
  REGISTRIES_ANNOTATION,
  CLOUD_OBJECTS_ANNOTATION,
  NODE_SELECTOR_ANNOTATION,
  TOLERATIONS_ANNOTATION,
];
/** No host paths, no host network, no privileges: with these a Pod is out of its tenant. */
const POD_SECURITY = { "pod-security.kubernetes.io/enforce": "baseline" };

export interface NamespaceMarks {
  readonly labels: Texts;
  readonly annotations: Texts;
}

/** What a namespace of the tenant says of it: the policies, the scheduler and people read it there. */
export function namespaceMarks(tenant: Tenant, more: Texts = {}): NamespaceMarks {
  const { metadata, spec } = tenant;
  const name = metadata.name ?? "";
  const given = { ...POD_SECURITY, ...more, ...spec.namespaces?.labels };
  const allow = spec.registries?.allow ?? [];
  const objects = metadata.annotations?.[CLOUD_OBJECTS_ANNOTATION];
  const applied = {
    labels: Object.keys(given).sort(),
    annotations: Object.keys(spec.namespaces?.annotations ?? {}).sort(),
  };
  return {
    labels: {
      ...given,
      [TENANT_LABEL]: name,
      ...(spec.suspended ? { [SUSPENDED_LABEL]: "true" } : {}),
      ...(spec.nodePools ? { [PINNED_LABEL]: "true" } : {}),
      ...(spec.quota?.mode === "Strict" ? { [STRICT_LABEL]: "true" } : {}),
    },
    annotations: {
      ...spec.namespaces?.annotations,
      [APPLIED_ANNOTATION]: JSON.stringify(applied),
      ...(allow.length > 0 ? { [REGISTRIES_ANNOTATION]: allow.join(",") } : {}),
      ...(objects ? { [CLOUD_OBJECTS_ANNOTATION]: objects } : {}),
      ...(spec.nodePools ? { [NODE_SELECTOR_ANNOTATION]: `${TENANT_LABEL}=${name}` } : {}),
      ...(spec.nodePools?.dedicated ? { [TOLERATIONS_ANNOTATION]: JSON.stringify([tolerationOf(name)]) } : {}),
    },
  };
}

export function tolerationOf(tenant: string) {
  return { key: TENANT_LABEL, operator: "Equal", value: tenant, effect: "NoSchedule" };
}

/** The merge patch that makes the namespace so; undefined when it is. Keys that nobody of us has set stay. */
export function namespacePatch(namespace: Namespace, marks: NamespaceMarks | undefined) {
  const { labels = {}, annotations = {} } = namespace.metadata;
  const applied = appliedOf(annotations[APPLIED_ANNOTATION]);
  const ourLabels = [...OWN_LABELS, ...applied.labels, ...(marks ? [ADOPT_LABEL] : [])];
  const changed = {
    labels: changes(labels, marks?.labels ?? {}, ourLabels),
    annotations: changes(annotations, marks?.annotations ?? {}, [...OWN_ANNOTATIONS, ...applied.annotations]),
  };
  const metadata = Object.fromEntries(Object.entries(changed).filter(([, change]) => Object.keys(change).length > 0));
  return Object.keys(metadata).length > 0 ? { metadata } : undefined;
}

function changes(is: Texts, wanted: Texts, ours: readonly string[]): Changes {
  const gone = ours.filter((key) => key in is && !(key in wanted)).map((key) => [key, null] as const);
  const set = Object.entries(wanted).filter(([key, value]) => is[key] !== value);
  return Object.fromEntries([...gone, ...set]);
}

/** What the annotation says; nothing when somebody has spoilt it. */
function appliedOf(text: string | undefined): {
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
} {
  const texts = (value: unknown): readonly string[] =>
    Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  try {
    const { labels, annotations } = JSON.parse(text ?? "{}") as Record<string, unknown>;
    return { labels: texts(labels), annotations: texts(annotations) };
  } catch {
    return { labels: [], annotations: [] };
  }
}
