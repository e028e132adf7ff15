import type { Namespace, Node, Secret, ServiceAccount } from "@ccm/kube";
import type { ManagedKind, ManagedObject } from "./kinds.ts";
import type { ResourceQuota } from "./resources.ts";
import type { IamGrant } from "./steps.ts";
import type { Tenant, TenantNamespace } from "./tenant.ts";

export interface Found {
  readonly kind: ManagedKind;
  readonly object: ManagedObject;
}

/** All that concerns one tenant, as it is: plain data. */
export interface Observed {
  readonly tenant: Tenant;
  /** Those with the tenant's label. */
  readonly namespaces: readonly Namespace[];
  /** Those that ask to be the tenant's, and are nobody's. */
  readonly askers: readonly Namespace[];
  readonly requests: readonly TenantNamespace[];
  /** Namespaces that exist under the names that are asked for. */
  readonly taken: Readonly<Record<string, Namespace>>;
  /** What the operator has made for the tenant. */
  readonly managed: readonly Found[];
  /** The ServiceAccounts "default" of the tenant's namespaces. */
  readonly serviceAccounts: readonly ServiceAccount[];
  /** Those that the tenant's selector chooses, and those that have its label. */
  readonly nodes: readonly Node[];
  /** The tenant's own Secret in the operator's namespace. */
  readonly pullSource: Secret | undefined;
  /** What the cloud says the IAM users concerned may do in this cluster; undefined: not asked, or no answer. */
  readonly grants: readonly IamGrant[] | undefined;
  /** Of a tenant that is being deleted: what its namespaces hold, such as "a-web: 2 services". Undefined: not looked. */
  readonly holdings: readonly string[] | undefined;
}

export function quotasOf({ managed }: Observed): readonly ResourceQuota[] {
  return managed.flatMap(({ kind, object }) => (kind === "ResourceQuota" ? [object as ResourceQuota] : []));
}

/** What is wrong and nobody but people can put right. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}
