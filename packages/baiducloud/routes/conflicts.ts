import { type Cidr, parseCidr } from "@ccm/base";
import type { RouteRule } from "@ccm/bce";
import type { RouteTable } from "./route-tables.ts";

/** A rule that is not ours and takes traffic that ours are for, or the other way round. */
export interface RouteConflict {
  readonly tableId: string;
  readonly foreign: RouteRule;
  /** In the order of the table. */
  readonly ours: readonly RouteRule[];
}

/** One for each foreign rule whose destination overlaps that of ours. Default routes and the cloud's own rules overlap everything, and are none. */
export function findConflicts(
  tables: readonly RouteTable[],
  isOurs: (rule: RouteRule) => boolean,
): readonly RouteConflict[] {
  return tables.flatMap(({ id, rules }) => {
    const parsed = rules.map((rule) => ({ rule, cidr: parseCidr(rule.destinationAddress) }));
    const ours = parsed.filter(({ rule }) => isOurs(rule));
    return parsed
      .filter(
        ({ rule, cidr }) =>
          !isOurs(rule) && rule.nexthopType !== "sys" && rule.nexthopId !== "" && cidr && !isAny(cidr),
      )
      .map(({ rule, cidr }) => ({
        tableId: id,
        foreign: rule,
        ours: ours.filter((own) => own.cidr && cidr && overlap(own.cidr, cidr)).map((own) => own.rule),
      }))
      .filter((conflict) => conflict.ours.length > 0);
  });
}

export function conflictText({ tableId, foreign, ours }: RouteConflict): string {
  const [first, ...rest] = ours;
  const more = rest.length > 0 ? ` and ${rest.length} more` : "";
  const described = foreign.description ? `described as "${foreign.description.slice(0, 80)}"` : "without description";
  return (
    `route table ${tableId}: rule ${foreign.routeRuleId} to ${foreign.destinationAddress} (next hop ${foreign.nexthopId}, ` +
    `${described}) is not this cluster's and overlaps ${first?.routeRuleId} to ${first?.destinationAddress}${more}`
  );
}

function overlap(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

function isAny({ family, first, last }: Cidr): boolean {
  return first === 0n && last === (1n << (family === 4 ? 32n : 128n)) - 1n;
}
