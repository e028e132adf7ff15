import type { Account } from "../../account.ts";
import { badRequest, denied, Fault, noSuchObject } from "../../api/fault.ts";
import { monthsAfter } from "../eip/terms.ts";
import { groupsFor, newMac } from "../vpc/eni-model.ts";
import { subnetsOf } from "../vpc/records.ts";
import { sizeOf } from "./flavors.ts";
import { type InstanceStatus, instancesOf, type MachineProduct, type SimulatedInstance } from "./records.ts";

export interface NewInstance {
  readonly name: string;
  readonly hostname?: string;
  readonly internalIp?: string;
  /** The address at which the data plane reaches it. */
  readonly host?: string;
  readonly spec?: string;
  readonly zoneName?: string;
  /** Default: bcc. */
  readonly product?: MachineProduct;
  readonly ipv6?: string;
  /** Default: none. */
  readonly gpuCard?: string;
  /** Default: none. */
  readonly publicIp?: string;
  /** Default: true. */
  readonly inCluster?: boolean;
  /** Default: one of the zone, or each in turn. */
  readonly subnetId?: string;
  /** What else differs from a plain one that runs already. */
  readonly more?: Partial<SimulatedInstance>;
}

/** The transitions out of a state that does not last, out of Deleted, and at the end of a term. */
const SWITCHED = "instance.switched";
const REMOVED = "instance.removed";
const EXPIRED = "instance.expired";
const RELEASED = "instance.released";
const SPECS: Readonly<Record<MachineProduct, string>> = {
  bcc: "bcc.g5.c2m8",
  bbc: "BBC-G4-PDDAS",
  hpas: "llama2_7B_train",
};
export const DEFAULT_IMAGE = "m-lab00000";
const HOSTS_IN_RACK = 16;

/** What the transitions of machines do. */
export function startLifecycle(account: Account): void {
  const all = instancesOf(account);
  account.store.on(SWITCHED, (id, { from, to }) => {
    if (all.get(id)?.status !== from) return;
    setInstanceStatus(account, id, to as InstanceStatus);
  });
  account.store.on(REMOVED, (id) => void all.delete(id));
  account.store.on(EXPIRED, (id, { expireTime }) => {
    const found = all.get(id);
    if (!found || found.expireTime !== expireTime || !isLive(found)) return;
    if (found.autoRenew) renew(account, id, found.autoRenew.period * (found.autoRenew.unit === "year" ? 12 : 1));
    else setInstanceStatus(account, id, "Expired");
  });
  account.store.on(RELEASED, (id, { releaseTime }) => {
    const found = all.get(id);
    if (found && found.releaseTime === releaseTime && isLive(found)) deleteInstance(account, id);
  });
}

const isLive = ({ status }: SimulatedInstance): boolean => status !== "Deleted" && status !== "Recycled";

export function getInstance(account: Account, id: string): SimulatedInstance {
  const instance = instancesOf(account).get(id);
  if (!instance) throw noSuchObject(id);
  return instance;
}

/** One of these products that can still be changed. */
export function liveInstance(account: Account, id: string, ...products: readonly MachineProduct[]): SimulatedInstance {
  const instance = getInstance(account, id);
  if (!products.includes(instance.product) || !isLive(instance)) throw noSuchObject(id);
  return instance;
}

/** One that is not on its way to another state. */
export function steadyInstance(
  account: Account,
  id: string,
  ...products: readonly MachineProduct[]
): SimulatedInstance {
  const instance = liveInstance(account, id, ...products);
  if (instance.status !== "Running" && instance.status !== "Stopped")
    throw denied(`Instance ${id} is ${instance.status}.`);
  return instance;
}

export function createInstance(account: Account, options: NewInstance): SimulatedInstance {
  const { name, hostname = name, internalIp, host, zoneName, product = "bcc", subnetId, more = {}, ...rest } = options;
  const all = instancesOf(account);
  const subnets = subnetsOf(account).all();
  const fits = zoneName || subnetId;
  const subnet = fits
    ? subnets.find((one) => (!zoneName || one.zoneName === zoneName) && (!subnetId || one.subnetId === subnetId))
    : subnets[all.size % subnets.length];
  if (!subnet) throw badRequest(`zoneName: no subnet in ${zoneName ?? subnetId}.`);
  const spec = rest.spec ?? SPECS[product];
  const groups = more.securityGroupIds ? {} : groupsFor(account, subnet.vpcId, {});
  const ip = account.takeIp(subnet.subnetId, product.toUpperCase(), internalIp);
  const id = account.newId(product === "hpas" ? "hpas" : "i");
  const place = account.store.next("hosts");
  const rack = Math.floor(place / HOSTS_IN_RACK);
  const instance: SimulatedInstance = {
    id,
    serialNumber: account.random.uuid(),
    product,
    name,
    hostname: product === "hpas" ? "" : hostname,
    desc: "",
    internalIp: ip,
    secondaryIps: [],
    vpcId: subnet.vpcId,
    subnetId: subnet.subnetId,
    zoneName: subnet.zoneName,
    spec,
    ...sizeOf(spec),
    createTime: account.time(),
    host,
    ipv6: rest.ipv6 ?? "",
    secondaryIpv6s: [],
    gpuCard: rest.gpuCard ?? "",
    status: "Running",
    creating: false,
    publicIp: rest.publicIp ?? "",
    inCluster: rest.inCluster ?? true,
    securityGroupIds: [],
    enterpriseSecurityGroupIds: [],
    ...groups,
    eniId: account.newId("eni"),
    macAddress: newMac(account),
    imageId: DEFAULT_IMAGE,
    keypairId: "",
    rootDiskSizeInGb: 20,
    rootDiskStorageType: "cloud_hp1",
    paymentTiming: "Postpaid",
    expireTime: null,
    chargeStatus: "IS_CHARGING",
    releaseTime: "",
    autoRenew: null,
    tags: [],
    deletionProtection: 0,
    isEipAutoRelatedDelete: false,
    enableJumboFrame: false,
    netEthQueueCount: "2",
    ehcClusterId: "",
    dedicatedHostId: "",
    deployIds: [],
    resGroupId: "",
    userData: "",
    hostId: `host-${place}`,
    switchId: `switch-${subnet.zoneName}-${rack}`,
    rackId: `rack-${subnet.zoneName}-${rack}`,
    recycleTime: "",
    ...more,
  };
  all.set(id, instance);
  account.emit({ kind: "instance.created", instanceId: id, name });
  return instance;
}

