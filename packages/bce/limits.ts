export interface RateLimit {
  readonly perSecond: number;
  /** Calls that may go at once after a pause. At least 1. */
  readonly burst: number;
}

/** By operation ("vpc.listRouteRules"); "default" for those without an entry. */
export type RateLimits = Readonly<Record<string, RateLimit>>;

const FALLBACK: RateLimit = { perSecond: 20, burst: 40 };

/**
 * Baidu publishes no limits, so these are choices, not facts: well above what a quiet cluster needs, low enough that a
 * full resync of a large one does not draw the cloud's own throttling onto everybody who shares the account.
 */
const DEFAULTS: RateLimits = {
  "bcc.list": { perSecond: 5, burst: 20 },
  "bcc.listByIds": { perSecond: 5, burst: 20 },
  "vpc.listRouteRules": { perSecond: 2, burst: 10 },
  "vpc.createRouteRule": { perSecond: 10, burst: 50 },
  "vpc.deleteRouteRule": { perSecond: 10, burst: 50 },
  "cce.listInstances": { perSecond: 2, burst: 10 },
};

/** The caller's own entry, else the caller's default, else ours. */
export function limitOf(operation: string, configured: RateLimits): RateLimit {
  return configured[operation] ?? configured.default ?? DEFAULTS[operation] ?? FALLBACK;
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
