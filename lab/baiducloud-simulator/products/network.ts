import { parseCidr } from "@ccm/base";
import type { Account } from "../account.ts";
import { badRequest, Fault, noSuchObject } from "../api/fault.ts";
import { requiredText, text } from "../api/fields.ts";
import { page } from "../api/paging.ts";
import type { Router } from "../api/router.ts";
import type { Input } from "../api/wire.ts";
import type { Instances } from "./instances.ts";

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

/** VPC, subnets and the route table. */
export interface Network {
  /** Of all tables. */
  readonly routes: ReadonlyMap<string, RouteRule>;
  /** Another table beside the VPC's main one. Returns its id. */
  createRouteTable(): string;
  /** As somebody at the console would. */
  remove(routeRuleId: string): void;
}

const NEXT_HOPS = new Set(["custom", "vpn", "nat", "dcGateway", "peerConn", "ipv6gateway", "enic", "havip"]);

export function createNetwork(account: Account, router: Router, instances: Instances): Network {
  const { vpc, subnets, quotas } = account;
  /** Each table has a route of the cloud's own. */
  const systems = new Map<string, RouteRule>();
  const createRouteTable = (routeTableId: string): string => {
    systems.set(routeTableId, {
      routeRuleId: account.newId("rr"),
      routeTableId,
      sourceAddress: "0.0.0.0/0",
      destinationAddress: vpc.cidr,
      nexthopId: "",
      nexthopType: "sys",
      pathType: "normal",
      description: "",
    });
    return routeTableId;
  };
  createRouteTable(vpc.routeTableId);
  const routes = new Map<string, RouteRule>();
  const vpcView = () => ({
    vpcId: vpc.vpcId,
    name: vpc.name,
    cidr: vpc.cidr,
    ipv6Cidr: "",
    description: "",
    isDefault: false,
    relay: false,
    secondaryCidr: [],
    createdTime: account.time(),
    tags: [],
  });
  const subnetViews = () =>
    subnets.map((subnet) => ({
      ...subnet,
      vpcId: vpc.vpcId,
      ipv6Cidr: "",
      description: "",
      availableIp: 4000,
      tags: [],
    }));
  /** The table that is asked about: the VPC's main one unless it is named. */
  const tableOf = (input: Input): string => {
    const [vpcId, tableId] = [input.param("vpcId"), input.param("routeTableId")];
    if (!vpcId && !tableId) throw badRequest("one of vpcId and routeTableId is required.");
    if (vpcId && vpcId !== vpc.vpcId) throw noSuchObject(vpcId);
    if (tableId && !systems.has(tableId)) throw noSuchObject(tableId);
    return tableId || vpc.routeTableId;
  };
  const rulesOf = (tableId: string) =>
    [...systems.values(), ...routes.values()].filter(({ routeTableId }) => routeTableId === tableId);
  const own = (id: string): RouteRule => {
    if ([...systems.values()].some(({ routeRuleId }) => routeRuleId === id))
      throw badRequest("a system route cannot be changed.");
    const rule = routes.get(id);
    if (!rule) throw noSuchObject(id);
    return rule;
  };
  const checkAddresses = (source: string, destination: string): void => {
    const any = (cidr: string) => cidr === "0.0.0.0/0" || cidr === "::/0";
    const from = parseCidr(source);
    const to = parseCidr(destination);
    if (!from) throw badRequest(`sourceAddress: "${source}" is not a CIDR.`);
    if (!to) throw badRequest(`destinationAddress: "${destination}" is not a CIDR.`);
    const inside = subnets.some(({ cidr }) => {
      const subnet = parseCidr(cidr);
      return subnet && from.first >= subnet.first && from.last <= subnet.last;
    });
    if (!any(source) && !inside) throw badRequest(`sourceAddress: ${source} is neither 0.0.0.0/0 nor in a subnet.`);
    const whole = parseCidr(vpc.cidr);
    if (!any(destination) && whole && whole.family === to.family && to.first <= whole.last && to.last >= whole.first) {
      throw badRequest(`destinationAddress: ${destination} overlaps the VPC's ${vpc.cidr}.`);
    }
  };

  router.on("GET", "/v1/vpc", (input) => page(input, "vpcs", [vpcView()], ({ vpcId }) => vpcId));
  router.on("GET", "/v1/vpc/{}", (_input, id = "") => {
    if (id !== vpc.vpcId) throw noSuchObject(id);
    return { vpc: { ...vpcView(), subnets: subnetViews() } };
  });
  router.on("GET", "/v1/subnet", (input) => {
    const ids = input.param("subnetIds")?.split(",");
    const [vpcId, zone, type] = [input.param("vpcId"), input.param("zoneName"), input.param("subnetType")];
    const chosen = subnetViews().filter(
      (subnet) =>
        (!ids || ids.includes(subnet.subnetId)) &&
        (!vpcId || vpcId === subnet.vpcId) &&
        (!zone || zone === subnet.zoneName) &&
        (!type || type === subnet.subnetType),
    );
    return page(input, "subnets", chosen, ({ subnetId }) => subnetId);
  });
  router.on("GET", "/v1/subnet/{}", (_input, id = "") => {
    const subnet = subnetViews().find(({ subnetId }) => subnetId === id);
    if (!subnet) throw noSuchObject(id);
    return { subnet };
  });
  router.on("GET", "/v1/route", (input) => {
    const routeTableId = tableOf(input);
    return { name: "main", routeTableId, vpcId: vpc.vpcId, routeRules: rulesOf(routeTableId) };
  });
  router.on("GET", "/v1/route/rule", (input) => {
    return page(input, "routeRules", rulesOf(tableOf(input)), ({ routeRuleId }) => routeRuleId);
  });
  router.on("POST", "/v1/route/rule", ({ body }) => {
    const routeTableId = requiredText(body, "routeTableId");
    if (!systems.has(routeTableId)) throw noSuchObject(routeTableId);
    const sourceAddress = requiredText(body, "sourceAddress");
    const destinationAddress = requiredText(body, "destinationAddress");
    const nexthopType = requiredText(body, "nexthopType");
    const nexthopId = text(body, "nexthopId") ?? "";
    const description = text(body, "description") ?? "";
    checkAddresses(sourceAddress, destinationAddress);
    if (!NEXT_HOPS.has(nexthopType)) throw badRequest(`nexthopType: "${nexthopType}" is unknown.`);
    if (nexthopType === "custom" && !instances.all.has(nexthopId)) throw noSuchObject(nexthopId);
    if (description.length > 200) throw badRequest("description: at most 200 characters.");
    const same = (rule: RouteRule) =>
      rule.sourceAddress === sourceAddress && rule.destinationAddress === destinationAddress;
    if (rulesOf(routeTableId).some(same))
      throw new Fault(
        409,
        "RouteRuleRepeated",
        `A route from ${sourceAddress} to ${destinationAddress} exists already.`,
      );
    if (rulesOf(routeTableId).length - 1 >= quotas.routeRules)
      throw new Fault(403, "RouteRuleExceedQuota", "The route rules of this table are used up.");
    const routeRuleId = account.newId("rr");
    routes.set(routeRuleId, {
      routeRuleId,
      routeTableId,
      sourceAddress,
      destinationAddress,
      nexthopId,
      nexthopType,
      pathType: "normal",
      description,
    });
    account.emit({ kind: "route.created", routeRuleId, destination: destinationAddress, nexthopId });
    return { routeRuleId };
  });
  router.on("PUT", "/v1/route/rule/{}", ({ body }, id = "") => {
    const rule = own(id);
    // Empty texts mean "unchanged": the Go SDK always sends them.
    const changed = {
      ...rule,
      sourceAddress: text(body, "sourceAddress") || rule.sourceAddress,
      destinationAddress: text(body, "destinationAddress") || rule.destinationAddress,
      nexthopId: text(body, "nexthopId") || rule.nexthopId,
      description: text(body, "description") ?? rule.description,
    };
    checkAddresses(changed.sourceAddress, changed.destinationAddress);
    if (changed.nexthopType === "custom" && !instances.all.has(changed.nexthopId))
      throw noSuchObject(changed.nexthopId);
    routes.set(id, changed);
    return {};
  });
  const remove = (id: string): void => {
    const { routeRuleId, destinationAddress, nexthopId } = own(id);
    routes.delete(id);
    account.emit({ kind: "route.deleted", routeRuleId, destination: destinationAddress, nexthopId });
  };
  router.on("DELETE", "/v1/route/rule/{}", (_input, id = "") => {
    remove(id);
    return {};
  });
  return { routes, createRouteTable: () => createRouteTable(account.newId("rt")), remove };
}
