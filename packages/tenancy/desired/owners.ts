import { GROUP } from "../names.ts";
import type { RoleRef, Subject } from "../resources.ts";
import type { IamGrant } from "../steps.ts";
import { isIamOwner, type Owner, type Tenant, type TenantNamespace } from "../tenant.ts";
import { type Managed, managedMeta } from "./managed.ts";

const RBAC_GROUP = "rbac.authorization.k8s.io";
const CLUSTER_ROLES = { admin: "admin", devops: "edit", readonly: "view" } as const;

/** In each namespace one RoleBinding per role, with all who have it. */
export function roleBindings(tenant: Tenant, namespaces: readonly string[]): readonly Managed[] {
  const name = tenant.metadata.name ?? "";
  const roles = new Map<string, { readonly roleRef: RoleRef; readonly subjects: Subject[] }>();
  for (const owner of tenant.spec.owners ?? []) {
    const subject = subjectOf(owner);
    if (!subject) continue;
    const role = owner.clusterRole ? `role:${owner.clusterRole}` : (owner.role ?? "admin");
    const clusterRole = owner.clusterRole ?? CLUSTER_ROLES[owner.role ?? "admin"];
    const roleRef: RoleRef = { apiGroup: RBAC_GROUP, kind: "ClusterRole", name: clusterRole };
    const known = roles.get(role) ?? { roleRef, subjects: [] };
    known.subjects.push(subject);
    roles.set(role, known);
  }
  return namespaces.flatMap((namespace) =>
    [...roles].map(([role, { roleRef, subjects }]) => ({
      facet: "owners" as const,
      kind: "RoleBinding" as const,
      object: { metadata: managedMeta(name, `tenancy:${role}`, namespace), roleRef, subjects },
    })),
  );
}

/** Owners with the role admin may read the tenant, and ask for and give back namespaces. */
export function clusterRoles(tenant: Tenant, requests: readonly TenantNamespace[]): readonly Managed[] {
  const name = tenant.metadata.name ?? "";
  const subjects = (tenant.spec.owners ?? [])
    .filter(({ role, clusterRole }) => !clusterRole && (role ?? "admin") === "admin")
    .flatMap((owner) => subjectOf(owner) ?? []);
  if (subjects.length === 0) return [];
  const selfService = tenant.spec.namespaces?.selfService ?? true;
  const rule = (resource: string, verbs: readonly string[], resourceNames?: readonly string[]) => ({
    apiGroups: [GROUP],
    resources: [resource],
    verbs,
    ...(resourceNames ? { resourceNames } : {}),
  });
  const made = requests.map(({ metadata }) => metadata.name ?? "").sort();
  const rules = [
    rule("tenants", selfService ? ["get", "use"] : ["get"], [name]),
    ...(selfService ? [rule("tenantnamespaces", ["create"])] : []),
    ...(made.length > 0 ? [rule("tenantnamespaces", selfService ? ["get", "delete"] : ["get"], made)] : []),
  ];
  const metadata = managedMeta(name, `tenancy:tenant:${name}`);
  const roleRef: RoleRef = { apiGroup: RBAC_GROUP, kind: "ClusterRole", name: metadata.name ?? "" };
  return [
    { facet: "owners", kind: "ClusterRole", object: { metadata, rules } },
    { facet: "owners", kind: "ClusterRoleBinding", object: { metadata, roleRef, subjects } },
  ];
}

/** What IAM users and roles are to be granted by the cloud, which knows no groups, one namespace at a time. */
export function iamGrants(tenant: Tenant, namespaces: readonly string[]): readonly IamGrant[] {
  return (tenant.spec.owners ?? [])
    .filter(isIamOwner)
    .flatMap(({ name, role = "admin" }) =>
      namespaces.map((namespace) => ({ user: name, namespace, role: `cce:${role}` })),
    );
}

/** As the API server writes it, so that what is there can be compared. */
function subjectOf({ kind, name, namespace }: Owner): Subject | undefined {
  if (kind === "IAMUser" || kind === "IAMRole") return undefined;
  return kind === "ServiceAccount"
    ? { kind, name, ...(namespace ? { namespace } : {}) }
    : { apiGroup: RBAC_GROUP, kind, name };
}
