/** Kinds that the operator reads and writes, besides those of packages/kube. */
import type { KubeObject, ResourceType } from "@ccm/kube";

export interface Subject {
  readonly kind: "User" | "Group" | "ServiceAccount";
  readonly name: string;
  readonly namespace?: string;
  readonly apiGroup?: string;
}

export interface RoleRef {
  readonly apiGroup: string;
  readonly kind: "ClusterRole" | "Role";
  readonly name: string;
}

export interface RoleBinding extends KubeObject {
  readonly roleRef: RoleRef;
  readonly subjects?: readonly Subject[];
}

export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export interface ClusterRole extends KubeObject {
  readonly rules?: readonly PolicyRule[];
}

export interface ResourceQuota extends KubeObject {
  readonly spec?: { readonly hard?: Readonly<Record<string, string>> };
  readonly status?: {
    readonly hard?: Readonly<Record<string, string>>;
    readonly used?: Readonly<Record<string, string>>;
  };
}

/** With a spec whose parts nobody here looks into. */
export interface SpecObject extends KubeObject {
  readonly spec?: Readonly<Record<string, unknown>>;
}

const RBAC = { group: "rbac.authorization.k8s.io", version: "v1" };
const core = (kind: string, plural: string) => ({ group: "", version: "v1", kind, plural, namespaced: true });

export const ROLE_BINDINGS: ResourceType<RoleBinding> = {
  ...RBAC,
  kind: "RoleBinding",
  plural: "rolebindings",
  namespaced: true,
};
export const CLUSTER_ROLES: ResourceType<ClusterRole> = {
  ...RBAC,
  kind: "ClusterRole",
  plural: "clusterroles",
  namespaced: false,
};
export const CLUSTER_ROLE_BINDINGS: ResourceType<RoleBinding> = {
  ...RBAC,
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  namespaced: false,
};
export const RESOURCE_QUOTAS: ResourceType<ResourceQuota> = core("ResourceQuota", "resourcequotas");
export const LIMIT_RANGES: ResourceType<SpecObject> = core("LimitRange", "limitranges");
export const PODS: ResourceType<SpecObject> = core("Pod", "pods");
export const CLAIMS: ResourceType<SpecObject> = core("PersistentVolumeClaim", "persistentvolumeclaims");
export const NETWORK_POLICIES: ResourceType<SpecObject> = {
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  namespaced: true,
};
