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

type Has = Pick<Account, "store">;

export const vpcsOf = ({ store }: Has) => store.table<Vpc>("vpcs");
export const subnetsOf = ({ store }: Has) => store.table<Subnet>("subnets");
export const routeTablesOf = ({ store }: Has) => store.table<RouteTable>("routeTables");
export const routeRulesOf = ({ store }: Has) => store.table<RouteRule>("routeRules");
