import type { Tag } from "@ccm/bce";
import type { FacetProblem } from "@ccm/cloud-provider";
import type { Tenant } from "@ccm/tenancy";

/** On everything that is made for a tenant: its name. Bills are split by it, and it tells whose something is that was kept. */
export const TAG_TENANT = "k8s-tenant";

const ALLOWED = /^[\p{L}\p{N}\-_ /.]{0,65}$/u;

export function tenantTags(tenant: Tenant): {
  readonly tags: readonly Tag[];
  readonly problems: readonly FacetProblem[];
} {
  const { name = "" } = tenant.metadata;
  const all = Object.entries(tenant.spec.cloud?.tags ?? {});
  const good = all.filter(
    ([key, value]) => key !== "" && key !== TAG_TENANT && ALLOWED.test(key) && ALLOWED.test(value),
  );
  const bad = all.filter(([key]) => !good.some(([one]) => one === key)).map(([key]) => key);
  const message = `spec.cloud.tags of tenant ${name}: expected at most 65 letters, digits and "-_ /." and not ${TAG_TENANT}, left out: ${bad.join(", ")}`;
  return {
    tags: [{ tagKey: TAG_TENANT, tagValue: name }, ...good.map(([tagKey, tagValue]) => ({ tagKey, tagValue }))],
    problems: bad.length > 0 ? [{ facet: "tags", reason: "InvalidTenantTag", message, retryable: false }] : [],
  };
}

/** The tenant that a load balancer or an address says it is of; undefined: of none. */
export function tenantOfObject({ tags }: { readonly tags?: readonly Tag[] | null }): string | undefined {
  return tags?.find(({ tagKey }) => tagKey === TAG_TENANT)?.tagValue;
}
