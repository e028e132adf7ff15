import type { Account } from "../../account.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { instancesOf } from "../bcc/records.ts";
import { type Eip, type EipStatus, eipsOf, type IpVersion } from "./records.ts";

/** The transition out of a state that does not last. */
const DONE = "eip.done";

/** What an address can be bound to, and the tables that hold it. */
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  BCC: ["instances"],
  BBC: ["instances"],
  DCC: ["instances"],
  ENI: ["enis"],
  BLB: ["blbs", "appBlbs"],
  NAT: ["nats"],
  VPN: ["vpns"],
};

export function getEip(account: Account, address: string): Eip {
  const eip = eipsOf(account).get(address);
  if (!eip) throw noSuchObject(address);
  return eip;
}

/** Enters `during` at once, as clients expect, and `after` when the time has come. */
export function passThrough(account: Account, address: string, during: EipStatus, after: EipStatus, ms: number): void {
  eipsOf(account).patch(address, { status: during });
  account.store.schedule(DONE, address, ms, { during, after });
}

/** What the transitions of addresses do, and what happens when their targets go. */
export function startBinding(account: Account): void {
  const all = eipsOf(account);
  account.store.on(DONE, (address, { during, after }) => {
    const eip = all.get(address);
    if (!eip || eip.status !== during) return;
    all.patch(address, { status: after as EipStatus });
    if (during === "binding" && eip.instanceId) {
      setPublicIp(account, eip.instanceId, address);
      account.emit({ kind: "eip.bound", eip: address, instanceId: eip.instanceId });
    }
    if (during === "unbinding") letGo(account, eip);
    account.changed();
  });
  account.onGone((id) => {
    const bound = all.all().filter(({ instanceId }) => instanceId === id);
    for (const eip of bound) {
      letGo(account, eip);
      all.patch(eip.eip, { status: "available" });
    }
    if (bound.length > 0) account.changed();
  });
}

/** The address if it can be bound now. */
export function freeEip(account: Account, address: string): Eip {
  const eip = getEip(account, address);
  if (eip.status !== "available") throw denied(`EIP ${address} is ${eip.status}: it must be available to be bound.`);
  return eip;
}

export function bindEip(account: Account, address: string, instanceType: string, instanceId: string): void {
  const eip = freeEip(account, address);
  const tables = TARGETS[instanceType];
  if (!tables) throw badRequest(`instanceType: "${instanceType}" is unknown.`);
  if (!tables.some((table) => account.store.table(table).has(instanceId))) throw noSuchObject(instanceId);
  const taken = eipsOf(account)
    .all()
    .some((other) => other.instanceId === instanceId && other.ipVersion === eip.ipVersion);
  if (taken) throw denied(`${instanceType} ${instanceId} has an EIP already.`);
  eipsOf(account).patch(address, { instanceType, instanceId });
  passThrough(account, address, "binding", "binded", account.timings.eipBind);
}

/** Finds the address whose traffic goes to an instance now. Made once for many look-ups. */
export function boundEips(account: Account): (instanceId: string, ipVersion: IpVersion) => Eip | undefined {
  const bound = eipsOf(account)
    .all()
    .filter(({ instanceId, status }) => instanceId !== null && status !== "binding");
  const byTarget = new Map(bound.map((eip) => [`${eip.ipVersion} ${eip.instanceId}`, eip]));
  return (instanceId, ipVersion) => byTarget.get(`${ipVersion} ${instanceId}`);
}

function letGo(account: Account, { eip, instanceId }: Eip): void {
  eipsOf(account).patch(eip, { instanceId: null, instanceType: null });
  if (!instanceId) return;
  setPublicIp(account, instanceId, "");
  account.emit({ kind: "eip.unbound", eip, instanceId });
}

function setPublicIp(account: Account, instanceId: string, publicIp: string): void {
  instancesOf(account).patch(instanceId, { publicIp });
}
