import { type Clock, cidrContains, parseCidr, parseIp, type Random, randomText } from "@ccm/base";
import type { Access } from "./api/access.ts";
import { Fault, noSuchObject } from "./api/fault.ts";
import type { DataPlane } from "./data-plane/data-plane.ts";
import type { SimulatorEvent } from "./events.ts";
import type { ClusterAccess } from "./products/cce/cluster-access.ts";
import { ipReservesOf, subnetsOf } from "./products/vpc/records.ts";
import type { Store } from "./store/store.ts";

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
  readonly instanceCreate: number;
  /** From Starting to Running, also of a reboot. */
  readonly instanceStart: number;
  readonly instanceStop: number;
  /** A new size, image, subnet or VPC. */
  readonly instanceChange: number;
  /** Also a detach. */
  readonly eniAttach: number;
  readonly natCreate: number;
  readonly natBind: number;
  readonly volumeCreate: number;
  /** Also a detach and a resize. */
  readonly volumeAttach: number;
  readonly imageCreate: number;
  /** A registry instance, also a larger edition. */
  readonly ccrCreate: number;
  /** A scan, a build, a copy, a link into a VPC. */
  readonly ccrJob: number;
  /** Machines, pods and load balancers at the edge. */
  readonly becCreate: number;
  /** Also a start, a stop and a binding. */
  readonly becChange: number;
  readonly cnapDeploy: number;
  readonly cceClusterCreate: number;
  readonly cceClusterDelete: number;
  /** Also a switch of a cluster: its public address, its encryption, the names in its certificate. */
  readonly cceClusterChange: number;
  readonly cceInstanceCreate: number;
  readonly cceInstanceDelete: number;
  /** A task waits for so long before it begins. */
  readonly cceTaskStart: number;
  /** An add-on, a workflow, a backup. */
  readonly cceJob: number;
}

export const DEFAULT_TIMINGS: Timings = {
  blbCreate: 1000,
  blbUpdate: 200,
  eipCreate: 300,
  eipBind: 300,
  blbListLag: 0,
  instanceDelete: 0,
  instanceCreate: 3000,
  instanceStart: 1000,
  instanceStop: 1000,
  instanceChange: 2000,
  eniAttach: 1000,
  natCreate: 1000,
  natBind: 500,
  volumeCreate: 500,
  volumeAttach: 500,
  imageCreate: 2000,
  ccrCreate: 3000,
  ccrJob: 1000,
  becCreate: 3000,
  becChange: 1000,
  cnapDeploy: 2000,
  cceClusterCreate: 10_000,
  cceClusterDelete: 4000,
  cceClusterChange: 2000,
  cceInstanceCreate: 5000,
  cceInstanceDelete: 2000,
  cceTaskStart: 500,
  cceJob: 2000,
};

export interface Quotas {
  readonly blbs: number;
  readonly listenersPerBlb: number;
  readonly backendsPerBlb: number;
  readonly eips: number;
  readonly routeRules: number;
  readonly vpcs: number;
  readonly subnetsPerVpc: number;
  readonly secondaryCidrs: number;
  /** In one VPC that is not the default one. */
  readonly securityGroups: number;
  readonly securityGroupsInDefaultVpc: number;
  /** In one direction of a security group. */
  readonly securityGroupRules: number;
  /** In one direction of an enterprise security group. */
  readonly enterpriseSecurityGroupRules: number;
  /** Of those that no machine has. */
  readonly enis: number;
  readonly ipsPerEni: number;
  readonly nats: number;
  readonly instances: number;
  readonly keypairs: number;
  readonly volumes: number;
  readonly ccrInstances: number;
  /** In one instance. */
  readonly ccrRobots: number;
  /** Machines at the edge. */
  readonly becVms: number;
  readonly cnapWorkspaces: number;
  readonly cceClusters: number;
  readonly cceNodesPerCluster: number;
}

export const DEFAULT_QUOTAS: Quotas = {
  blbs: 60,
  listenersPerBlb: 50,
  backendsPerBlb: 50,
  eips: 50,
  routeRules: 50,
  vpcs: 10,
  subnetsPerVpc: 10,
  secondaryCidrs: 5,
  securityGroups: 20,
  securityGroupsInDefaultVpc: 100,
  securityGroupRules: 100,
  enterpriseSecurityGroupRules: 150,
  enis: 500,
  ipsPerEni: 40,
  nats: 50,
  instances: 10_000,
  keypairs: 100,
  volumes: 20_000,
  ccrInstances: 10,
  ccrRobots: 100,
  becVms: 1000,
  cnapWorkspaces: 100,
  cceClusters: 20,
  cceNodesPerCluster: 5000,
};

