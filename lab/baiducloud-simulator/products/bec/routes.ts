import { parseCidr } from "@ccm/base";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, object, optional, text } from "../../api/schema.ts";
import { limitExceeded, notFound } from "./faults.ts";
import { LOCATION_VIEW } from "./locations.ts";
import { type EdgeRouteRule, type EdgeRouteTable, getVpc, routeRulesOf, routeTablesOf } from "./network-records.ts";
import { getVm } from "./records.ts";
import { ACTION, LISTING, listing, listingOf, writeOf, written } from "./wire.ts";

const ROUTE = "/v1/route";
const TABLE = object({
  tableId: text(),
  name: text(),
  status: text(),
  vpcId: text(),
  vpcName: text(),
  vpcCidr: text(),
  ...LOCATION_VIEW,
  ruleCount: integer(),
});
const RULE = object({
  ruleId: text(),
  status: text(),
  tableId: text(),
  ipVersion: integer(),
  sourceAddress: text(),
  destinationAddress: text(),
  routeType: text(),
  nexthop: text(),
  description: text(),
});

const OPERATIONS = operations({
  ListRouteTables: {
    summary: "Lists the route tables: each VPC has one.",
    method: "GET",
    path: `${ROUTE}/list`,
    query: { ...LISTING, regionId: optional(text()), vpcId: optional(text()) },
    answer: listingOf(TABLE),
  },
  GetRouteTable: {
    summary: "One route table.",
    method: "GET",
    path: `${ROUTE}/detail/{tableId}`,
    answer: writeOf(object({ routeTableVo: TABLE })),
    errors: ["ResourceNotFound"],
  },
  UpdateRouteTable: {
    summary: "Renames a route table.",
    method: "PUT",
    path: `${ROUTE}/update/{tableId}`,
    body: object({ tableId: optional(text()), tableName: text({ max: 65 }) }),
    answer: writeOf(object({ tableName: text(), routeTableId: text() })),
    errors: ["ResourceNotFound"],
  },
  CreateRouteRule: {
    summary: "Adds a route whose next hop is a machine.",
    method: "POST",
    path: `${ROUTE}/rule`,
    body: object({
      tableId: text(),
      ipVersion: optional(integer(4, 6), 4),
      sourceAddress: text(),
      destinationAddress: text(),
      nexthop: text(),
      routeType: optional(text(), "CUSTOM"),
      description: optional(text({ max: 200 }), ""),
    }),
    answer: writeOf(RULE),
    errors: ["ResourceNotFound", "OperationDenied", "LimitExceeded"],
  },
  ListRouteRules: {
    summary: "The routes of a table.",
    method: "GET",
    path: `${ROUTE}/rule/list/{tableId}`,
    query: LISTING,
    answer: listingOf(RULE),
    errors: ["ResourceNotFound"],
  },
  DeleteRouteRule: {
    summary: "Deletes a route.",
    method: "DELETE",
    path: `${ROUTE}/rule/delete/{ruleId}`,
    answer: ACTION,
    errors: ["ResourceNotFound"],
  },
});

export const routes = part(OPERATIONS, (account) => {
  const tables = routeTablesOf(account);
  const rules = routeRulesOf(account);
  const getTable = (id: string): EdgeRouteTable => {
    const found = tables.get(id);
    if (!found) throw notFound(id);
    return found;
  };
  const rulesOf = (tableId: string) => rules.all().filter((rule) => rule.tableId === tableId);
  const view = ({ tableId, name, vpcId }: EdgeRouteTable) => {
    const { name: vpcName, cidr: vpcCidr, region, city, serviceProvider, regionId } = getVpc(account, vpcId);
    const place = { region, city, serviceProvider, regionId };
    const ruleCount = rulesOf(tableId).length;
    return { tableId, name, status: "NORMAL", vpcId, vpcName, vpcCidr, ...place, ruleCount };
  };
  const ruleView = (rule: EdgeRouteRule) => ({ ...rule, status: "NORMAL" });
  return {
    ListRouteTables: ({ query }) => listing(query, tables.all().map(view)),
    GetRouteTable: ({ params }) => written("GetRouteTable", { routeTableVo: view(getTable(params.tableId)) }),
    UpdateRouteTable({ params: { tableId }, body: { tableName } }) {
      tables.set(tableId, { ...getTable(tableId), name: tableName });
      return written("UpdateRouteTable", { tableName, routeTableId: tableId });
    },
    CreateRouteRule({ body }) {
      const { vpcId } = getTable(body.tableId);
      const family = body.ipVersion === 6 ? 6 : 4;
      for (const name of ["sourceAddress", "destinationAddress"] as const)
        if (parseCidr(body[name])?.family !== family)
          throw badRequest(`${name}: "${body[name]}" is not valid, expected an IPv${family} range.`);
      if (getVm(account, body.nexthop).vpcId !== vpcId)
        throw badRequest(`nexthop: ${body.nexthop} is not in ${vpcId}.`);
      const known = rulesOf(body.tableId);
      const same = known.find(
        (rule) => rule.sourceAddress === body.sourceAddress && rule.destinationAddress === body.destinationAddress,
      );
      if (same) throw denied(`route ${same.ruleId} has the same source and destination.`);
      if (known.length >= account.quotas.routeRules) throw limitExceeded("route rules");
      const rule = { ...body, ruleId: account.newId("rtr") };
      rules.set(rule.ruleId, rule);
      return written("CreateRouteRule", ruleView(rule));
    },
    ListRouteRules({ params: { tableId }, query }) {
      getTable(tableId);
      return listing(query, rulesOf(tableId).map(ruleView));
    },
    DeleteRouteRule({ params: { ruleId } }) {
      if (!rules.delete(ruleId)) throw notFound(ruleId);
      return written("DeleteRouteRule", { ruleId });
    },
  };
});
