/** What is paid for in the cloud, and limited per tenant. */
export interface CloudAmount {
  readonly loadBalancers: number;
  readonly publicIps: number;
  readonly bandwidthMbps: number;
}

export type Dimension = keyof CloudAmount;
/** Undefined: as much as anybody likes. */
export type CloudLimits = { readonly [K in Dimension]?: number | undefined };

export const DIMENSIONS: readonly Dimension[] = ["loadBalancers", "publicIps", "bandwidthMbps"];
export const NOTHING: CloudAmount = { loadBalancers: 0, publicIps: 0, bandwidthMbps: 0 };

export function amount(part: Partial<CloudAmount>): CloudAmount {
  return { ...NOTHING, ...part };
}

export function plus(a: CloudAmount, b: CloudAmount): CloudAmount {
  return each((key) => a[key] + b[key]);
}

/** Never below nothing. */
export function minus(a: CloudAmount, b: CloudAmount): CloudAmount {
  return each((key) => Math.max(0, a[key] - b[key]));
}

/** The larger one, each for itself. */
export function most(a: CloudAmount, b: CloudAmount): CloudAmount {
  return each((key) => Math.max(a[key], b[key]));
}

export function isNothing(a: CloudAmount): boolean {
  return DIMENSIONS.every((key) => a[key] === 0);
}

/** Whether `a` has no more of anything than `b`. */
export function isWithin(a: CloudAmount, b: CloudAmount): boolean {
  return DIMENSIONS.every((key) => a[key] <= b[key]);
}

function each(value: (key: Dimension) => number): CloudAmount {
  return {
    loadBalancers: value("loadBalancers"),
    publicIps: value("publicIps"),
    bandwidthMbps: value("bandwidthMbps"),
  };
}
