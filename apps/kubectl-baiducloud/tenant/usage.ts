import type { Tenant } from "@ccm/tenancy";

/** One thing that a tenant uses. */
export interface Use {
  /** "namespaces", "load balancers" …; of a quota the resource, as "requests.cpu". */
  readonly what: string;
  readonly used: string;
  /** "" for none. */
  readonly limit: string;
}

export const CLOUD = ["load balancers", "public addresses", "bandwidth (Mbps)"] as const;

/** What a tenant uses, by its status; the namespaces by their labels. */
export function usesOf({ spec, status = {} }: Tenant, namespaces: readonly string[]): readonly Use[] {
  const { cloud = {}, quota = {} } = status;
  const { maxLoadBalancers, maxPublicIPs, maxBandwidthMbps } = spec.cloud ?? {};
  const use = (what: string, used: number | string | undefined, limit: number | string | undefined): Use => ({
    what,
    used: String(used ?? 0),
    limit: limit === undefined ? "" : String(limit),
  });
  const hard = { ...quota.hard, ...spec.quota?.hard };
  return [
    use("namespaces", namespaces.length, spec.namespaces?.max),
    use(CLOUD[0], cloud.loadBalancers?.used, maxLoadBalancers),
    use(CLOUD[1], cloud.publicIPs?.used, maxPublicIPs),
    use(CLOUD[2], cloud.bandwidthMbps?.used, maxBandwidthMbps),
    ...Object.keys({ ...hard, ...quota.used })
      .sort()
      .map((resource) => use(resource, quota.used?.[resource], hard[resource])),
  ];
}

export function phaseOf({ spec, status }: Tenant): string {
  if (spec.suspended) return "Suspended";
  return status?.phase ?? "Active";
}

/** "2", or "2 of 3". */
export function shown({ used, limit }: Use): string {
  return limit === "" ? used : `${used} of ${limit}`;
}

/** Whether there is no room for more: of what is counted, not of quantities. */
export function isFull({ used, limit }: Use): boolean {
  return limit !== "" && /^\d+$/.test(used) && /^\d+$/.test(limit) && Number(used) >= Number(limit) && limit !== "0";
}
