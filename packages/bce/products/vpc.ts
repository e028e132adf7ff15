import type { Scheduler } from "../api-call.ts";
import type { ReadOptions, WriteOptions } from "../call.ts";
import { allPages } from "../paging.ts";
import { given, hasFields, lookOf, product, required } from "../request.ts";

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
  /** All rules of the VPC's main table, or of the table that is named, page by page. */
  listRouteRules(
    table: { readonly vpcId: string } | { readonly routeTableId: string },
    options?: ReadOptions,
  ): Promise<readonly RouteRule[]>;
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
  /** Changes the rule in place: there is no moment without a route. The type of the next hop cannot change. */
  updateRouteRule(
    rule: RouteRule,
    change: { readonly nexthopId?: string; readonly description?: string },
    options: WriteOptions,
  ): Promise<void>;
  deleteRouteRule(routeRuleId: string, options: WriteOptions): Promise<void>;
  listSubnets(
    filter: { readonly vpcId?: string; readonly subnetIds?: readonly string[]; readonly subnetType?: string },
    options?: ReadOptions,
  ): Promise<readonly Subnet[]>;
}

/** VPC has the host of BCC. */
export function createVpc(call: Scheduler, endpoint: string): Vpc {
  const vpc = product("vpc", endpoint);
  const listRouteRules: Vpc["listRouteRules"] = (table, options = {}) =>
    allPages(call, vpc.read("listRouteRules", "/v1/route/rule", given({ ...table }), options), "routeRules");
  return {
    async routeTable(vpcId, options = {}) {
      const request = vpc.read("getRouteTable", "/v1/route", [["vpcId", vpcId]], options);
      return { routeTableId: required(request, await call(request), "routeTableId") };
    },
    listRouteRules,
    async createRouteRule(rule, options) {
      const { ipVersion: _, ...fields } = rule;
      const observe = async () => {
        const rules = await listRouteRules({ routeTableId: rule.routeTableId }, lookOf(options));
        const made = rules.find((one) => hasFields(one, fields));
        return made && { routeRuleId: made.routeRuleId };
      };
      const request = vpc.write("createRouteRule", "POST", "/v1/route/rule", options, { body: rule, observe });
      return { routeRuleId: required(request, await call(request), "routeRuleId") };
    },
    async updateRouteRule({ routeRuleId, routeTableId }, change, options) {
      const observe = async () => {
        const rules = await listRouteRules({ routeTableId }, lookOf(options));
        return rules.some((one) => hasFields(one, { routeRuleId, ...change })) ? {} : undefined;
      };
      const path = `/v1/route/rule/${routeRuleId}`;
      await call(vpc.write("updateRouteRule", "PUT", path, options, { body: change, observe }));
    },
    async deleteRouteRule(routeRuleId, options) {
      await call(
        vpc.write("deleteRouteRule", "DELETE", `/v1/route/rule/${routeRuleId}`, { lane: "delete", ...options }),
      );
    },
    listSubnets: ({ vpcId, subnetIds, subnetType }, options = {}) =>
      allPages(
        call,
        vpc.read("listSubnets", "/v1/subnet", given({ vpcId, subnetType, subnetIds: subnetIds?.join(",") }), options),
        "subnets",
      ),
  };
}
