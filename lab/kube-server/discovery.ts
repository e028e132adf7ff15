/** What the server tells about the resources it has. */
import { apiVersionOf, type Resource } from "./resource.ts";

const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const virtual = (group: string, kind: string) => ({
  group,
  version: "v1",
  kind,
  singular: kind.toLowerCase(),
  plural: `${kind.toLowerCase()}s`,
});
/** Questions that are answered and not kept. */
const VIRTUAL = [
  virtual("authentication.k8s.io", "SelfSubjectReview"),
  virtual("authentication.k8s.io", "TokenReview"),
  virtual("authorization.k8s.io", "SelfSubjectAccessReview"),
  virtual("authorization.k8s.io", "SelfSubjectRulesReview"),
  virtual("authorization.k8s.io", "SubjectAccessReview"),
];

export const isVirtual = (group: string, plural: string): boolean =>
  VIRTUAL.some((one) => one.group === group && one.plural === plural);

/** Groups in the order they are listed; "" is the core group. Every group has one version. */
export function groupsOf(resources: readonly Resource[]): string[] {
  return [...new Set([...resources.map((one) => one.group), ...VIRTUAL.map((one) => one.group)])];
}

export function versionOf(resources: readonly Resource[], group: string): string {
  return resources.find((one) => one.group === group)?.version ?? "v1";
}

/** The old form: the resources of one group. */
export function resourceList(resources: readonly Resource[], group: string): unknown {
  const kept = resources.filter((one) => one.group === group);
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf({ group, version: versionOf(resources, group) }),
    resources: [
      ...kept.flatMap((one) => [
        {
          name: one.plural,
          singularName: one.singular,
          namespaced: one.namespaced,
          kind: one.kind,
          verbs: VERBS,
          ...(one.shortNames.length > 0 ? { shortNames: one.shortNames } : {}),
          ...(one.categories.length > 0 ? { categories: one.categories } : {}),
        },
        ...one.subresources.map((sub) => ({
          name: `${one.plural}/${sub}`,
          singularName: "",
          namespaced: one.namespaced,
          ...(sub === "scale" ? { group: "autoscaling", version: "v1", kind: "Scale" } : { kind: one.kind }),
          verbs: subresourceVerbs(sub),
        })),
      ]),
      ...VIRTUAL.filter((one) => one.group === group).map((one) => ({
        name: one.plural,
        singularName: one.singular,
        namespaced: false,
        kind: one.kind,
        verbs: ["create"],
      })),
    ],
  };
}

const subresourceVerbs = (sub: string): string[] => (sub === "finalize" ? ["update"] : ["get", "patch", "update"]);

export function apiVersions(): unknown {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: "" }],
  };
}

export function groupOf(resources: readonly Resource[], group: string): unknown {
  const version = versionOf(resources, group);
  const named = { groupVersion: `${group}/${version}`, version };
  return { name: group, versions: [named], preferredVersion: named };
}

export function groupList(resources: readonly Resource[]): unknown {
  const groups = groupsOf(resources).filter((group) => group !== "");
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map((group) => groupOf(resources, group)) };
}

/** The aggregated form (apidiscovery.k8s.io/v2): everything under /api or /apis in one answer. */
export function aggregated(resources: readonly Resource[], core: boolean): unknown {
  const groups = groupsOf(resources).filter((group) => (group === "") === core);
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map((group) => ({
      metadata: { ...(group ? { name: group } : {}), creationTimestamp: null },
      versions: [
        {
          version: versionOf(resources, group),
          freshness: "Current",
          resources: aggregatedResources(resources, group),
        },
      ],
    })),
  };
}

function aggregatedResources(resources: readonly Resource[], group: string): unknown[] {
  const kept = resources
    .filter((one) => one.group === group)
    .map((one) => ({
      resource: one.plural,
      responseKind: { group, version: one.version, kind: one.kind },
      scope: one.namespaced ? "Namespaced" : "Cluster",
      singularResource: one.singular,
      verbs: VERBS,
      ...(one.shortNames.length > 0 ? { shortNames: one.shortNames } : {}),
      ...(one.categories.length > 0 ? { categories: one.categories } : {}),
      ...(one.subresources.length > 0
        ? {
            subresources: one.subresources.map((sub) => ({
              subresource: sub,
              responseKind:
                sub === "scale"
                  ? { group: "autoscaling", version: "v1", kind: "Scale" }
                  : { group, version: one.version, kind: one.kind },
              verbs: subresourceVerbs(sub),
            })),
          }
        : {}),
    }));
  const questions = VIRTUAL.filter((one) => one.group === group).map((one) => ({
    resource: one.plural,
    responseKind: { group, version: one.version, kind: one.kind },
    scope: "Cluster",
    singularResource: one.singular,
    verbs: ["create"],
  }));
  return [...kept, ...questions];
}
