import type { Account } from "../account.ts";
import { badRequest, Fault, noSuchObject } from "../api/fault.ts";
import { boolean, texts } from "../api/fields.ts";
import { page } from "../api/paging.ts";
import type { Router } from "../api/router.ts";
import type { Input } from "../api/wire.ts";

/** States of BCC and BBC; HPAS calls Running "Active". */
export type InstanceStatus =
  | "Running"
  | "Starting"
  | "Stopping"
  | "Stopped"
  | "Deleted"
  | "Recycled"
  | "Scaling"
  | "Expired"
  | "Error"
  | "SnapshotProcessing"
  | "ImageProcessing"
  | "ChangeVpc"
  | "ChangeSubnet"
  | "Recharging"
  | "Creating"
  | "Reboot";

/** A product has a host and paths of its own; BCC and BBC share the form of their ids. */
export type MachineProduct = "bcc" | "bbc" | "hpas";

export interface SimulatedInstance {
  readonly id: string;
  readonly product: MachineProduct;
  readonly name: string;
  readonly hostname: string;
  readonly internalIp: string;
  readonly subnetId: string;
  readonly zoneName: string;
  readonly spec: string;
  readonly createTime: string;
  /** Where its ports really are; the private address when absent. */
  readonly host: string | undefined;
  /** Empty for none. */
  readonly ipv6: string;
  readonly gpuCard: string;
  status: InstanceStatus;
  publicIp: string;
  /** Whether CCE counts it among the nodes of its clusters. */
  inCluster: boolean;
}

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
  /** Default: true. */
  readonly inCluster?: boolean;
}

/** Cloud servers (BCC). Made by the lab, read and switched through the API. */
export interface Instances {
  readonly all: ReadonlyMap<string, SimulatedInstance>;
  create(options: NewInstance): SimulatedInstance;
  delete(id: string): void;
  start(id: string): void;
  stop(id: string): void;
  /** As if the cloud, or somebody at the console, had brought it there. */
  setStatus(id: string, status: InstanceStatus): void;
  /** Called when an instance goes, or is switched. */
  onChange(listener: (instance: SimulatedInstance) => void): void;
}

const SWITCH_MS = 1000;
const SPECS: Readonly<Record<MachineProduct, string>> = {
  bcc: "bcc.g5.c2m8",
  bbc: "BBC-G4-PDDAS",
  hpas: "llama2_7B_train",
};

