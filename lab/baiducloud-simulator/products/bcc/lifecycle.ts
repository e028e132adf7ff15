import type { Account } from "../../account.ts";
import { badRequest, Fault, noSuchObject } from "../../api/fault.ts";
import { subnetsOf } from "../vpc/records.ts";
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
}

const SWITCH_MS = 1000;
/** The transitions out of a state that does not last, and out of Deleted. */
const SWITCHED = "instance.switched";
const REMOVED = "instance.removed";
const SPECS: Readonly<Record<MachineProduct, string>> = {
  bcc: "bcc.g5.c2m8",
  bbc: "BBC-G4-PDDAS",
  hpas: "llama2_7B_train",
};

/** What the transitions of machines do. */
export function startLifecycle(account: Account): void {
  account.store.on(SWITCHED, (id, { from, to }) => {
    if (instancesOf(account).get(id)?.status === from) setInstanceStatus(account, id, to as InstanceStatus);
  });
  account.store.on(REMOVED, (id) => void instancesOf(account).delete(id));
}

export function getInstance(account: Account, id: string): SimulatedInstance {
  const instance = instancesOf(account).get(id);
  if (!instance) throw noSuchObject(id);
  return instance;
}

export function createInstance(account: Account, options: NewInstance): SimulatedInstance {
  const { name, hostname = name, internalIp, host, zoneName, product = "bcc", subnetId, ...more } = options;
  const all = instancesOf(account);
  const subnets = subnetsOf(account).all();
  const fits = zoneName || subnetId;
  const subnet = fits
    ? subnets.find((one) => (!zoneName || one.zoneName === zoneName) && (!subnetId || one.subnetId === subnetId))
    : subnets[all.size % subnets.length];
  if (!subnet) throw badRequest(`zoneName: no subnet in ${zoneName ?? subnetId}.`);
  const id = account.newId(product === "hpas" ? "hpas" : "i");
  const instance: SimulatedInstance = {
    id,
    product,
    name,
    hostname: product === "hpas" ? "" : hostname,
    internalIp: account.takeIp(subnet.subnetId, product.toUpperCase(), internalIp),
    vpcId: subnet.vpcId,
    subnetId: subnet.subnetId,
    zoneName: subnet.zoneName,
    spec: more.spec ?? SPECS[product],
    createTime: account.time(),
    host,
    ipv6: more.ipv6 ?? "",
    gpuCard: more.gpuCard ?? "",
    status: "Running",
    publicIp: more.publicIp ?? "",
    inCluster: more.inCluster ?? true,
  };
  all.set(id, instance);
  account.emit({ kind: "instance.created", instanceId: id, name });
  return instance;
}

export function deleteInstance(account: Account, id: string): void {
  const { name, subnetId, internalIp } = getInstance(account, id);
  const all = instancesOf(account);
  account.releaseIp(subnetId, internalIp);
  all.patch(id, { status: "Deleted" });
  if (account.timings.instanceDelete > 0) account.store.schedule(REMOVED, id, account.timings.instanceDelete);
  else all.delete(id);
  account.emit({ kind: "instance.deleted", instanceId: id, name });
  account.gone(id);
  account.changed();
}

/** As if the cloud, or somebody at the console, had brought it there. */
export function setInstanceStatus(account: Account, id: string, status: InstanceStatus): void {
  const { name } = getInstance(account, id);
  instancesOf(account).patch(id, { status });
  account.emit({ kind: "instance.state", instanceId: id, name, status });
  if (status === "Deleted") account.gone(id);
  account.changed();
}

export function startInstance(account: Account, id: string): void {
  const { status } = getInstance(account, id);
  if (status !== "Stopped")
    throw new Fault(409, "Instance.StartInstanceOperationForbidden", `Instance ${id} is ${status}.`);
  switchInstance(account, id, "Starting", "Running");
}

export function stopInstance(account: Account, id: string): void {
  const { status } = getInstance(account, id);
  if (status !== "Running")
    throw new Fault(409, "Instance.StopInstanceOperationForbidden", `Instance ${id} is ${status}.`);
  switchInstance(account, id, "Stopping", "Stopped");
}

/** Enters `from` at once and `to` a little later. */
export function switchInstance(account: Account, id: string, from: InstanceStatus, to: InstanceStatus): void {
  setInstanceStatus(account, id, from);
  account.store.schedule(SWITCHED, id, SWITCH_MS, { from, to });
}
