import type { Dimension } from "./amount.ts";
import type { Refusal } from "./ledger.ts";

/** An Event holds a kilobyte. */
const MOST_NAMED = 10;

const FIELDS: Readonly<Record<Dimension, string>> = {
  loadBalancers: "spec.cloud.maxLoadBalancers",
  publicIps: "spec.cloud.maxPublicIPs",
  bandwidthMbps: "spec.cloud.maxBandwidthMbps",
};

/** For the Event: the limit, what is used, by whom, and what to do. */
export function refusalText(tenant: string, refusal: Refusal): string {
  const { dimension, limit, used, wanted, holders, unsettled } = refusal;
  const may = `tenant ${tenant} may have ${quantity(limit, dimension)} (${FIELDS[dimension]}) and has ${used}`;
  const more = `this Service needs ${quantity(wanted, dimension)} more`;
  if (unsettled) {
    return `${may}; ${more}, and what was asked for before the change of leader may still come: it is decided in a moment`;
  }
  const held = heldBy(holders, dimension);
  if (used + wanted <= limit) return `${may}${held}; ${more}, and older Services wait for what is left`;
  return `${may}${held}; ${more}: free some, or have the limit raised`;
}

function heldBy(holders: Refusal["holders"], dimension: Dimension): string {
  if (holders.length === 0) return "";
  const named = holders
    .slice(0, MOST_NAMED)
    .map(({ name, amount }) => (dimension === "bandwidthMbps" || amount > 1 ? `${name} ${amount}` : name));
  const others = holders.length - named.length;
  return `, held by ${named.join(", ")}${others > 0 ? ` and ${others} more` : ""}`;
}

function quantity(count: number, dimension: Dimension): string {
  if (dimension === "bandwidthMbps") return `${count} Mbps of public bandwidth`;
  if (dimension === "publicIps") return count === 1 ? "1 public address" : `${count} public addresses`;
  return count === 1 ? "1 load balancer" : `${count} load balancers`;
}