export function createInstances(account: Account, router: Router): Instances {
  const { clock, timings } = account;
  const all = new Map<string, SimulatedInstance>();
  const listeners: ((instance: SimulatedInstance) => void)[] = [];
  const told = (instance: SimulatedInstance): void => {
    for (const listener of listeners) listener(instance);
  };
  const get = (id: string): SimulatedInstance => {
    const instance = all.get(id);
    if (!instance) throw noSuchObject(id);
    return instance;
  };
  const change = (instance: SimulatedInstance, status: SimulatedInstance["status"]): void => {
    instance.status = status;
    account.emit({ kind: "instance.state", instanceId: instance.id, name: instance.name, status });
    told(instance);
  };
  const later = (
    instance: SimulatedInstance,
    from: SimulatedInstance["status"],
    to: SimulatedInstance["status"],
  ): void => {
    change(instance, from);
    clock.schedule(SWITCH_MS, () => {
      if (instance.status === from) change(instance, to);
    });
  };
  const instances: Instances = {
    all,
    create({ name, hostname = name, internalIp, host, zoneName, product = "bcc", ...more }) {
      const zone = account.subnets[all.size % account.subnets.length];
      const subnet = zoneName ? account.subnets.find((candidate) => candidate.zoneName === zoneName) : zone;
      if (!subnet) throw badRequest(`zoneName: no subnet in ${zoneName}.`);
      const instance: SimulatedInstance = {
        id: account.newId(product === "hpas" ? "hpas" : "i"),
        product,
        name,
        hostname: product === "hpas" ? "" : hostname,
        internalIp: account.takeIp(subnet.subnetId, internalIp),
        subnetId: subnet.subnetId,
        zoneName: subnet.zoneName,
        spec: more.spec ?? SPECS[product],
        createTime: account.time(),
        host,
        ipv6: more.ipv6 ?? "",
        gpuCard: more.gpuCard ?? "",
        status: "Running",
        publicIp: "",
        inCluster: more.inCluster ?? true,
      };
      all.set(instance.id, instance);
      account.emit({ kind: "instance.created", instanceId: instance.id, name });
      return instance;
    },
    delete(id) {
      const instance = get(id);
      account.releaseIp(instance.internalIp);
      instance.status = "Deleted";
      const remove = () => void all.delete(id);
      if (timings.instanceDelete > 0) clock.schedule(timings.instanceDelete, remove);
      else remove();
      account.emit({ kind: "instance.deleted", instanceId: id, name: instance.name });
      told(instance);
    },
    start(id) {
      const instance = get(id);
      if (instance.status !== "Stopped") {
        throw new Fault(409, "Instance.StartInstanceOperationForbidden", `Instance ${id} is ${instance.status}.`);
      }
      later(instance, "Starting", "Running");
    },
    stop(id) {
      const instance = get(id);
      if (instance.status !== "Running") {
        throw new Fault(409, "Instance.StopInstanceOperationForbidden", `Instance ${id} is ${instance.status}.`);
      }
      later(instance, "Stopping", "Stopped");
    },
    setStatus: (id, status) => change(get(id), status),
    onChange: (listener) => void listeners.push(listener),
  };

  const view = (instance: SimulatedInstance) => ({
    id: instance.id,
    serialNumber: instance.id,
    name: instance.name,
    hostname: instance.hostname,
    desc: "",
    status: instance.status,
    instanceType: "N5",
    spec: instance.spec,
    paymentTiming: "Postpaid",
    chargeStatus: "IS_CHARGING",
    createTime: instance.createTime,
    expireTime: null,
    internalIp: instance.internalIp,
    publicIp: instance.publicIp,
    ipv6: instance.ipv6,
    ipv6Addresses: instance.ipv6 ? [instance.ipv6] : [],
    cpuCount: 2,
    memoryCapacityInGB: 8,
    localDiskSizeInGB: 0,
    gpuCard: instance.gpuCard,
    cardCount: instance.gpuCard ? "1" : "0",
    eniNum: "0",
    networkCapacityInMbps: 0,
    placementPolicy: "default",
    zoneName: instance.zoneName,
    subnetId: instance.subnetId,
    vpcId: account.vpc.vpcId,
    autoRenew: false,
    tags: [],
    deletionProtection: 0,
  });
  const isBcc = ({ product }: SimulatedInstance) => product === "bcc";
  const idOf = (entry: { readonly id: string }) => entry.id;
  const filtered = (input: Input): readonly SimulatedInstance[] => {
    const csv = (name: string) => {
      const values = input.param(name)?.split(",").filter(Boolean);
      if (values && values.length > 100) throw badRequest(`${name}: at most 100 values.`);
      return values ? new Set(values) : undefined;
    };
    const [ids, names, privateIps] = [csv("instanceIds"), csv("instanceNames"), csv("privateIps")];
    const vpcId = input.param("vpcId");
    const [internalIp, zoneName, status] = [input.param("internalIp"), input.param("zoneName"), input.param("status")];
    return [...all.values()]
      .filter(isBcc)
      .filter(
        (instance) =>
          (!ids || ids.has(instance.id)) &&
          (!names || names.has(instance.name)) &&
          (!privateIps || privateIps.has(instance.internalIp)) &&
          (!vpcId || vpcId === account.vpc.vpcId) &&
          (!internalIp || internalIp === instance.internalIp) &&
          (!zoneName || zoneName === instance.zoneName) &&
          (!status || status === instance.status),
      );
  };

  router.on("GET", "/v2/instance", (input) => page(input, "instances", filtered(input).map(view), idOf));
  router.on("POST", "/v2/instance/listByInstanceId", (input) => {
    const ids = new Set(texts(input.body, "instanceIds") ?? []);
    if (ids.size > 100) throw badRequest("instanceIds: at most 100 values.");
    return page(
      input,
      "instances",
      [...all.values()]
        .filter(isBcc)
        .filter(({ id }) => ids.has(id))
        .map(view),
      idOf,
    );
  });
  router.on("GET", "/v2/instance/{}", (_input, id = "") => {
    const instance = get(id);
    if (!isBcc(instance)) throw noSuchObject(id);
    return { instance: view(instance) };
  });
  router.on("PUT", "/v2/instance/{}", (input, id = "") => {
    if (input.has("start")) instances.start(id);
    else if (input.has("stop")) instances.stop(id);
    else if (input.has("reboot")) {
      boolean(input.body, "forceStop");
      later(get(id), "Starting", "Running");
      return { requestId: "", failedInstanceIdList: [] };
    } else throw badRequest("expected one of the actions start, stop, reboot.");
    return {};
  });
  router.on("DELETE", "/v2/instance/{}", (_input, id = "") => {
    instances.delete(id);
    return {};
  });
  router.on("GET", "/v2/zone", () => ({ zones: account.subnets.map(({ zoneName }) => ({ zoneName })) }));
  return instances;
}
