import type { BareMetal, BareMetalNetwork, ClusterInstance, HpasInstance, Instance } from "@ccm/bce";

/** A machine of any product, as far as a Node is concerned. Empty texts are unknown. */
export interface Machine {
  readonly id: string;
  /** BCC, BBC, HPAS, EBC or BEC. */
  readonly product: string;
  /** Its Kubernetes name, which only CCE knows. */
  readonly nodeName: string;
  readonly hostname: string;
  /** What it is called in the console. */
  readonly name: string;
  /** IPv4 first. */
  readonly internalIps: readonly string[];
  readonly publicIp: string;
  readonly instanceType: string;
  readonly gpu: boolean;
  readonly zone: string;
  readonly vpcId: string;
  readonly subnetId: string;
  /** In the product's own words. */
  readonly status: string;
  readonly state: MachineState;
}

/** on: it runs, or will. off: it exists, and is switched off. gone: the product says that there is no such machine. */
export type MachineState = "on" | "off" | "gone";

/**
 * What is not here is on: a state that nobody has thought of is no reason to take work from a Node. An expired machine is
 * off until it is paid for; one in the recycle bin is gone, however long it stays there.
 */
const BCC_STATES: Readonly<Record<string, MachineState>> = {
  Stopped: "off",
  Expired: "off",
  Deleted: "gone",
  Recycled: "gone",
};
const HPAS_STATES: Readonly<Record<string, MachineState>> = { Stopped: "off", Expired: "off" };
/** CCE's "deleted" is what CCE has done to it: whether the machine is gone is for its product to say. */
const CCE_MACHINE_STATES: Readonly<Record<string, MachineState>> = { SHUTOFF: "off", STOPPED: "off", EXPIRED: "off" };

export function machineOfBcc(instance: Instance): Machine {
  const { status, internalIp, ipv6, ipv6Addresses } = instance;
  return {
    id: instance.id,
    product: "BCC",
    nodeName: "",
    hostname: instance.hostname ?? "",
    name: instance.name,
    internalIps: distinct([internalIp, ipv6, ...(ipv6Addresses ?? [])]),
    publicIp: instance.publicIp ?? "",
    instanceType: instance.spec || instance.instanceType || "BCC",
    gpu: Boolean(instance.gpuCard) || Number(instance.cardCount) > 0,
    zone: instance.zoneName,
    vpcId: instance.vpcId,
    subnetId: instance.subnetId,
    status,
    state: BCC_STATES[status] ?? "on",
  };
}

export function machineOfBbc(instance: BareMetal, network: BareMetalNetwork | undefined): Machine {
  const { status } = instance;
  return {
    id: instance.id,
    product: "BBC",
    nodeName: "",
    hostname: instance.hostname ?? "",
    name: instance.name,
    internalIps: distinct([instance.internalIp]),
    publicIp: instance.publicIp ?? "",
    instanceType: instance.flavorId || "BBC",
    gpu: /GPU/i.test(instance.flavorId ?? ""),
    zone: instance.zone,
    vpcId: network?.vpc.vpcId ?? "",
    subnetId: network?.subnet.subnetId ?? "",
    status,
    state: BCC_STATES[status] ?? "on",
  };
}

export function machineOfHpas(instance: HpasInstance): Machine {
  const { status } = instance;
  const ipv6 = (instance.nicInfo ?? []).flatMap(({ ipv6s }) => (ipv6s ?? []).map(({ ipv6Address }) => ipv6Address));
  return {
    id: instance.hpasId,
    product: "HPAS",
    nodeName: "",
    hostname: "",
    name: instance.name,
    internalIps: distinct([instance.internalIp, ...ipv6]),
    publicIp: "",
    instanceType: [instance.appType, instance.appPerformanceLevel].filter(Boolean).join(".") || "HPAS",
    gpu: true,
    zone: instance.zoneName,
    vpcId: instance.vpcId,
    subnetId: instance.subnetId,
    status,
    state: HPAS_STATES[status] ?? "on",
  };
}

/** Undefined for a machine that CCE has let go of, or has not got yet: then its product decides what it is. */
export function machineOfCce(instance: ClusterInstance, region: string): Machine | undefined {
  const { instanceId, machineStatus, instancePhase } = instance;
  if (instanceId === "" || instancePhase === "deleted" || machineStatus === "DELETED") return undefined;
  return {
    id: instanceId,
    product: instance.machineType || "BCC",
    nodeName: instance.k8sNodeName,
    hostname: instance.hostname,
    name: "",
    internalIps: distinct([instance.vpcIp, instance.vpcIpv6]),
    publicIp: instance.eip,
    instanceType: instance.machineSpec || instance.machineType || "BCC",
    gpu: instance.gpuCount > 0,
    zone: zoneName(instance.availableZone, region),
    vpcId: instance.vpcId,
    subnetId: instance.subnetId,
    status: machineStatus || instancePhase,
    state: CCE_MACHINE_STATES[machineStatus] ?? "on",
  };
}

/** CCE's zoneA is cn-bj-a everywhere else; other names, as those of private clouds, are left as they are. */
export function zoneName(zone: string, region: string): string {
  const letter = /^zone([A-Za-z])$/.exec(zone)?.[1];
  return letter ? `cn-${region}-${letter.toLowerCase()}` : zone;
}

function distinct(values: readonly (string | null | undefined)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== undefined && value !== null && value !== ""))] as string[];
}
