export interface RateLimit {
  readonly perSecond: number;
  /** Calls that may go at once after a pause. At least 1. */
  readonly burst: number;
}

/** By operation ("vpc.listRouteRules"); "default" for those without an entry. */
export type RateLimits = Readonly<Record<string, RateLimit>>;

const FALLBACK: RateLimit = { perSecond: 20, burst: 40 };

/**
 * Those of VPC and of a server's detail are the limits that Baidu's own network plugin (cce-network-v2) keeps to, the
 * only ones that are published. The others are choices: well above what a quiet cluster needs, low enough that a full
 * resync of a large one does not draw the cloud's own throttling onto everybody who shares the account.
 */
export const DEFAULT_LIMITS: RateLimits = {
  "vpc.listRouteRules": { perSecond: 1, burst: 5 },
  "vpc.getRouteTable": { perSecond: 1, burst: 5 },
  "vpc.createRouteRule": { perSecond: 5, burst: 10 },
  "vpc.updateRouteRule": { perSecond: 5, burst: 10 },
  "vpc.deleteRouteRule": { perSecond: 5, burst: 10 },
  "vpc.getSubnet": { perSecond: 5, burst: 10 },
  "vpc.listSubnets": { perSecond: 1, burst: 5 },
  "bcc.get": { perSecond: 5, burst: 10 },
  "bbc.get": { perSecond: 5, burst: 10 },
  "bcc.list": { perSecond: 5, burst: 20 },
  "bcc.listByIds": { perSecond: 5, burst: 20 },
  "bbc.listByIds": { perSecond: 5, burst: 20 },
  "hpas.list": { perSecond: 5, burst: 20 },
  "cce.listInstances": { perSecond: 5, burst: 20 },
  "sts.assumeRole": { perSecond: 1, burst: 5 },
};

/** The caller's own entry, else the caller's default, else ours. */
export function limitOf(operation: string, configured: RateLimits): RateLimit {
  return configured[operation] ?? configured.default ?? DEFAULT_LIMITS[operation] ?? FALLBACK;
}

/** Throws a RangeError that names the entry. */
export function checkLimits(limits: RateLimits): void {
  for (const [operation, { perSecond, burst }] of Object.entries(limits)) {
    if (!(perSecond > 0 && Number.isFinite(perSecond))) {
      throw new RangeError(`limits["${operation}"].perSecond: expected a number above 0, got ${perSecond}`);
    }
    if (!(burst >= 1 && Number.isFinite(burst))) {
      throw new RangeError(`limits["${operation}"].burst: expected a number of at least 1, got ${burst}`);
    }
  }
}
