import { hasCode, type KubeClient, listAll, NAMESPACES, type Namespace } from "@ccm/kube";
import { TENANTS, type Tenant, tenantOf } from "@ccm/tenancy";
import type { Io } from "../io.ts";
import { type ConnectOptions, type Kube, openKube } from "../session.ts";

export type ClusterOptions = Pick<ConnectOptions, "kubeconfig" | "context">;

/** Opens the cluster, runs, and closes it. Where there are no Tenants, the error says so. */
export async function withTenants<T>(io: Io, options: ClusterOptions, run: (kube: Kube) => Promise<T>): Promise<T> {
  const kube = await openKube(io, options);
  try {
    return await run(kube);
  } finally {
    await kube.close();
  }
}

export async function listTenants(client: KubeClient, signal: AbortSignal): Promise<readonly Tenant[]> {
  try {
    const { items } = await listAll(client, TENANTS, { signal });
    return [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  } catch (error) {
    throw hasCode(error, "not_found") ? new Error(NOT_INSTALLED) : error;
  }
}

export async function getTenant(client: KubeClient, name: string, signal: AbortSignal): Promise<Tenant> {
  try {
    return await client.get(TENANTS, { name }, { signal });
  } catch (error) {
    if (!hasCode(error, "not_found")) throw error;
    // Of a kind that is not there, none can be found either.
    await listTenants(client, signal);
    throw new Error(`there is no Tenant ${name}`);
  }
}

const NOT_INSTALLED =
  "the cluster has no Tenants: apply deploy/crds/tenants.yaml, and install the tenant operator to have all of them";

export function nameOf({ metadata: { name = "" } }: { readonly metadata: { readonly name?: string } }): string {
  return name;
}

/** Names of the namespaces of each tenant, by their labels: Capsule's too, and before an operator has written a status. */
export async function namespacesByTenant(
  client: KubeClient,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { items } = await listAll<Namespace>(client, NAMESPACES, { signal });
  const names = new Map<string, string[]>();
  for (const namespace of items) {
    const tenant = tenantOf(namespace);
    if (tenant !== undefined) names.set(tenant, [...(names.get(tenant) ?? []), nameOf(namespace)].sort());
  }
  return names;
}