/** One account in one region: what its products share. All that lasts is in its stores. */
export interface Account {
  readonly id: string;
  readonly region: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly timings: Timings;
  readonly quotas: Quotas;
  /** Whether TCP and UDP may share a port of a load balancer: a switch of the account. */
  readonly samePortForTwoProtocols: boolean;
  /** What the account has in this region. */
  readonly store: Store;
  /** What the account has everywhere: users, tags, … */
  readonly shared: Store;
  readonly access: Access;
  readonly dataPlane: DataPlane;
  /** A public address that nobody has. */
  nextPublicIp(): string;
  /** Whether somebody has this public address, of whichever account. */
  isPublicIpTaken(address: string): boolean;
  /** The same account elsewhere. */
  inRegion(region: string): Account;
  /** Another account in the same region, if there is one: for roles that cross accounts. */
  sibling(id: string): Account | undefined;
  /** Who lets users of Kubernetes into the clusters; undefined: there are no API servers behind them. */
  readonly clusterAccess: ClusterAccess | undefined;
  emit(event: SimulatorEvent): void;
  /** Something that traffic depends on has changed: the data plane is told. */
  changed(): void;
  /** Calls back when an object of this account and region is gone, so that others let go of it. */
  onGone(listener: (id: string) => void): void;
  gone(id: string): void;
  /** `<prefix>-xxxxxxxx`, never twice. */
  newId(prefix: string): string;
  /** The next objects get these ids, each by its prefix, in the place of new ones: of a world that is made from a file. */
  useIds(ids: readonly string[]): void;
  /** A free private address of a subnet, or the wanted one. */
  takeIp(subnetId: string, owner: IpOwner, wanted?: string): string;
  /** A private IPv6 address, never twice. */
  takeIpv6(subnetId: string): string;
  releaseIp(subnetId: string, ip: string): void;
  /** RFC 3339 in whole seconds. */
  time(): string;
}

/** The product whose object has an address: "BCC", "BLB". */
export type IpOwner = string;

export interface TakenIp {
  readonly ip: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly owner: IpOwner;
  readonly createdTime: string;
}

/** The first addresses of a subnet are the cloud's own. */
const FIRST_HOST = 3n;
const ID_CHARS = "0123456789abcdefghijklmnopqrstuvwxyz";

/** Private addresses in use, by "<VPC> <address>". */
export function takenIpsOf(account: Pick<Account, "store">) {
  return account.store.table<TakenIp>("takenIps");
}

export type AccountParts = Pick<
  Account,
  | "id"
  | "region"
  | "clock"
  | "random"
  | "timings"
  | "quotas"
  | "samePortForTwoProtocols"
  | "store"
  | "shared"
  | "access"
  | "dataPlane"
  | "nextPublicIp"
  | "isPublicIpTaken"
  | "inRegion"
  | "sibling"
  | "clusterAccess"
  | "emit"
  | "changed"
>;

export function createAccount(parts: AccountParts): Account {
  const { clock, random, store } = parts;
  const taken = takenIpsOf(parts);
  const listeners: ((id: string) => void)[] = [];
  /** By prefix. */
  const wantedIds = new Map<string, string>();
  /** By subnet: all addresses before this one are taken. */
  const full = new Map<string, bigint>();
  const time = () => new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  const subnetOf = (subnetId: string) => {
    const subnet = subnetsOf(parts).get(subnetId);
    if (!subnet) throw noSuchObject(subnetId);
    return subnet;
  };
  return {
    ...parts,
    time,
    onGone: (listener) => void listeners.push(listener),
    gone(id) {
      for (const listener of listeners) listener(id);
    },
    useIds(ids) {
      wantedIds.clear();
      for (const id of ids) wantedIds.set(id.slice(0, id.indexOf("-")), id);
    },
    newId(prefix) {
      const wanted = wantedIds.get(prefix);
      wantedIds.delete(prefix);
      if (wanted !== undefined) return wanted;
      for (;;) {
        const id = `${prefix}-${randomText(random, 8, ID_CHARS)}`;
        if (!store.isTaken(id)) return id;
      }
    },
    takeIp(subnetId, owner, wanted) {
      const { cidr: text, vpcId } = subnetOf(subnetId);
      const cidr = parseCidr(text);
      if (!cidr) throw new Fault(500, "InternalError", "bad subnet");
      const take = (ip: string): string => {
        taken.set(`${vpcId} ${ip}`, { ip, vpcId, subnetId, owner, createdTime: time() });
        return ip;
      };
      if (wanted !== undefined) {
        const ip = parseIp(wanted);
        if (!ip || !cidrContains(cidr, ip))
          throw new Fault(400, "BadRequest", `${wanted} is not in subnet ${subnetId} (${text}).`);
        if (taken.has(`${vpcId} ${wanted}`)) throw new Fault(409, "PrivateIpInUseException", `${wanted} is in use.`);
        return take(wanted);
      }
      const reserved = ipReservesOf(parts)
        .all()
        .flatMap((range) => (range.subnetId === subnetId ? (parseCidr(range.ipCidr) ?? []) : []));
      for (let value = full.get(subnetId) ?? cidr.first + FIRST_HOST; value < cidr.last; value++) {
        const kept = reserved.some(({ family, first, last }) => family === 4 && first <= value && value <= last);
        if (reserved.length === 0) full.set(subnetId, value);
        const ip = ipv4Text(value);
        if (!kept && !taken.has(`${vpcId} ${ip}`)) return take(ip);
      }
      throw new Fault(400, "SubnetHasNoMoreIpException", `Subnet ${subnetId} has no more addresses.`);
    },
    takeIpv6(subnetId) {
      const { vpcId, ipv6Cidr } = subnetOf(subnetId);
      if (ipv6Cidr !== "") return `${ipv6Cidr.replace(/\/\d+$/, "")}${store.next("ipv6").toString(16)}`;
      const siblings = subnetsOf(parts)
        .all()
        .filter((subnet) => subnet.vpcId === vpcId);
      const index = siblings.findIndex((candidate) => candidate.subnetId === subnetId);
      return `fd00:${index}::${store.next("ipv6").toString(16)}`;
    },
    releaseIp(subnetId, ip) {
      taken.delete(`${subnetOf(subnetId).vpcId} ${ip}`);
      full.delete(subnetId);
    },
  };
}

export function ipv4Text(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join(".");
}
