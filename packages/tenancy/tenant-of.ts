import type { KubeObject } from "@ccm/kube";
import { CAPSULE_TENANT_LABEL, TENANT_LABEL } from "./names.ts";

/** The name of the tenant that a namespace is of; undefined: of none. Our label comes before Capsule's. */
export function tenantOf(namespace: KubeObject | undefined): string | undefined {
  const { labels = {} } = namespace?.metadata ?? {};
  return labels[TENANT_LABEL] || labels[CAPSULE_TENANT_LABEL] || undefined;
}
