import { cidrContains, parseCidr, parseIp } from "@ccm/base";

/** Where an address of the cloud is opened on this machine. Port 0: any that is free. */
export interface LocalAddress {
  readonly host: string;
  readonly port: number;
}

/** An address that has no place here, as when the pool is used up; undefined places are no error, only closed. */
export type PlaceAddress = (address: string, port: number) => LocalAddress | undefined;

/**
 * Loopback addresses are opened as they are. Private IPv4 addresses get one each from `vips`, a CIDR of loopback addresses,
 * in the order of their first use, and keep it; without a pool they stay closed. IPv6 has one loopback address only, so all
 * share it, each address and port on a port of its own, which `DataPlane.endpoints` tells.
 */
export function placeAddresses(options: { readonly vips?: string | undefined; readonly ipv6: boolean }): PlaceAddress {
  const loopback = required("127.0.0.0/8");
  const pool = options.vips === undefined ? undefined : required(options.vips);
  const given = new Map<string, string>();
  return (address, port) => {
    const ip = parseIp(address);
    if (!ip) return undefined;
    if (ip.family === 6) {
      if (!options.ipv6) return undefined;
      return address === "::1" ? { host: address, port } : { host: "::1", port: 0 };
    }
    if (cidrContains(loopback, ip)) return { host: address, port };
    const known = given.get(address);
    if (known) return { host: known, port };
    if (!pool) return undefined;
    const next = pool.first + BigInt(given.size + 1);
    if (!cidrContains(pool, { family: 4, value: next })) return undefined;
    const host = [24n, 16n, 8n, 0n].map((shift) => (next >> shift) & 255n).join(".");
    given.set(address, host);
    return { host, port };
  };
}

function required(text: string) {
  const cidr = parseCidr(text);
  if (!cidr) throw new RangeError(`"${text}" is not a CIDR, such as 127.80.0.0/24`);
  return cidr;
}
