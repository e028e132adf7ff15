import { type Amounts, addAmounts, formatQuantity, parseAmounts } from "../quantity.ts";
import type { ResourceQuota } from "../resources.ts";
import { COUNTED_ITEMS } from "../strict/amounts.ts";
import type { Tenant } from "../tenant.ts";
import { type Managed, managedMeta, OBJECT_NAME } from "./managed.ts";

/** What all namespaces use together, by the ResourceQuotas in them. */
export function usedOf(quotas: readonly ResourceQuota[]): Amounts {
  return quotas.map(usage).reduce(addAmounts, {});
}

/**
 * Each namespace may have what it uses and what is left of the whole: so it sees the tenant's limit as its own. What a strict
 * quota counts before a create is limited there and only there: a ResourceQuota, which is late, would refuse what the count has
 * let in, and that room would be held until it is sure that nothing comes.
 */
export function resourceQuotas(
  tenant: Tenant,
  namespaces: readonly string[],
  quotas: readonly ResourceQuota[],
): readonly Managed[] {
  const limits = Object.entries(tenant.spec.quota?.hard ?? {});
  if (limits.length === 0) return [];
  const hard = parseAmounts(Object.fromEntries(limits));
  const countedBefore = new Set(tenant.spec.quota?.mode === "Strict" ? COUNTED_ITEMS : []);
  const byNamespace = new Map(quotas.map((quota) => [quota.metadata.namespace, usage(quota)]));
  const used = usedOf(quotas.filter(({ metadata }) => namespaces.includes(metadata.namespace ?? "")));
  return namespaces.map((namespace) => {
    const own = byNamespace.get(namespace) ?? {};
    const share = limits.map(([name, like]) => {
      if (countedBefore.has(name)) return [name, formatQuantity(hard[name] ?? 0n, like)] as const;
      const left = (hard[name] ?? 0n) - (used[name] ?? 0n);
      return [name, formatQuantity((own[name] ?? 0n) + (left > 0n ? left : 0n), like)] as const;
    });
    return {
      facet: "quota",
      kind: "ResourceQuota",
      object: {
        metadata: managedMeta(tenant.metadata.name ?? "", OBJECT_NAME, namespace),
        spec: { hard: Object.fromEntries(share) },
      },
    };
  });
}

function usage({ status }: ResourceQuota): Amounts {
  return parseAmounts(status?.used ?? {});
}
