import { type Clock, cidrContains, parseCidr, parseIp, type Random, randomText } from "@ccm/base";
import { Fault, noSuchObject } from "./api/fault.ts";
import type { SimulatorEvent } from "./events.ts";

/** How long the cloud takes, in milliseconds. Real ones take seconds to minutes. */
export interface Timings {
  readonly blbCreate: number;
  readonly blbUpdate: number;
  readonly eipCreate: number;
  readonly eipBind: number;
  /** A new load balancer is missing from lists for so long. */
  readonly blbListLag: number;
  /** A deleted instance stays visible as Deleted for so long. */
  readonly instanceDelete: number;
}

export const DEFAULT_TIMINGS: Timings = {
  blbCreate: 1000,
  blbUpdate: 200,
  eipCreate: 300,
  eipBind: 300,
  blbListLag: 0,
  instanceDelete: 0,
};

export interface Quotas {
  readonly blbs: number;
  readonly listenersPerBlb: number;
  readonly backendsPerBlb: number;
  readonly eips: number;
  readonly routeRules: number;
}

export const DEFAULT_QUOTAS: Quotas = { blbs: 60, listenersPerBlb: 50, backendsPerBlb: 50, eips: 50, routeRules: 50 };

/** What the products of one simulated account share. */
export interface Account {
  readonly clock: Clock;
  readonly random: Random;
  readonly region: string;
  readonly timings: Timings;
  readonly quotas: Quotas;
  readonly vpc: { readonly vpcId: string; readonly name: string; readonly cidr: string; readonly routeTableId: string };
  readonly subnets: readonly Subnet[];
  emit(event: SimulatorEvent): void;
  /** `<prefix>-xxxxxxxx`, never twice. */
  newId(prefix: string): string;
  /** A free private address of a subnet, or the wanted one. */
  takeIp(subnetId: string, wanted?: string): string;
  /** A private IPv6 address, never twice. */
  takeIpv6(subnetId: string): string;
  releaseIp(ip: string): void;
  /** RFC 3339 in whole seconds. */
  time(): string;
}

export interface Subnet {
  readonly subnetId: string;
  readonly name: string;
  readonly zoneName: string;
  readonly cidr: string;
  readonly subnetType: string;
}

/** The first addresses of a subnet are the cloud's own. */
const FIRST_HOST = 3n;
const ID_CHARS = "0123456789abcdefghijklmnopqrstuvwxyz";

export function createAccount(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly region: string;
  readonly timings: Timings;
  readonly quotas: Quotas;
  readonly emit: (event: SimulatorEvent) => void;
}): Account {
  const { clock, random, region } = options;
  const ids = new Set<string>();
  const newId = (prefix: string): string => {
    for (;;) {
      const id = `${prefix}-${randomText(random, 8, ID_CHARS)}`;
      if (ids.has(id)) continue;
      ids.add(id);
      return id;
    }
  };
  const used = new Set<string>();
  let ipv6Count = 0;
  const vpc = { vpcId: newId("vpc"), name: "lab", cidr: "192.168.0.0/16", routeTableId: newId("rt") };
  const subnets = ["a", "b", "d"].map((zone, index) => ({
    subnetId: newId("sbn"),
    name: `lab-${zone}`,
    zoneName: `cn-${region}-${zone}`,
    cidr: `192.168.${index * 16}.0/20`,
    subnetType: "BCC",
  }));
  return {
    ...options,
    vpc,
    subnets,
    newId,
    takeIp(subnetId, wanted) {
      const subnet = subnets.find((candidate) => candidate.subnetId === subnetId);
      if (!subnet) throw noSuchObject(subnetId);
      const cidr = parseCidr(subnet.cidr);
      if (!cidr) throw new Fault(500, "InternalError", "bad subnet");
      if (wanted !== undefined) {
        const ip = parseIp(wanted);
        if (!ip || !cidrContains(cidr, ip))
          throw new Fault(400, "BadRequest", `${wanted} is not in subnet ${subnetId} (${subnet.cidr}).`);
        if (used.has(wanted)) throw new Fault(409, "PrivateIpInUseException", `${wanted} is in use.`);
        used.add(wanted);
        return wanted;
      }
      for (let value = cidr.first + FIRST_HOST; value < cidr.last; value++) {
        const ip = ipv4Text(value);
        if (used.has(ip)) continue;
        used.add(ip);
        return ip;
      }
      throw new Fault(400, "SubnetHasNoMoreIpException", `Subnet ${subnetId} has no more addresses.`);
    },
    takeIpv6(subnetId) {
      const index = subnets.findIndex((candidate) => candidate.subnetId === subnetId);
      if (index < 0) throw noSuchObject(subnetId);
      return `fd00:${index}::${(++ipv6Count).toString(16)}`;
    },
    releaseIp: (ip) => void used.delete(ip),
    time: () => new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z"),
  };
}

export function ipv4Text(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join(".");
}
