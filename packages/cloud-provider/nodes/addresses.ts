import type { Node, NodeAddress } from "@ccm/kube";
import { ANNOTATION_PROVIDED_IP } from "../well-known.ts";
import { enforceProvidedIps } from "./provided-ip.ts";

/** With those of `more` that are not there yet, at the end. */
export function appendAddresses(
  addresses: readonly NodeAddress[],
  more: readonly NodeAddress[],
): readonly NodeAddress[] {
  const all = [...addresses];
  for (const { type, address } of more) {
    if (!all.some((one) => one.type === type && one.address === address)) all.push({ type, address });
  }
  return all;
}

/** What status.addresses should be. Throws a RangeError when the provided node IP does not fit the cloud's addresses. */
export function wantedAddresses(node: Node, cloud: readonly NodeAddress[]): readonly NodeAddress[] {
  if (cloud.length === 0) return node.status?.addresses ?? [];
  const hostnames = (node.status?.addresses ?? []).filter(({ type }) => type === "Hostname");
  const all = cloud.some(({ type }) => type === "Hostname") ? cloud : appendAddresses(cloud, hostnames);
  const provided = node.metadata.annotations?.[ANNOTATION_PROVIDED_IP];
  return provided === undefined ? all : enforceProvidedIps(provided, all);
}

/** Order counts within a type (a dual-stack node's first address is its primary one), not across types. */
export function sameAddresses(a: readonly NodeAddress[], b: readonly NodeAddress[]): boolean {
  const text = (addresses: readonly NodeAddress[]) =>
    JSON.stringify(
      [...addresses].sort((x, y) => (x.type < y.type ? -1 : x.type > y.type ? 1 : 0)).map((x) => [x.type, x.address]),
    );
  return text(a) === text(b);
}
