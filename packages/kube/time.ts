/** RFC 3339 in whole seconds, as Kubernetes writes most times. */
export function kubeTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d+Z$/, "Z");
}

/** RFC 3339 with six fraction digits: the API server refuses a Lease whose times have fewer. */
export function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/(\.\d{3})Z$/, "$1000Z");
}
