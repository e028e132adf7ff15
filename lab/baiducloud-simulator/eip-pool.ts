import { parseCidr, type Random } from "@ccm/base";
import { ipv4Text } from "./account.ts";
import { quotaExceeded } from "./api/fault.ts";

/**
 * Public addresses come from a range of loopback addresses, in turn, so that a released one is not given again soon.
 * `count` gives 1, 2, 3, …
 */
export function createEipPool(
  range: string | undefined,
  random: Random,
  count: () => number,
): (taken: (address: string) => boolean) => string {
  const text = range ?? `127.${64 + Math.floor(random.next() * 60)}.${Math.floor(random.next() * 256)}.0/24`;
  const cidr = parseCidr(text);
  if (cidr?.family !== 4 || cidr.bits > 30)
    throw new RangeError(`eipPool "${text}": expected an IPv4 CIDR of at most /30`);
  const size = cidr.last - cidr.first - 1n;
  return (taken) => {
    for (let tries = 0n; tries < size; tries++) {
      const address = ipv4Text(cidr.first + 1n + (BigInt(count() - 1) % size));
      if (!taken(address)) return address;
    }
    throw quotaExceeded("EIPs");
  };
}
