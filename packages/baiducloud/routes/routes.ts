import { mapLimited } from "@ccm/base";
import { isBceError, type RouteRule } from "@ccm/bce";
import { CloudError, type Route, type Routes } from "@ccm/cloud-provider";
import type { Node } from "@ccm/kube";
import { asCloudErrors } from "../errors.ts";
import { description } from "../marks.ts";
import { instanceIdOf } from "../provider-id.ts";
import { conflictText, findConflicts } from "./conflicts.ts";
import { isNoted, type NodeNotes, notedRules, type RouteNote } from "./node-notes.ts";
import { checkRouteMode, podCidrsOf, rangeOf, routeModeOf } from "./node-routes.ts";
import type { RouteReports } from "./route-reports.ts";
import { anySource, type RouteTable, type RouteTables } from "./route-tables.ts";

/** Nodes that are written to at the same time. */
const NOTES_AT_A_TIME = 10;

export interface RoutesOptions {
  readonly tables: RouteTables;
  readonly clusterId: string;
  readonly vpcId: () => Promise<string>;
  readonly reports: RouteReports;
  readonly notes: NodeNotes;
}

/** Of one route, one rule in each table; their ids joined are the route's name. */
const SEPARATOR = ",";

/** Pod routes as rules of the VPC's route tables, in the form that Baidu's own controllers write and read. */
export function createRoutes({ tables, clusterId, vpcId, reports, notes }: RoutesOptions): Routes {
  const mark = description(clusterId);
  const isOurs = (rule: RouteRule): boolean =>
    rule.description === mark &&
    rule.nexthopType === "custom" &&
    rule.sourceAddress === anySource(rule.destinationAddress);
  /** As of the last list: what a Node is called, which machine is whose, and where each listed route led. */
  let nodesByName = new Map<string, Node>();
  let nodesByMachine = new Map<string, Node>();
  let listed = new Map<string, string>();

  /** Tells of what a call came up against, once, and that it has passed. */
  const reporting = async <T>(call: Promise<T>): Promise<T> => {
    try {
      const result = await call;
      reports.healed("throttled");
      return result;
    } catch (error) {
      if (isBceError(error, "throttled"))
        reports.report("throttled", `${error.message}; it is tried again, more slowly`);
      throw error;
    }
  };
  const tellConflicts = (read: readonly RouteTable[]): void => {
    const conflicts = findConflicts(read, isOurs);
    reports.keepOnly("conflict", new Set(conflicts.map(({ foreign }) => foreign.routeRuleId)));
    for (const conflict of conflicts) reports.report("conflict", conflictText(conflict), conflict.foreign.routeRuleId);
  };
  /** The rule for the CIDR in one table: found, pointed to the machine, or made. Resolves to its id. */
  const ensureRule = async (
    table: RouteTable,
    cidr: string,
    nexthopId: string,
    signal: AbortSignal,
  ): Promise<string> => {
    const taken = table.rules.find((rule) => {
      return rangeOf(rule.destinationAddress) === rangeOf(cidr) && rule.sourceAddress === anySource(cidr);
    });
    const about = `${table.id} ${cidr}`;
    if (taken && !isOurs(taken)) {
      const text =
        `route rule ${taken.routeRuleId} to ${cidr} (next hop ${taken.nexthopId || "none"}) in ${table.id} is not this ` +
        `cluster's: expected its description to be "${mark}"; remove it or change the node's Pod CIDR`;
      reports.report("ownership", text, about);
      throw new CloudError("permanent", text);
    }
    reports.healed("ownership", about);
    if (taken?.nexthopId === nexthopId) return taken.routeRuleId;
    if (taken) {
      const other = nodesByMachine.get(taken.nexthopId);
      if (other && routeModeOf(other) === "wanted" && podCidrsOf(other).some((one) => rangeOf(one) === rangeOf(cidr))) {
        throw new CloudError(
          "permanent",
          `Pod CIDR ${cidr} is node ${other.metadata.name}'s as well: give one of them another`,
        );
      }
      await reporting(tables.repoint(taken, nexthopId, signal));
      return taken.routeRuleId;
    }
    try {
      const rule = { routeTableId: table.id, destinationAddress: cidr, nexthopId, description: mark };
      const id = await reporting(tables.create(rule, signal));
      reports.healed("quota", table.id);
      return id;
    } catch (error) {
      if (isBceError(error, "quota")) {
        const text = `route table ${table.id} is full: ${error.message}; raise its quota in the console, or remove rules`;
        reports.report("quota", text, table.id);
      }
      throw error;
    }
  };

  return {
    wants: (node) => routeModeOf(node) === "wanted",

    list: (_clusterName, nodes, signal) =>
      asCloudErrors(async () => {
        const byMachine = new Map<string, Node>();
        const wantedBy = new Map<string, Node[]>();
        const spelling = new Map<string, string>();
        nodesByName = new Map(nodes.map((node) => [node.metadata.name ?? "", node]));
        for (const node of nodes) {
          const id = instanceIdOf(node.spec?.providerID);
          if (id) byMachine.set(id, node);
          if (routeModeOf(node) !== "wanted") continue;
          for (const cidr of podCidrsOf(node)) {
            const range = rangeOf(cidr);
            spelling.set(range, cidr);
            wantedBy.set(range, [...(wantedBy.get(range) ?? []), node]);
          }
        }
        nodesByMachine = byMachine;
        const read = await reporting(tables.read(signal));
        tellConflicts(read);
        const all = read.flatMap(({ rules }) => rules).filter(isOurs);
        const there = new Set(all.map(({ routeRuleId }) => routeRuleId));
        for (const node of nodes) {
          const noted = notedRules(node);
          // Removed, and whoever removed it could not say so any more.
          const gone = noted.length > 0 && !noted.some((id) => there.has(id));
          if (gone && routeModeOf(node) === "unwanted") await notes.removed(node, noted, signal);
        }
        const groups = Map.groupBy(all, (rule) => `${rangeOf(rule.destinationAddress)} ${rule.nexthopId}`);
        const leadsTo = new Map<string, string>();
        listed = leadsTo;
        const unnoted: (Omit<RouteNote, "vpcId"> & { readonly node: Node })[] = [];
        const routes = [...groups.values()].flatMap((rules): Route[] => {
          const [rule] = rules;
          if (!rule) return [];
          const node = byMachine.get(rule.nexthopId);
          if (node && routeModeOf(node) === "external") return [];
          const wanting = wantedBy.get(rangeOf(rule.destinationAddress)) ?? [];
          // `create` points it to its new Node, or completes it in the tables that lack it: removing it first would leave
          // a moment without a route.
          const isRight = node !== undefined && wanting.includes(node);
          if (wanting.length > 0 && (!isRight || rules.length < read.length)) return [];
          const ids = rules.map(({ routeRuleId }) => routeRuleId);
          const [first] = node ? podCidrsOf(node) : [];
          if (isRight && first && rangeOf(first) === rangeOf(rule.destinationAddress) && !isNoted(node, ids)) {
            unnoted.push({ node, tableIds: rules.map(({ routeTableId }) => routeTableId), ruleIds: ids });
          }
          const name = ids.join(SEPARATOR);
          leadsTo.set(name, rule.nexthopId);
          return [
            {
              name,
              targetNode: node?.metadata.name ?? "",
              destinationCidr: spelling.get(rangeOf(rule.destinationAddress)) ?? rule.destinationAddress,
              blackhole: !node || routeModeOf(node) === "unwanted",
            },
          ];
        });
        // What could not be noted when it was made, as the one who made it died or was refused, is noted now.
        await mapLimited(unnoted, NOTES_AT_A_TIME, async ({ node, ...note }) =>
          notes.made(node, { ...note, vpcId: await vpcId() }, signal),
        );
        return routes;
      }),

    create: (_clusterName, node, destinationCidr, signal) =>
      asCloudErrors(async () => {
        checkRouteMode(node);
        if (routeModeOf(node) !== "wanted") return;
        const nexthopId = instanceIdOf(node.spec?.providerID);
        if (!nexthopId)
          throw new CloudError("permanent", `node ${node.metadata.name} has no provider ID of this cloud`);
        const all = await reporting(tables.recent(signal));
        const ruleIds: string[] = [];
        for (const table of all) ruleIds.push(await ensureRule(table, destinationCidr, nexthopId, signal));
        // A Node has one note: that of its first CIDR.
        if (podCidrsOf(node)[0] !== destinationCidr) return;
        await notes.made(node, { vpcId: await vpcId(), tableIds: all.map(({ id }) => id), ruleIds }, signal);
      }),

    delete: (_clusterName, route, signal) =>
      asCloudErrors(async () => {
        const ids = route.name.split(SEPARATOR);
        for (const table of await reporting(tables.recent(signal))) {
          for (const rule of table.rules.filter(({ routeRuleId }) => ids.includes(routeRuleId))) {
            // Somebody may have given it to another machine, or taken it over, since it was listed.
            const nexthop = listed.get(route.name) ?? rule.nexthopId;
            if (
              !isOurs(rule) ||
              rangeOf(rule.destinationAddress) !== rangeOf(route.destinationCidr) ||
              rule.nexthopId !== nexthop
            ) {
              throw new CloudError("conflict", `route rule ${rule.routeRuleId} has changed since it was listed`);
            }
            await reporting(tables.remove(rule, signal));
          }
        }
        await notes.removed(nodesByName.get(route.targetNode), ids, signal);
      }),
  };
}
