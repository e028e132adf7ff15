import type { Secret } from "@ccm/kube";
import type { Tenant } from "../tenant.ts";
import { type Managed, managedMeta } from "./managed.ts";

export const DOCKER_CONFIG = ".dockerconfigjson";
export const DOCKER_CONFIG_TYPE = "kubernetes.io/dockerconfigjson";

/** Copies of the tenant's own Secret, in each of its namespaces. Nothing until there is one to copy. */
export function pullSecrets(
  tenant: Tenant,
  namespaces: readonly string[],
  source: Secret | undefined,
): readonly Managed[] {
  const name = tenant.spec.registries?.pullSecret?.name;
  const config = source?.data?.[DOCKER_CONFIG];
  if (!name || !config) return [];
  return namespaces.map((namespace) => ({
    facet: "registries",
    kind: "Secret",
    object: {
      metadata: managedMeta(tenant.metadata.name ?? "", name, namespace),
      type: DOCKER_CONFIG_TYPE,
      data: { [DOCKER_CONFIG]: config },
    },
  }));
}
