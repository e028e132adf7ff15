import { cidrContains, parseCidr, parseIp } from "@ccm/base";
import { type Account, ipv4Text } from "../../account.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { subnetsOf } from "./network-records.ts";

/** Private addresses in use, by "<subnet or nothing> <address>". */
const takenOf = ({ shared }: Pick<Account, "shared">) => shared.table<{ readonly owner: string }>("becTakenIps");

/** Of the range that is kept for benchmarks: nobody's own. Nothing listens there, as the data plane ends at the regions. */
const PUBLIC = "198.18.0.0/15";
/** Where machines are that are in no VPC. */
const CLASSIC = "172.16.0.0/12";
/** The first addresses of a network are the cloud's own. */
const FIRST_HOST = 2n;

export function nextEdgeIp({ shared }: Pick<Account, "shared">): string {
  const range = parseCidr(PUBLIC);
  return ipv4Text((range?.first ?? 0n) + BigInt(shared.next("becPublicIps")));
}

export const nextEdgeIpv6 = ({ shared }: Pick<Account, "shared">): string =>
  `2001:db8:bec::${shared.next("becIpv6").toString(16)}`;

function networkOf(account: Pick<Account, "shared">, subnetId: string) {
  const range = parseCidr(subnetId === "" ? CLASSIC : (subnetsOf(account).get(subnetId)?.cidr ?? CLASSIC));
  if (!range) throw badRequest(`subnetId: ${subnetId} has no range.`);
  return range;
}

/** A free private address, or the wanted one. */
export function takeEdgeIp(account: Pick<Account, "shared">, subnetId: string, owner: string, wanted?: string): string {
  const taken = takenOf(account);
  const { first, last, ...range } = networkOf(account, subnetId);
  if (wanted !== undefined) {
    const ip = parseIp(wanted);
    if (!ip || !cidrContains({ ...range, first, last }, ip)) throw badRequest(`${wanted} is not in the subnet.`);
    if (taken.has(`${subnetId} ${wanted}`)) throw denied(`${wanted} is in use.`);
    taken.set(`${subnetId} ${wanted}`, { owner });
    return wanted;
  }
  for (let value = first + FIRST_HOST; value < last; value++) {
    const ip = ipv4Text(value);
    if (taken.has(`${subnetId} ${ip}`)) continue;
    taken.set(`${subnetId} ${ip}`, { owner });
    return ip;
  }
  throw denied(`subnet ${subnetId} has no more addresses.`);
}

export const isTakenBy = (account: Pick<Account, "shared">, subnetId: string, ip: string): string | undefined =>
  takenOf(account).get(`${subnetId} ${ip}`)?.owner;

export function releaseEdgeIp(account: Pick<Account, "shared">, subnetId: string, ip: string): void {
  takenOf(account).delete(`${subnetId} ${ip}`);
}

/** How many addresses of the subnet are used and how many are left. */
export function usage(account: Pick<Account, "shared">, subnetId: string): { used: number; free: number } {
  const { first, last } = networkOf(account, subnetId);
  const used = takenOf(account)
    .ids()
    .filter((id) => id.startsWith(`${subnetId} `)).length;
  return { used, free: Number(last - first - FIRST_HOST) - used };
}
