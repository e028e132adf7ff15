import { parseCidr } from "@ccm/base";
import type { Account } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf } from "../../api/common.ts";
import { badRequest, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { list, object, oneOf, optional, text } from "../../api/schema.ts";
import { inside as contains, overlap } from "./find.ts";
import { type RouteRule, type RouteTable, routeRulesOf, routeTablesOf, subnetsOf, vpcsOf } from "./records.ts";

const NEXT_HOPS = ["custom", "vpn", "nat", "dcGateway", "peerConn", "ipv6gateway", "enic", "havip"] as const;
const PATH_TYPES = ["normal", "ecmp", "ha:active", "ha:standby"] as const;
const RULE = object({
  routeRuleId: text(),
  routeTableId: text(),
  sourceAddress: text(),
  destinationAddress: text(),
  nexthopId: ANY_TEXT,
  nexthopType: text({ oneOf: ["sys", ...NEXT_HOPS] }),
  pathType: oneOf(...PATH_TYPES),
  description: ANY_TEXT,
});
const WHICH = { vpcId: optional(text()), routeTableId: optional(text()) };

const OPERATIONS = operations({
  GetRouteTable: {
    summary: "A whole route table, by itself or by its VPC.",
    method: "GET",
    path: "/v1/route",
    query: WHICH,
    answer: object({ name: text(), routeTableId: text(), vpcId: text(), routeRules: list(RULE) }),
    errors: ["NoSuchObject"],
  },
  ListRouteRules: {
    summary: "The rules of a route table, in pages.",
    method: "GET",
    path: "/v1/route/rule",
    query: { ...PAGING, ...WHICH },
    answer: pageOf("routeRules", RULE),
    errors: ["NoSuchObject"],
  },
  CreateRouteRule: {
    summary: "Adds a route.",
    method: "POST",
    path: "/v1/route/rule",
    body: object({
      routeTableId: text(),
      sourceAddress: text(),
      destinationAddress: text(),
      // Empty beside nextHopList.
      nexthopType: optional(text({ oneOf: NEXT_HOPS }), ""),
      nexthopId: optional(text(), ""),
      nextHopList: optional(
        list(object({ nexthopId: text(), nexthopType: text({ oneOf: NEXT_HOPS }), pathType: oneOf(...PATH_TYPES) })),
        [],
      ),
      ipVersion: optional(text({ oneOf: ["4", "6"] })),
      description: optional(text({ max: 200 }), ""),
    }),
    answer: object({ routeRuleId: optional(text()), routeRuleIds: optional(list(text())) }),
    errors: ["NoSuchObject", "RouteRuleRepeated", "RouteRuleExceedQuota"],
  },
  UpdateRouteRule: {
    summary: "Changes a route. Empty texts mean unchanged.",
    method: "PUT",
    path: "/v1/route/rule/{routeRuleId}",
    body: object({
      sourceAddress: optional(text()),
      destinationAddress: optional(text()),
      nexthopId: optional(text()),
      description: optional(text({ max: 200 })),
    }),
    errors: ["NoSuchObject"],
  },
  SwitchRouteHa: {
    summary: "Swaps the active and the standby path of a pair.",
    method: "PUT",
    path: "/v1/route/rule/{routeRuleId}",
    when: "switchRouteHA",
    errors: ["NoSuchObject"],
  },
  DeleteRouteRule: {
    summary: "Deletes a route that is not the cloud's own.",
    method: "DELETE",
    path: "/v1/route/rule/{routeRuleId}",
    errors: ["NoSuchObject"],
  },
});

export const routes = part(OPERATIONS, (account) => {
  const rules = routeRulesOf(account);
  const rulesOf = (tableId: string) => rules.all().filter(({ routeTableId }) => routeTableId === tableId);
  /** The table that is asked about: the VPC's main one unless it is named. */
  const tableOf = ({ vpcId, routeTableId }: { vpcId: string | undefined; routeTableId: string | undefined }) => {
    if (!vpcId && !routeTableId) throw badRequest("one of vpcId and routeTableId is required.");
    const vpc = vpcId ? vpcsOf(account).get(vpcId) : undefined;
    if (vpcId && !vpc) throw noSuchObject(vpcId);
    return getTable(account, routeTableId || (vpc?.routeTableId ?? ""));
  };

  return {
    GetRouteTable({ query }) {
      const { name, routeTableId, vpcId } = tableOf(query);
      return { name, routeTableId, vpcId, routeRules: rulesOf(routeTableId) };
    },
    ListRouteRules: ({ query }) =>
      page(query, "routeRules", rulesOf(tableOf(query).routeTableId), ({ routeRuleId }) => routeRuleId),
    CreateRouteRule({ body }) {
      const { routeTableId, sourceAddress, destinationAddress, description, nextHopList } = body;
      const { nexthopId } = body;
      const table = getTable(account, routeTableId);
      checkAddresses(account, table, sourceAddress, destinationAddress);
      const isMultiPath = nextHopList.length > 0;
      if (!isMultiPath && !body.nexthopType) throw badRequest("nexthopType is required.");
      const hops = isMultiPath ? nextHopList : [{ nexthopId, nexthopType: body.nexthopType, pathType: "normal" }];
      if (isMultiPath) checkPaths(nextHopList);
      for (const hop of hops) checkNextHop(account, table, hop);
      const present = rulesOf(routeTableId);
      refuseRepeated(present, sourceAddress, destinationAddress);
      if (present.length - 1 + hops.length > account.quotas.routeRules)
        throw new Fault(403, "RouteRuleExceedQuota", "The route rules of this table are used up.");
      const ids = hops.map((hop) => {
        const routeRuleId = account.newId("rr");
        rules.set(routeRuleId, { routeRuleId, routeTableId, sourceAddress, destinationAddress, ...hop, description });
        account.emit({
          kind: "route.created",
          routeRuleId,
          destination: destinationAddress,
          nexthopId: hop.nexthopId,
        });
        return routeRuleId;
      });
      return isMultiPath ? { routeRuleIds: ids } : { routeRuleId: ids[0] };
    },
    UpdateRouteRule({ params: { routeRuleId }, body }) {
      const rule = own(account, routeRuleId);
      const table = getTable(account, rule.routeTableId);
      // Empty texts mean "unchanged": the Go SDK always sends them.
      const changed = {
        ...rule,
        sourceAddress: body.sourceAddress || rule.sourceAddress,
        destinationAddress: body.destinationAddress || rule.destinationAddress,
        nexthopId: body.nexthopId || rule.nexthopId,
        description: body.description ?? rule.description,
      };
      checkAddresses(account, table, changed.sourceAddress, changed.destinationAddress);
      checkNextHop(account, table, changed);
      const isElsewhere = !samePair(rule, changed.sourceAddress, changed.destinationAddress);
      if (isElsewhere) refuseRepeated(rulesOf(rule.routeTableId), changed.sourceAddress, changed.destinationAddress);
      rules.set(routeRuleId, changed);
      return {};
    },
    SwitchRouteHa({ params: { routeRuleId } }) {
      const rule = own(account, routeRuleId);
      const pair = rulesOf(rule.routeTableId).filter((one) =>
        samePair(one, rule.sourceAddress, rule.destinationAddress),
      );
      if (!rule.pathType.startsWith("ha:")) throw badRequest(`route ${routeRuleId} has no standby.`);
      for (const one of pair)
        rules.patch(one.routeRuleId, { pathType: one.pathType === "ha:active" ? "ha:standby" : "ha:active" });
      return {};
    },
    DeleteRouteRule({ params }) {
      removeRoute(account, params.routeRuleId);
      return {};
    },
  };
});

/** As somebody at the console would, too. */
export function removeRoute(account: Account, id: string): void {
  const { routeRuleId, destinationAddress, nexthopId } = own(account, id);
  routeRulesOf(account).delete(id);
  account.emit({ kind: "route.deleted", routeRuleId, destination: destinationAddress, nexthopId });
}

type Hop = Pick<RouteRule, "nexthopId" | "nexthopType" | "pathType">;

function samePair(rule: RouteRule, source: string, destination: string): boolean {
  return rule.sourceAddress === source && rule.destinationAddress === destination;
}

function refuseRepeated(present: readonly RouteRule[], source: string, destination: string): void {
  if (!present.some((rule) => samePair(rule, source, destination))) return;
  throw new Fault(409, "RouteRuleRepeated", `A route from ${source} to ${destination} exists already.`);
}

/** Several paths: all equal, or one active and one standby; for dedicated lines alone. */
function checkPaths(hops: readonly Hop[]): void {
  const types = hops.map(({ pathType }) => pathType).sort();
  const isPair = types.length === 2 && types[0] === "ha:active" && types[1] === "ha:standby";
  if (!isPair && !types.every((type) => type === "ecmp"))
    throw badRequest("nextHopList: expected ecmp paths, or one ha:active and one ha:standby.");
  if (hops.some(({ nexthopType }) => nexthopType !== "dcGateway"))
    throw badRequest("nextHopList: expected nexthopType dcGateway.");
}

/** Dedicated lines, VPNs and peers are not simulated: their ids are taken as they are. */
function checkNextHop(account: Account, { vpcId }: RouteTable, { nexthopId, nexthopType }: Hop): void {
  const tables: Readonly<Record<string, string>> = {
    custom: "instances",
    nat: "nats",
    ipv6gateway: "ipv6Gateways",
    havip: "haVips",
  };
  const table = tables[nexthopType];
  if (!table) return;
  const hop = account.store.table<{ readonly vpcId: string }>(table).get(nexthopId);
  if (!hop) throw noSuchObject(nexthopId);
  if (hop.vpcId !== vpcId) throw badRequest(`nexthopId: ${nexthopId} is not in ${vpcId}.`);
}

function getTable(account: Account, id: string): RouteTable {
  const table = routeTablesOf(account).get(id);
  if (!table) throw noSuchObject(id);
  return table;
}

function own(account: Account, id: string): RouteRule {
  const rule = routeRulesOf(account).get(id);
  if (!rule) throw noSuchObject(id);
  if (rule.nexthopType === "sys") throw badRequest("a system route cannot be changed.");
  return rule;
}

function checkAddresses(account: Account, { vpcId }: RouteTable, source: string, destination: string): void {
  const any = (cidr: string) => cidr === "0.0.0.0/0" || cidr === "::/0";
  const vpc = vpcsOf(account).get(vpcId);
  const from = parseCidr(source);
  const to = parseCidr(destination);
  if (!from) throw badRequest(`sourceAddress: "${source}" is not a CIDR.`);
  if (!to) throw badRequest(`destinationAddress: "${destination}" is not a CIDR.`);
  const inside = subnetsOf(account)
    .all()
    .some((subnet) => {
      const range = parseCidr(subnet.cidr);
      return subnet.vpcId === vpcId && range && contains(from, range);
    });
  if (!any(source) && !inside) throw badRequest(`sourceAddress: ${source} is neither 0.0.0.0/0 nor in a subnet.`);
  for (const cidr of [vpc?.cidr ?? "", ...(vpc?.secondaryCidr ?? []), vpc?.ipv6Cidr ?? ""]) {
    const whole = parseCidr(cidr);
    if (!any(destination) && whole && overlap(whole, to))
      throw badRequest(`destinationAddress: ${destination} overlaps the VPC's ${cidr}.`);
  }
}
