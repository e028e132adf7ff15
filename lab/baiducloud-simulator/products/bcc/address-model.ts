import type { Account } from "../../account.ts";
import { badRequest, denied, Fault } from "../../api/fault.ts";
import { eipsOf } from "../eip/records.ts";
import { groupsFor, takeIps } from "../vpc/eni-model.ts";
import { getSubnet } from "../vpc/find.ts";
import { releaseAddresses, switchInstance } from "./lifecycle.ts";
import { type InstanceStatus, instancesOf, type SimulatedInstance } from "./records.ts";

type Wanted = readonly { readonly ip: string; readonly subnetId: string }[];

/** So many addresses of a subnet, whichever they are. */
export const anyIps = (count: number, subnetId: string): Wanted =>
  Array.from({ length: count }, () => ({ ip: "", subnetId }));

/** Further private addresses for the primary card. */
export function addIps(account: Account, instance: SimulatedInstance, wanted: Wanted): readonly string[] {
  if (wanted.length === 0) throw badRequest("one of privateIps and their count is required.");
  const most = account.quotas.ipsPerEni;
  if (1 + instance.secondaryIps.length + wanted.length > most)
    throw new Fault(400, "ExceedLimitException", `${instance.id} may have ${most} addresses.`);
  for (const { subnetId } of wanted) {
    const { vpcId, zoneName } = getSubnet(account, subnetId);
    if (vpcId !== instance.vpcId || zoneName !== instance.zoneName)
      throw badRequest(`subnetId: ${subnetId} is not in ${instance.vpcId} and ${instance.zoneName}.`);
  }
  const added = takeIps(account, wanted, instance.product.toUpperCase());
  instancesOf(account).patch(instance.id, { secondaryIps: [...instance.secondaryIps, ...added] });
  return added.map(({ ip }) => ip);
}

export function removeIps(account: Account, instance: SimulatedInstance, ips: readonly string[]): void {
  if (ips.length === 0) throw badRequest("privateIps is required.");
  for (const ip of ips) {
    if (ip === instance.internalIp) throw denied(`${ip} is the primary address of ${instance.id}.`);
    if (!instance.secondaryIps.some((one) => one.ip === ip))
      throw new Fault(400, "PrivateIPNotExistException", `${instance.id} does not have ${ip}.`);
    const bound = eipsOf(account)
      .all()
      .find(({ instanceId, instanceIp }) => instanceId === instance.id && instanceIp === ip);
    if (bound) throw denied(`${ip} has the public address ${bound.eip}.`);
  }
  const left = instance.secondaryIps.filter(({ ip }) => !ips.includes(ip));
  for (const { ip, subnetId } of instance.secondaryIps)
    if (!left.some((one) => one.ip === ip)) account.releaseIp(subnetId, ip);
  instancesOf(account).patch(instance.id, { secondaryIps: left });
}

/** IPv6 addresses: these, "" for any. The first one of a machine is its primary one. */
export function addIpv6s(account: Account, instance: SimulatedInstance, wanted: readonly string[]): readonly string[] {
  const { subnetId, id, ipv6, secondaryIpv6s } = instance;
  if (getSubnet(account, subnetId).ipv6Cidr === "") throw denied(`subnet ${subnetId} has no IPv6.`);
  const all = instancesOf(account).all();
  const taken = wanted.find((ip) => ip !== "" && all.some((one) => one.ipv6 === ip || one.secondaryIpv6s.includes(ip)));
  if (taken) throw new Fault(409, "PrivateIpInUseException", `${taken} is in use.`);
  const added = wanted.map((ip) => ip || account.takeIpv6(subnetId));
  const ips = [ipv6, ...secondaryIpv6s, ...added].filter((ip) => ip !== "");
  instancesOf(account).patch(id, { ipv6: ips[0] ?? "", secondaryIpv6s: ips.slice(1) });
  return added;
}

/** Without names: all of them. */
export function removeIpv6s(account: Account, instance: SimulatedInstance, ips: readonly string[]): void {
  const present = [instance.ipv6, ...instance.secondaryIpv6s].filter((ip) => ip !== "");
  const foreign = ips.find((ip) => !present.includes(ip));
  if (foreign || present.length === 0)
    throw new Fault(400, "PrivateIPNotExistException", `${instance.id} does not have ${foreign ?? "IPv6"}.`);
  const left = ips.length === 0 ? [] : present.filter((ip) => !ips.includes(ip));
  instancesOf(account).patch(instance.id, { ipv6: left[0] ?? "", secondaryIpv6s: left.slice(1) });
}

export interface Move {
  readonly subnetId: string;
  readonly internalIp?: string | undefined;
  readonly securityGroupIds?: readonly string[] | undefined;
  readonly enterpriseSecurityGroupIds?: readonly string[] | undefined;
}

/** Moves a machine to another subnet of its zone; only from VPC to VPC with new groups. */
export function moveInstance(account: Account, instance: SimulatedInstance, move: Move, status: InstanceStatus): void {
  const { id, vpcId, zoneName } = instance;
  const target = getSubnet(account, move.subnetId);
  if (target.zoneName !== zoneName) throw badRequest(`subnetId: ${target.subnetId} is not in ${zoneName}.`);
  if (status === "ChangeSubnet" && target.vpcId !== vpcId)
    throw badRequest(`subnetId: ${target.subnetId} is not in ${vpcId}.`);
  if (status === "ChangeVpc" && target.vpcId === vpcId) throw badRequest(`subnetId: ${id} is in ${vpcId} already.`);
  const isNamed = move.securityGroupIds?.length || move.enterpriseSecurityGroupIds?.length;
  const groups = isNamed || target.vpcId !== vpcId ? groupsFor(account, target.vpcId, move) : {};
  const internalIp = account.takeIp(target.subnetId, instance.product.toUpperCase(), move.internalIp || undefined);
  releaseAddresses(account, instance);
  for (const { eip, instanceId, instanceIp } of eipsOf(account).all())
    if (instanceId === id && instanceIp === instance.internalIp) eipsOf(account).patch(eip, { instanceIp: internalIp });
  instancesOf(account).patch(id, {
    ...groups,
    internalIp,
    secondaryIps: [],
    ipv6: "",
    secondaryIpv6s: [],
    subnetId: target.subnetId,
    vpcId: target.vpcId,
  });
  switchInstance(account, id, status, instance.status, account.timings.instanceChange);
}
