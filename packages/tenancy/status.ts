import { usedOf } from "./desired/quota.ts";
import { type Observed, type Problem, quotasOf } from "./observed.ts";
import type { Plan } from "./plan.ts";
import { canonicalQuantities, formatQuantity } from "./quantity.ts";
import { same } from "./same.ts";
import type { Facet } from "./steps.ts";
import type { Condition, Tenant, TenantStatus } from "./tenant.ts";

/** A step that could not be done. */
export interface Failure {
  readonly facet: Facet;
  readonly message: string;
}

/** What the status must say; `cloud` is the cloud controller manager's. `now` is RFC 3339. */
export function statusOf(
  observed: Observed,
  { problems, nodes, iamGrants }: Pick<Plan, "problems" | "nodes" | "iamGrants">,
  failures: readonly Failure[],
  now: string,
): TenantStatus {
  const { tenant, namespaces } = observed;
  const names = namespaces.map(({ metadata }) => metadata.name ?? "").sort();
  const quota = quotaStatus(observed);
  const { generation } = tenant.metadata;
  return {
    phase: tenant.metadata.deletionTimestamp ? "Terminating" : tenant.spec.suspended ? "Suspended" : "Active",
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    namespaceCount: names.length,
    namespaces: names,
    ...(quota ? { quota } : {}),
    ...(tenant.spec.nodePools ? { nodes } : {}),
    ...(iamGrants.length > 0 ? { iamGrants } : {}),
    conditions: conditionsOf(tenant, problems, failures, now),
  };
}

function quotaStatus(observed: Observed): TenantStatus["quota"] {
  const hard = observed.tenant.spec.quota?.hard;
  if (!hard) return undefined;
  const used = usedOf(quotasOf(observed));
  const usedTexts = Object.entries(hard).map(([name, like]) => [name, formatQuantity(used[name] ?? 0n, like)]);
  return { hard: canonicalQuantities(hard), used: Object.fromEntries(usedTexts) };
}

function conditionsOf(
  tenant: Tenant,
  problems: readonly Problem[],
  failures: readonly Failure[],
  now: string,
): readonly Condition[] {
  const first = failures[0];
  const failed: readonly Problem[] = first
    ? [{ reason: "ApplyFailed", message: `${first.facet}: ${first.message}${rest(failures.length)}` }]
    : [];
  const all = [...failed, ...problems];
  const worst = all[0];
  const ready = worst
    ? { status: "False" as const, reason: worst.reason, message: worst.message + rest(all.length) }
    : { status: "True" as const, reason: "AsDesired", message: "everything is as the tenant says" };
  const conditions = [condition(tenant, "Ready", ready, now)];
  const full = fullLimits(tenant);
  if (tenant.spec.cloud) {
    const cloud = full
      ? { status: "True" as const, reason: "LimitReached", message: full }
      : { status: "False" as const, reason: "WithinLimits", message: "more can be made in the cloud" };
    conditions.push(condition(tenant, "CloudQuotaReached", cloud, now));
  }
  return conditions;
}

function rest(count: number): string {
  return count > 1 ? ` (and ${count - 1} more)` : "";
}

function fullLimits({ status }: Tenant): string {
  return Object.entries(status?.cloud ?? {})
    .flatMap(([name, usage]) => {
      const { used, limit } = usage ?? { used: 0 };
      return limit !== undefined && used >= limit ? [`${name} ${used} of ${limit}`] : [];
    })
    .join(", ");
}

function condition(
  { metadata, status }: Tenant,
  type: string,
  next: Pick<Condition, "status" | "reason" | "message">,
  now: string,
): Condition {
  const before = status?.conditions?.find((one) => one.type === type);
  const { generation } = metadata;
  return {
    type,
    ...next,
    lastTransitionTime: before?.status === next.status ? before.lastTransitionTime : now,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
}

/** The merge patch that makes the status so; undefined when it is. */
export function statusPatch({ status }: Tenant, next: TenantStatus): Readonly<Record<string, unknown>> | undefined {
  const { cloud: _, ...is } = status ?? {};
  if (same(is, next)) return undefined;
  const gone = Object.keys(is).filter((field) => !(field in next));
  // Maps are merged by a merge patch: of a quota that has lost an entry, the entry must be named.
  const quota = next.quota && {
    hard: replaced(is.quota?.hard, next.quota.hard),
    used: replaced(is.quota?.used, next.quota.used),
  };
  return {
    status: { ...next, ...(quota ? { quota } : {}), ...Object.fromEntries(gone.map((field) => [field, null])) },
  };
}

function replaced(is: object = {}, next: object = {}): Readonly<Record<string, unknown>> {
  const gone = Object.keys(is).filter((key) => !(key in next));
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...next };
}
