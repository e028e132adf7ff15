import type { Account } from "../../account.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { instancesOf, type MachineProduct } from "../bcc/records.ts";
import { enisOf } from "../vpc/records.ts";
import { type Eip, type EipStatus, eipsOf, type IpVersion } from "./records.ts";

/** The transition out of a state that does not last. */
const DONE = "eip.done";

interface Target {
  /** The private addresses that can have a public one each, the primary one first; none: as many as are bound. */
  readonly ips: readonly string[];
}

type Find = (account: Account, id: string, ipVersion: IpVersion) => Target | undefined;

/** What an address can be bound to. */
const TARGETS: Readonly<Record<string, Find>> = {
  BCC: machine("bcc"),
  BBC: machine("bbc"),
  DCC: machine("bcc"),
  ENI(account, id, ipVersion) {
    const eni = enisOf(account).get(id);
    return eni && { ips: ipVersion === "ipv6" ? eni.ipv6s : eni.privateIps.map(({ ip }) => ip) };
  },
  BLB(account, id, ipVersion) {
    const balancers = ["blbs", "appBlbs"].map((name) =>
      account.store.table<{ readonly address: string; readonly ipv6: string }>(name).get(id),
    );
    const found = balancers.find((one) => one !== undefined);
    return found && { ips: [ipVersion === "ipv6" && found.ipv6 !== "" ? found.ipv6 : found.address] };
  },
  NAT: (account, id) => (account.store.table("nats").has(id) ? { ips: [] } : undefined),
  VPN: (account, id) => (account.store.table("vpns").has(id) ? { ips: [] } : undefined),
};

function machine(product: MachineProduct): Find {
  return (account, id, ipVersion) => {
    const found = instancesOf(account).get(id);
    if (found?.product !== product) return undefined;
    return { ips: [ipVersion === "ipv6" && found.ipv6 !== "" ? found.ipv6 : found.internalIp] };
  };
}

export function getEip(account: Account, address: string): Eip {
  const eip = eipsOf(account).get(address);
  if (!eip) throw noSuchObject(address);
  return eip;
}

/** The address, unless it is on its way to another state. */
export function restingEip(account: Account, address: string): Eip {
  const eip = getEip(account, address);
  if (eip.status !== "available" && eip.status !== "binded") throw denied(`EIP ${address} is ${eip.status}.`);
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
      setPublicIp(account, eip, address);
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

/** `wantedIp` picks one of the target's private addresses; default: the primary one. */
export function bindEip(
  account: Account,
  address: string,
  instanceType: string,
  instanceId: string,
  wantedIp?: string,
): void {
  const eip = freeEip(account, address);
  const find = TARGETS[instanceType];
  if (!find) throw badRequest(`instanceType: "${instanceType}" is unknown.`);
  const target = find(account, instanceId, eip.ipVersion);
  if (!target) throw noSuchObject(instanceId);
  if (wantedIp && !target.ips.includes(wantedIp))
    throw badRequest(`instanceIp: ${instanceType} ${instanceId} does not have ${wantedIp}.`);
  const instanceIp = wantedIp || (target.ips[0] ?? null);
  const taken = eipsOf(account)
    .all()
    .some(
      (other) =>
        other.instanceId === instanceId &&
        other.ipVersion === eip.ipVersion &&
        instanceIp !== null &&
        (other.instanceIp ?? instanceIp) === instanceIp,
    );
  if (taken) throw denied(`${instanceType} ${instanceId} has an EIP already.`);
  eipsOf(account).patch(address, { instanceType, instanceId, instanceIp });
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

function letGo(account: Account, eip: Eip): void {
  eipsOf(account).patch(eip.eip, { instanceId: null, instanceType: null, instanceIp: null, direct: false });
  if (!eip.instanceId) return;
  setPublicIp(account, eip, "");
  account.emit({ kind: "eip.unbound", eip: eip.eip, instanceId: eip.instanceId });
}

/** Machines and network cards show their public address. */
function setPublicIp(account: Account, { instanceId, instanceIp, ipVersion }: Eip, publicIp: string): void {
  if (!instanceId || ipVersion === "ipv6") return;
  instancesOf(account).patch(instanceId, { publicIp });
  const eni = enisOf(account).get(instanceId);
  if (!eni) return;
  const privateIps = eni.privateIps.map((one) => (one.ip === instanceIp ? { ...one, publicIp } : one));
  enisOf(account).patch(instanceId, { privateIps });
}
