import {
  type KubeObject,
  NAMESPACES,
  NODES,
  type ResourceType,
  SECRETS,
  SERVICE_ACCOUNTS,
  type Secret,
} from "@ccm/kube";
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  type ClusterRole,
  LIMIT_RANGES,
  NETWORK_POLICIES,
  RESOURCE_QUOTAS,
  type ResourceQuota,
  ROLE_BINDINGS,
  type RoleBinding,
  type SpecObject,
} from "./resources.ts";
import { TENANT_NAMESPACES, TENANTS } from "./tenant.ts";

/** Kinds whose objects the operator makes, in the order of making. */
export const MANAGED_KINDS = [
  "ClusterRole",
  "ClusterRoleBinding",
  "LimitRange",
  "ResourceQuota",
  "NetworkPolicy",
  "Secret",
  "RoleBinding",
] as const;
export type ManagedKind = (typeof MANAGED_KINDS)[number];
export type Kind = ManagedKind | "Namespace" | "Node" | "ServiceAccount" | "Tenant" | "TenantNamespace";

export type ManagedObject = ClusterRole | RoleBinding | SpecObject | ResourceQuota | Secret;

export const TYPES: Readonly<Record<Kind, ResourceType<KubeObject>>> = {
  ClusterRole: CLUSTER_ROLES,
  ClusterRoleBinding: CLUSTER_ROLE_BINDINGS,
  LimitRange: LIMIT_RANGES,
  ResourceQuota: RESOURCE_QUOTAS,
  NetworkPolicy: NETWORK_POLICIES,
  Secret: SECRETS,
  RoleBinding: ROLE_BINDINGS,
  Namespace: NAMESPACES,
  Node: NODES,
  ServiceAccount: SERVICE_ACCOUNTS,
  Tenant: TENANTS,
  TenantNamespace: TENANT_NAMESPACES,
};
