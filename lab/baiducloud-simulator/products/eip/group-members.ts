import type { Account } from "../../account.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import type { Infer } from "../../api/schema.ts";
import { getEip, restingEip } from "./binding.ts";
import { addEip, dropEip, roomForEips } from "./create.ts";
import { type EipGroup, type EipStatus, eipGroupsOf, eipsOf } from "./records.ts";
import { eipsIn } from "./schemas.ts";
import { type BILLING, termsOf } from "./terms.ts";

/** The transition to `available`. */
const DONE = "eipGroup.done";

/** One that is there at once, postpaid and wide, for the lab. */
export function addEipGroup(account: Account, id: string): void {
  eipGroupsOf(account).set(id, {
    id,
    name: id,
    status: "available",
    bandwidthInMbps: 1000,
    paymentTiming: "Postpaid",
    billingMethod: "ByBandwidth",
    createTime: account.time(),
    expireTime: null,
    routeType: "BGP",
    tags: [],
  });
}

export function getGroup(account: Account, id: string, status?: EipStatus): EipGroup {
  const group = eipGroupsOf(account).get(id);
  if (!group) throw noSuchObject(id);
  if (status && group.status !== status) throw denied(`group ${id} is ${group.status}: it must be ${status}.`);
  return group;
}

export function readyGroup(account: Account): void {
  const all = eipGroupsOf(account);
  account.store.on(DONE, (id, { during }) => {
    if (all.get(id)?.status === during) all.patch(id, { status: "available" });
  });
}

export function enterUpdating(account: Account, id: string, during: EipStatus, ms: number): void {
  eipGroupsOf(account).patch(id, { status: during });
  account.store.schedule(DONE, id, ms, { during });
}

/** Each address takes a least share of the bandwidth, and the shares do not use it up. */
export function roomInGroup(account: Account, routeType: string, mbps: number, members: number, added: number): void {
  const share = routeType === "BGP_S" ? 20 : 1;
  const count = members + added;
  if (count > 0 && count * share >= mbps)
    throw badRequest(`bandwidthInMbps: ${mbps} is too little for ${count} addresses of ${share} Mbps.`);
  roomForEips(account, added);
}

export function addToGroup(account: Account, group: EipGroup, count: number, ipv6Count: number): void {
  const { id, name, bandwidthInMbps, routeType, paymentTiming, billingMethod, expireTime } = group;
  for (let index = 0; index < count + ipv6Count; index++) {
    addEip(account, {
      name: `${name.slice(0, 60)}-${account.store.next(`eipGroup ${id}`)}`,
      bandwidthInMbps,
      routeType,
      paymentTiming: paymentTiming === "Prepaid" ? "Prepaid" : "Postpaid",
      billingMethod,
      expireTime,
      renewal: null,
      ipVersion: index < count ? "ipv4" : "ipv6",
      deleteProtect: false,
      tags: [],
      shareGroupId: id,
    });
  }
}

export function releaseFromGroup(account: Account, groupId: string, addresses: readonly string[]): void {
  const leaving = addresses.map((address) => memberOf(account, groupId, address));
  for (const { eip, status, nativeGroup } of leaving) {
    if (!nativeGroup) throw denied(`EIP ${eip} was moved into ${groupId}: it can only be moved out.`);
    if (status !== "available") throw denied(`EIP ${eip} is ${status}: it must be available to be released.`);
  }
  for (const eip of leaving) dropEip(account, eip);
}

export function moveIn(account: Account, groupId: string, addresses: readonly string[]): object {
  const group = getGroup(account, groupId, "available");
  if (addresses.length === 0) throw badRequest("eips: expected at least one address.");
  for (const { eip, shareGroupId, paymentTiming, routeType } of addresses.map((one) => restingEip(account, one))) {
    if (shareGroupId !== "") throw denied(`EIP ${eip} is in ${shareGroupId}.`);
    if (paymentTiming === "Prepaid") throw denied(`EIP ${eip} is prepaid: it cannot share bandwidth.`);
    if (routeType !== group.routeType) throw denied(`EIP ${eip} is of ${routeType}, ${groupId} of ${group.routeType}.`);
  }
  const members = eipsIn(account, groupId).length;
  roomInGroup(account, group.routeType, group.bandwidthInMbps, members, 0);
  const share = group.routeType === "BGP_S" ? 20 : 1;
  if ((members + addresses.length) * share >= group.bandwidthInMbps)
    throw denied(`group ${groupId} has no bandwidth for ${addresses.length} more addresses.`);
  for (const address of addresses) eipsOf(account).patch(address, { shareGroupId: groupId });
  return {};
}

export interface MoveOut {
  readonly eip: string;
  readonly bandwidthInMbps: number;
  readonly billing: Infer<typeof BILLING> | undefined;
}

export function moveOut(account: Account, groupId: string, leaving: readonly MoveOut[]): object {
  getGroup(account, groupId, "available");
  if (leaving.length === 0) throw badRequest("moveOutEips: expected at least one address.");
  const changes = leaving.map(({ eip: address, bandwidthInMbps, billing }) => {
    const { nativeGroup } = memberOf(account, groupId, address);
    restingEip(account, address);
    // One that came from outside kept what it had.
    if (!nativeGroup) return () => eipsOf(account).patch(address, { shareGroupId: "" });
    if (bandwidthInMbps < 1)
      throw badRequest(`bandwidthInMbps: EIP ${address} was made by ${groupId}, and needs its own.`);
    if (billing?.paymentTiming !== "Postpaid")
      throw badRequest(`billing: EIP ${address} was made by ${groupId}, and needs postpaid terms of its own.`);
    const terms = termsOf(account, billing, ["ByTraffic", "ByBandwidth"]);
    return () => eipsOf(account).patch(address, { ...terms, bandwidthInMbps, shareGroupId: "", nativeGroup: false });
  });
  for (const change of changes) change();
  return {};
}

export function deleteGroup(account: Account, { id }: EipGroup): object {
  const members = eipsIn(account, id);
  const held = members.find(({ nativeGroup, status }) => nativeGroup && status !== "available");
  const bound = members.find(({ instanceId }) => instanceId !== null);
  const stays = bound ?? held;
  if (stays) throw denied(`EIP ${stays.eip} of group ${id} is ${stays.status}: unbind it first.`);
  for (const eip of members) {
    if (eip.nativeGroup) dropEip(account, eip);
    else eipsOf(account).patch(eip.eip, { shareGroupId: "" });
  }
  eipGroupsOf(account).delete(id);
  account.gone(id);
  return {};
}

function memberOf(account: Account, groupId: string, address: string) {
  const eip = getEip(account, address);
  if (eip.shareGroupId !== groupId) throw denied(`EIP ${address} is in ${eip.shareGroupId || "no group"}.`);
  return eip;
}
