import { type HttpHandler, type Metrics, textResponse } from "@ccm/base";
import { parseQuantity } from "./quantity.ts";
import type { Quantities, Tenant } from "./tenant.ts";

/** Names of quotas are the platform's, and tenants are: this many are more than anybody has, and no store is flooded. */
const MOST_SERIES = 50_000;

/**
 * `tenant_resource_used` and `tenant_resource_limit`, of what the tenants' status and spec say when it is asked: a tenant
 * that is gone has no series. Those beyond the most are left out, and counted.
 */
export function tenantMetrics(tenants: readonly Tenant[], most = MOST_SERIES): string {
  const used: string[] = [];
  const limits: string[] = [];
  let left = 0;
  const sorted = [...tenants].sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
  for (const tenant of sorted) {
    const of = amountsOf(tenant);
    if (used.length + limits.length + of.length * 2 > most) {
      left++;
      continue;
    }
    for (const { resource, is, limit } of of) {
      const labels = `{tenant="${escaped(tenant.metadata.name ?? "")}",resource="${escaped(resource)}"}`;
      if (is !== undefined) used.push(`tenant_resource_used${labels} ${is}`);
      if (limit !== undefined) limits.push(`tenant_resource_limit${labels} ${limit}`);
    }
  }
  const family = (name: string, help: string, lines: readonly string[]) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...lines,
  ];
  const lines = [
    ...family("tenant_resource_used", "What a tenant uses, in cores, bytes, Mbit/s or pieces.", used),
    ...family("tenant_resource_limit", "What a tenant may use; no series without a limit.", limits),
    ...family("tenant_metrics_omitted", "Tenants without series, because there are too many.", [
      `tenant_metrics_omitted ${left}`,
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

/** Answers GET /metrics: those of the process, and those of the tenants. */
export function metricsHandler(metrics: Metrics, tenants: () => readonly Tenant[]): HttpHandler {
  return async ({ method, target }) => {
    if (method !== "GET" || target !== "/metrics") return textResponse(404, "expected GET /metrics\n");
    const { contentType, body } = await metrics.expose();
    return textResponse(200, body + tenantMetrics(tenants()), { "content-type": contentType });
  };
}

interface Amount {
  readonly resource: string;
  readonly is: number | undefined;
  readonly limit: number | undefined;
}

function amountsOf({ spec, status }: Tenant): readonly Amount[] {
  const { hard = {} } = spec.quota ?? {};
  const { used = {} } = status?.quota ?? {};
  const quota = Object.keys(hard).map((resource) => ({
    resource,
    is: numberOf(used, resource),
    limit: numberOf(hard, resource),
  }));
  const { loadBalancers, publicIPs, bandwidthMbps } = status?.cloud ?? {};
  const cloud = Object.entries({
    "cloud/load-balancers": [loadBalancers?.used, spec.cloud?.maxLoadBalancers],
    "cloud/public-ips": [publicIPs?.used, spec.cloud?.maxPublicIPs],
    "cloud/bandwidth-mbps": [bandwidthMbps?.used, spec.cloud?.maxBandwidthMbps],
  }).map(([resource, [is, limit]]) => ({ resource, is, limit }));
  return [...quota, { resource: "namespaces", is: status?.namespaceCount, limit: spec.namespaces?.max }, ...cloud];
}

/** Undefined also for what is no quantity: others' metrics are not lost for it. */
function numberOf(quantities: Quantities, name: string): number | undefined {
  const value = quantities[name];
  if (value === undefined) return undefined;
  try {
    return Number(parseQuantity(value)) / 1e9;
  } catch {
    return undefined;
  }
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
