import type { ReadOptions, WriteOptions } from "../call.ts";

export interface RouteRule {
  readonly routeRuleId: string;
  readonly routeTableId: string;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  /** "" for the system's own rules. */
  readonly nexthopId: string;
  /** custom, vpn, nat, dcGateway, peerConn, … or sys. */
  readonly nexthopType: string;
  readonly pathType?: string | null;
  readonly description?: string | null;
}

export interface Subnet {
  readonly subnetId: string;
  readonly name: string;
  readonly zoneName: string;
  readonly cidr: string;
  readonly vpcId: string;
  /** BCC, BCC_NAT or BBC. Load balancers live in BCC subnets. */
  readonly subnetType: string;
  readonly availableIp?: number | null;
}

export interface Vpc {
  /** The id of the VPC's main route table, and its first page of rules is not read further. */
  routeTable(vpcId: string, options?: ReadOptions): Promise<{ readonly routeTableId: string }>;
  /** All rules of the VPC's table, page by page. */
  listRouteRules(vpcId: string, options?: ReadOptions): Promise<readonly RouteRule[]>;
  createRouteRule(
    rule: {
      readonly routeTableId: string;
      readonly sourceAddress: string;
      readonly destinationAddress: string;
      readonly nexthopId: string;
      readonly nexthopType: "custom";
      /** At most 200 characters. */
      readonly description: string;
      readonly ipVersion?: "4" | "6";
    },
    options: WriteOptions,
  ): Promise<{ readonly routeRuleId: string }>;
  deleteRouteRule(routeRuleId: string, options: WriteOptions): Promise<void>;
  listSubnets(
    filter: { readonly vpcId?: string; readonly subnetIds?: readonly string[]; readonly subnetType?: string },
    options?: ReadOptions,
  ): Promise<readonly Subnet[]>;
}
