import type { Account } from "../../account.ts";
import { ANY_TEXT } from "../../api/common.ts";
import { badRequest, denied, Fault, noSuchObject } from "../../api/fault.ts";
import { boolean, object, text } from "../../api/schema.ts";
import { instancesOf } from "../bcc/records.ts";
import { eipsOf } from "../eip/records.ts";
import { enterpriseSecurityGroupsOf } from "./enterprise-security-groups.ts";
import { getSubnet } from "./find.ts";
import { type Eni, type EniAddress, enisOf, type GroupIds } from "./records.ts";
import { defaultGroupOf, securityGroupsOf } from "./security-group-records.ts";

/** An address of a network card on the wire: here `primary` is a boolean. */
export const PRIVATE_IP = object({ publicIpAddress: ANY_TEXT, primary: boolean(), privateIpAddress: text() });

/** How many addresses the memory of a machine (in GB) allows one card to have. */
const IPS_BY_MEMORY: readonly (readonly [upTo: number, ips: number])[] = [
  [2, 2],
  [8, 8],
  [32, 16],
  [64, 30],
];
const LARGEST_IPS = 40;
const LARGEST_ENIS = 8;

export function getEni(account: Account, eniId: string): Eni {
  const eni = enisOf(account).get(eniId);
  if (!eni) throw new Fault(400, "EniIdException", `The parameter eniId ${eniId} is invalid.`);
  return eni;
}

export function newMac(account: Account): string {
  const value = account.store.next("macs");
  const bytes = [24, 16, 8, 0].map((shift) => ((value >>> shift) & 255).toString(16).padStart(2, "0"));
  return `fa:26:${bytes.join(":")}`;
}

/** By the account's own card at birth and those it has been given. */
export function eniQuotaOf(cpuCount: number): number {
  return Math.min(cpuCount, LARGEST_ENIS);
}

export function enisOfInstance(account: Account, instanceId: string): readonly Eni[] {
  return enisOf(account)
    .all()
    .filter((eni) => eni.instanceId === instanceId);
}

/** Refuses what would be more addresses than the account, or the machine's memory, allows. */
export function checkIpRoom(account: Account, eni: Eni, more: number): void {
  const most = account.quotas.ipsPerEni;
  const count = eni.privateIps.length + eni.ipv6s.length + more;
  if (count > most) throw new Fault(400, "ExceedLimitException", `${eni.eniId} may have ${most} addresses.`);
  const machine = instancesOf(account).get(eni.instanceId);
  if (!machine) return;
  const memory = machine.memoryCapacityInGB;
  const room = IPS_BY_MEMORY.find(([upTo]) => memory <= upTo)?.[1] ?? LARGEST_IPS;
  if (count > room)
    throw new Fault(400, "VmMemoryCanNotAttachMoreIpException", `${memory} GB of memory allow ${room} addresses.`);
}

/** Takes the wanted addresses, each or none; "" is any. */
export function takeIps(
  account: Account,
  wanted: readonly { readonly ip: string; readonly subnetId: string }[],
  owner: string,
): readonly EniAddress[] {
  const taken: EniAddress[] = [];
  try {
    // Those that are asked for by name first, so that none of them is given away as a free one.
    for (const { ip, subnetId } of wanted)
      if (ip !== "") taken.push({ ip: account.takeIp(subnetId, owner, ip), subnetId });
    const named = new Map(taken.map((address) => [address.ip, address]));
    return wanted.map(({ ip, subnetId }) => {
      const found = named.get(ip);
      if (found) return found;
      const made = { ip: account.takeIp(subnetId, owner), subnetId };
      taken.push(made);
      return made;
    });
  } catch (error) {
    for (const { ip, subnetId } of taken) account.releaseIp(subnetId, ip);
    throw error;
  }
}

export function takeIpv6s(account: Account, subnetId: string, wanted: readonly string[]): readonly string[] {
  if (wanted.length > 0 && getSubnet(account, subnetId).ipv6Cidr === "")
    throw denied(`subnet ${subnetId} has no IPv6.`);
  return wanted.map((ip) => ip || account.takeIpv6(subnetId));
}

/** The groups as they are stored: those of one kind, or the default group of the VPC. */
export function groupsFor(
  account: Account,
  vpcId: string,
  given: { readonly [K in keyof GroupIds]?: readonly string[] | undefined },
): GroupIds {
  const { securityGroupIds = [], enterpriseSecurityGroupIds = [] } = given;
  for (const id of enterpriseSecurityGroupIds) if (!enterpriseSecurityGroupsOf(account).has(id)) throw noSuchObject(id);
  for (const id of securityGroupIds) {
    const group = securityGroupsOf(account).get(id);
    if (!group) throw noSuchObject(id);
    if (group.vpcId !== vpcId) throw badRequest(`securityGroupIds: ${id} is not in ${vpcId}.`);
  }
  if (enterpriseSecurityGroupIds.length > 0) return { securityGroupIds: [], enterpriseSecurityGroupIds };
  const fallback = defaultGroupOf(account, vpcId);
  const ids = securityGroupIds.length > 0 || fallback === undefined ? securityGroupIds : [fallback];
  return { securityGroupIds: [...new Set(ids)], enterpriseSecurityGroupIds: [] };
}

/** The public addresses bound to a card, by private address. One that is bound to the card as such is the primary's. */
export function publicIpsOf(account: Account, { eniId, privateIps }: Eni): ReadonlyMap<string, string> {
  const bound = eipsOf(account)
    .all()
    .filter(({ instanceId }) => instanceId === eniId);
  return new Map(bound.map(({ eip, instanceIp }) => [instanceIp ?? privateIps[0]?.ip ?? "", eip]));
}

export function eniView(account: Account, eni: Eni) {
  const publicIps = publicIpsOf(account, eni);
  return {
    eniId: eni.eniId,
    name: eni.name,
    zoneName: eni.zoneName,
    description: eni.description,
    instanceId: eni.instanceId,
    macAddress: eni.macAddress,
    vpcId: eni.vpcId,
    subnetId: eni.subnetId,
    status: eni.status,
    privateIpSet: eni.privateIps.map(({ ip }, index) => ({
      publicIpAddress: publicIps.get(ip) ?? "",
      primary: index === 0,
      privateIpAddress: ip,
    })),
    ipv6PrivateIpSet: eni.ipv6s.map((ip, index) => ({
      publicIpAddress: "",
      primary: index === 0,
      privateIpAddress: ip,
    })),
    createdTime: eni.createdTime,
    tags: eni.tags,
    securityGroupIds: eni.securityGroupIds,
    enterpriseSecurityGroupIds: eni.enterpriseSecurityGroupIds,
    networkInterfaceTrafficMode: eni.networkInterfaceTrafficMode,
  };
}

/** Deletes a card and gives its addresses back. */
export function removeEni(account: Account, { eniId, privateIps }: Eni): void {
  for (const { ip, subnetId } of privateIps) account.releaseIp(subnetId, ip);
  enisOf(account).delete(eniId);
  account.gone(eniId);
}
