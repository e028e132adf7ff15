import { parseCidr } from "@ccm/base";
import type { Account } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf } from "../../api/common.ts";
import { badRequest, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { list, object, optional, text } from "../../api/schema.ts";
import { instancesOf } from "../bcc/records.ts";
import { type RouteRule, type RouteTable, routeRulesOf, routeTablesOf, subnetsOf, vpcsOf } from "./records.ts";

const NEXT_HOPS = ["custom", "vpn", "nat", "dcGateway", "peerConn", "ipv6gateway", "enic", "havip"] as const;
const RULE = object({
  routeRuleId: text(),
  routeTableId: text(),
  sourceAddress: text(),
  destinationAddress: text(),
  nexthopId: ANY_TEXT,
  nexthopType: text({ oneOf: ["sys", ...NEXT_HOPS] }),
  pathType: text(),
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
      nexthopType: text({ oneOf: NEXT_HOPS }),
      nexthopId: optional(text(), ""),
      description: optional(text({ max: 200 }), ""),
    }),
    answer: object({ routeRuleId: text() }),
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
      const { routeTableId, sourceAddress, destinationAddress, nexthopType, nexthopId, description } = body;
      const table = getTable(account, routeTableId);
      checkAddresses(account, table, sourceAddress, destinationAddress);
      if (nexthopType === "custom" && !instancesOf(account).has(nexthopId)) throw noSuchObject(nexthopId);
      const same = (rule: RouteRule) =>
        rule.sourceAddress === sourceAddress && rule.destinationAddress === destinationAddress;
      const present = rulesOf(routeTableId);
      if (present.some(same)) {
        const text = `A route from ${sourceAddress} to ${destinationAddress} exists already.`;
        throw new Fault(409, "RouteRuleRepeated", text);
      }
      if (present.length - 1 >= account.quotas.routeRules)
        throw new Fault(403, "RouteRuleExceedQuota", "The route rules of this table are used up.");
      const routeRuleId = account.newId("rr");
      rules.set(routeRuleId, {
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
    },
    UpdateRouteRule({ params: { routeRuleId }, body }) {
      const rule = own(account, routeRuleId);
      // Empty texts mean "unchanged": the Go SDK always sends them.
      const changed = {
        ...rule,
        sourceAddress: body.sourceAddress || rule.sourceAddress,
        destinationAddress: body.destinationAddress || rule.destinationAddress,
        nexthopId: body.nexthopId || rule.nexthopId,
        description: body.description ?? rule.description,
      };
      checkAddresses(account, getTable(account, rule.routeTableId), changed.sourceAddress, changed.destinationAddress);
      if (changed.nexthopType === "custom" && !instancesOf(account).has(changed.nexthopId))
        throw noSuchObject(changed.nexthopId);
      rules.set(routeRuleId, changed);
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
      return subnet.vpcId === vpcId && range && from.first >= range.first && from.last <= range.last;
    });
  if (!any(source) && !inside) throw badRequest(`sourceAddress: ${source} is neither 0.0.0.0/0 nor in a subnet.`);
  const whole = parseCidr(vpc?.cidr ?? "");
  if (!any(destination) && whole && whole.family === to.family && to.first <= whole.last && to.last >= whole.first) {
    throw badRequest(`destinationAddress: ${destination} overlaps the VPC's ${vpc?.cidr}.`);
  }
}