/** Schedules what happens when a prepaid term is over. */
export function watchTerm(account: Account, { id, expireTime }: SimulatedInstance): void {
  if (expireTime === null) return;
  account.store.schedule(EXPIRED, id, Date.parse(expireTime) - account.clock.now(), { expireTime });
}

/** Prolongs the term from where it ends now, or the present when that is over. */
export function renew(account: Account, id: string, months: number): void {
  const { expireTime, status } = getInstance(account, id);
  const from = expireTime !== null && Date.parse(expireTime) > account.clock.now() ? expireTime : account.time();
  const renewed = instancesOf(account).patch(id, { expireTime: monthsAfter(from, months) });
  if (renewed) watchTerm(account, renewed);
  if (status === "Expired") setInstanceStatus(account, id, "Running");
}

/** Releases a machine at a time; "" takes that back. */
export function releaseAt(account: Account, id: string, releaseTime: string): void {
  instancesOf(account).patch(id, { releaseTime });
  if (releaseTime === "") return;
  account.store.schedule(RELEASED, id, Date.parse(releaseTime) - account.clock.now(), { releaseTime });
}

export function deleteInstance(account: Account, id: string): void {
  const instance = getInstance(account, id);
  const all = instancesOf(account);
  releaseAddresses(account, instance);
  all.patch(id, { status: "Deleted" });
  if (account.timings.instanceDelete > 0) account.store.schedule(REMOVED, id, account.timings.instanceDelete);
  else all.delete(id);
  account.emit({ kind: "instance.deleted", instanceId: id, name: instance.name });
  account.gone(id);
  account.changed();
}

export function releaseAddresses(account: Account, { internalIp, subnetId, secondaryIps }: SimulatedInstance): void {
  for (const one of [{ ip: internalIp, subnetId }, ...secondaryIps]) account.releaseIp(one.subnetId, one.ip);
}

/** The data plane reaches the machine at this address from now on. */
export function placeInstance(account: Account, id: string, host: string): SimulatedInstance {
  const placed = { ...getInstance(account, id), host };
  instancesOf(account).set(id, placed);
  account.changed();
  return placed;
}

/** As if the cloud, or somebody at the console, had brought it there. */
export function setInstanceStatus(account: Account, id: string, status: InstanceStatus): void {
  const { name, creating, chargeStatus } = getInstance(account, id);
  const isUp = status === "Running";
  instancesOf(account).patch(id, {
    status,
    creating: isUp ? false : creating,
    chargeStatus: isUp ? "IS_CHARGING" : chargeStatus,
  });
  account.emit({ kind: "instance.state", instanceId: id, name, status });
  if (status === "Deleted") account.gone(id);
  account.changed();
}

export function startInstance(account: Account, id: string): void {
  const { status, creating } = getInstance(account, id);
  if (creating) throw new Fault(409, "Instance.StartInstanceWhenCreating", `Instance ${id} is being created.`);
  if (status === "Expired") throw new Fault(409, "Instance.StartExpiredInstance", `Instance ${id} has expired.`);
  if (status !== "Stopped")
    throw new Fault(409, "Instance.StartInstanceOperationForbidden", `Instance ${id} is ${status}.`);
  switchInstance(account, id, "Starting", "Running", account.timings.instanceStart);
}

export function stopInstance(account: Account, id: string): void {
  const { status } = getInstance(account, id);
  if (status !== "Running")
    throw new Fault(409, "Instance.StopInstanceOperationForbidden", `Instance ${id} is ${status}.`);
  switchInstance(account, id, "Stopping", "Stopped", account.timings.instanceStop);
}

export function rebootInstance(account: Account, id: string, during: InstanceStatus = "Starting"): void {
  const { status } = getInstance(account, id);
  if (status !== "Running")
    throw new Fault(409, "Instance.RebootInstanceOperationForbidden", `Instance ${id} is ${status}.`);
  switchInstance(account, id, during, "Running", account.timings.instanceStart);
}

/** Enters `from` at once and `to` a little later. */
export function switchInstance(
  account: Account,
  id: string,
  from: InstanceStatus,
  to: InstanceStatus,
  ms: number,
): void {
  setInstanceStatus(account, id, from);
  account.store.schedule(SWITCHED, id, ms, { from, to });
}
