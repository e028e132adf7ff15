import { type Ip, parseIp } from "@ccm/base";
import type { NodeAddress } from "@ccm/kube";

/** The value of alpha.kubernetes.io/provided-node-ip: one address, or one of each family. Throws a RangeError with upstream's words. */
export function parseProvidedIps(value: string): readonly (Ip & { readonly text: string })[] {
  const wrapped = (reason: string) => new RangeError(`failed to parse node IP "${value}": ${reason}`);
  const ips = value.split(",").map((text) => {
    const ip = parseIp(text);
    if (!ip) throw wrapped(`could not parse "${text}"`);
    return { ...ip, text };
  });
  const [first, second] = ips;
  if (ips.length > 2 || (second && first?.family === second.family)) {
    throw wrapped("must contain either a single IP or a dual-stack pair of IPs");
  }
  if (ips.length === 2 && ips.some((ip) => ip.value === 0n)) {
    throw wrapped("dual-stack node IP cannot include '0.0.0.0' or '::'");
  }
  return ips;
}

/**
 * The cloud's addresses with those that the kubelet was told to use first; others of the same type are left out.
 * Throws a RangeError that lists the cloud's addresses when a told one is not among them.
 */
export function enforceProvidedIps(provided: string, addresses: readonly NodeAddress[]): readonly NodeAddress[] {
  const enforced = new Set<string>();
  const chosen: NodeAddress[] = [];
  for (const ip of parseProvidedIps(provided)) {
    const matching = addresses.filter(({ address }) => {
      const other = parseIp(address);
      return other?.family === ip.family && other.value === ip.value;
    });
    if (matching.length === 0) {
      const known = addresses.map(({ type, address }) => `${type} ${address}`).join(", ") || "none";
      throw new RangeError(
        `failed to get node address from cloud provider that matches ip: ${ip.text} (the cloud's addresses: ${known})`,
      );
    }
    for (const address of matching) {
      chosen.push(address);
      enforced.add(address.type);
    }
  }
  return [...chosen, ...addresses.filter(({ type }) => !enforced.has(type))];
}
