import { canonicalQuantities } from "../quantity.ts";
import type { Quantities, Tenant } from "../tenant.ts";
import { type Managed, managedMeta, OBJECT_NAME } from "./managed.ts";

/** The LimitRange of each namespace, with the defaults that the API server would fill in. */
export function limitRanges(tenant: Tenant, namespaces: readonly string[]): readonly Managed[] {
  const limits = (tenant.spec.limits ?? []).map((limit) => {
    const container = limit.type === "Container";
    const defaults = { ...(container ? limit.max : {}), ...limit.default };
    const requests = { ...(container ? { ...limit.min, ...defaults } : {}), ...limit.defaultRequest };
    return {
      type: limit.type,
      ...some("max", limit.max),
      ...some("min", limit.min),
      ...some("default", defaults),
      ...some("defaultRequest", requests),
      ...some("maxLimitRequestRatio", limit.maxLimitRequestRatio),
    };
  });
  if (limits.length === 0) return [];
  return namespaces.map((namespace) => ({
    facet: "limits",
    kind: "LimitRange",
    object: { metadata: managedMeta(tenant.metadata.name ?? "", OBJECT_NAME, namespace), spec: { limits } },
  }));
}

function some(field: string, quantities: Quantities | undefined) {
  return quantities && Object.keys(quantities).length > 0 ? { [field]: canonicalQuantities(quantities) } : {};
}
