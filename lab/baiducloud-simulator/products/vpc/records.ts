import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";

export interface Vpc {
  readonly vpcId: string;
  readonly name: string;
  readonly cidr: string;
  readonly ipv6Cidr: string;
  readonly description: string;
  readonly isDefault: boolean;
  readonly relay: boolean;
  readonly secondaryCidr: readonly string[];
  readonly createdTime: string;
  readonly tags: readonly Tag[];
  /** The main one. */
  readonly routeTableId: string;
  /** With commas between them; "" for the cloud's own. */
  readonly domainNameServers: string;
}

export interface Subnet {
  readonly subnetId: string;
  readonly name: string;
  readonly zoneName: string;
  readonly cidr: string;
  readonly ipv6Cidr: string;
  readonly vpcId: string;
  readonly subnetType: string;
  readonly description: string;
  readonly createdTime: string;
  readonly tags: readonly Tag[];
}

/** A range of a subnet that is only given out on request. */
export interface IpReserve {
  readonly ipReserveId: string;
  readonly subnetId: string;
  readonly ipCidr: string;
  readonly ipVersion: string;
  readonly description: string;
  readonly createdTime: string;
  readonly updatedTime: string;
}

export interface RouteTable {
  readonly routeTableId: string;
  readonly vpcId: string;
  readonly name: string;
}

/** The cloud's own have the type "sys". */
export interface RouteRule {
  readonly routeRuleId: string;
  readonly routeTableId: string;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  readonly nexthopId: string;
  readonly nexthopType: string;
  readonly pathType: string;
  readonly description: string;
}

/** Some rules apply to what has the group; a machine has groups of one kind only. */
export interface GroupIds {
  readonly securityGroupIds: readonly string[];
  readonly enterpriseSecurityGroupIds: readonly string[];
}

export type EniStatus = "available" | "attaching" | "inuse" | "detaching";

/** A network card that can be moved between machines. */
export interface Eni extends GroupIds {
  readonly eniId: string;
  readonly name: string;
  readonly description: string;
  readonly zoneName: string;
  readonly vpcId: string;
  readonly subnetId: string;
  /** "" when no machine has it. */
  readonly instanceId: string;
  readonly macAddress: string;
  readonly status: EniStatus;
  /** The first is the primary one. */
  readonly privateIps: readonly EniAddress[];
  readonly ipv6s: readonly string[];
  readonly createdTime: string;
  readonly tags: readonly Tag[];
  readonly networkInterfaceTrafficMode: string;
}

export interface EniAddress {
  readonly ip: string;
  /** Another subnet of the VPC may give it. */
  readonly subnetId: string;
}

export type NatStatus = "building" | "unconfigured" | "configuring" | "active";

export interface Nat {
  readonly id: string;
  readonly name: string;
  readonly vpcId: string;
  /** "" of an enhanced one. */
  readonly spec: string;
  readonly cuNum: number;
  /** Public addresses: of an enhanced one, and of an old one for traffic out and in. */
  readonly bindEips: readonly string[];
  readonly eips: readonly string[];
  readonly dnatEips: readonly string[];
  readonly status: NatStatus;
  readonly paymentTiming: string;
  readonly expiredTime: string;
  readonly createTime: string;
  readonly ipVersion: string;
  readonly sessionConfig: { readonly tcpTimeout: number; readonly udpTimeout: number; readonly icmpTimeout: number };
  readonly tags: readonly Tag[];
  readonly deleteProtect: boolean;
}

type Has = Pick<Account, "store">;

export const vpcsOf = ({ store }: Has) => store.table<Vpc>("vpcs");
export const subnetsOf = ({ store }: Has) => store.table<Subnet>("subnets");
export const ipReservesOf = ({ store }: Has) => store.table<IpReserve>("ipReserves");
export const routeTablesOf = ({ store }: Has) => store.table<RouteTable>("routeTables");
export const routeRulesOf = ({ store }: Has) => store.table<RouteRule>("routeRules");
export const enisOf = ({ store }: Has) => store.table<Eni>("enis");
export const natsOf = ({ store }: Has) => store.table<Nat>("nats");
