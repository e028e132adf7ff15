import { type Clock, KeyedMutex, type Random } from "@ccm/base";
import { clientToken, isBceError, type RouteRule, type Vpc } from "@ccm/bce";

export interface RouteTable {
  readonly id: string;
  readonly rules: readonly RouteRule[];
}

export interface NewRule {
  readonly routeTableId: string;
  readonly destinationAddress: string;
  readonly nexthopId: string;
  readonly description: string;
}

/** The route tables of the cluster. Throws BceErrors. */
export interface RouteTables {
  /** From the cloud. */
  read(signal: AbortSignal): Promise<readonly RouteTable[]>;
  /** As read a moment ago, with our own changes since; from the cloud when that is too long ago. */
  recent(signal: AbortSignal): Promise<readonly RouteTable[]>;
  /** Resolves to the rule's id. */
  create(rule: NewRule, signal: AbortSignal): Promise<string>;
  /** In place: there is no moment without a route. */
  repoint(rule: RouteRule, nexthopId: string, signal: AbortSignal): Promise<void>;
  /** A rule that is gone already is a success. */
  remove(rule: Pick<RouteRule, "routeRuleId" | "routeTableId">, signal: AbortSignal): Promise<void>;
}

/** A pass over all routes takes its time; what it has read at its start serves it to its end. */
const RECENT_MS = 30_000;
/** When a table is full, other creations wait at most so long, or until a rule has gone. */
const QUOTA_PAUSE_MS = 300_000;
/** Creations in one table at a time: so few that a full table is noticed before all have been refused. */
const CREATIONS = 4;

export function anySource(destination: string): string {
  return destination.includes(":") ? "::/0" : "0.0.0.0/0";
}

export function createRouteTables(options: {
  readonly vpc: Vpc;
  readonly vpcId: () => Promise<string>;
  /** Empty: the VPC's main one. */
  readonly tableIds: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
}): RouteTables {
  const { vpc, vpcId, tableIds, clock, random } = options;
  const creations = new KeyedMutex();
  const full = new Map<string, { readonly error: unknown; readonly until: number }>();
  let turn = 0;
  let mainId = "";
  let known: { readonly tables: Map<string, Map<string, RouteRule>>; readonly at: number } | undefined;

  const readTable = async (id: string, signal: AbortSignal): Promise<RouteTable> => {
    if (id !== "") return { id, rules: await vpc.listRouteRules({ routeTableId: id }, { signal }) };
    const rules = await vpc.listRouteRules({ vpcId: await vpcId() }, { signal });
    // Even an empty table has an id, which its rules cannot tell.
    mainId ||= rules[0]?.routeTableId ?? (await vpc.routeTable(await vpcId(), { signal })).routeTableId;
    return { id: mainId, rules };
  };
  const read = async (signal: AbortSignal): Promise<readonly RouteTable[]> => {
    const ids = tableIds.length > 0 ? tableIds : [""];
    const tables = await Promise.all(ids.map((id) => readTable(id, signal)));
    const byId = tables.map(({ id, rules }) => [id, new Map(rules.map((rule) => [rule.routeRuleId, rule]))] as const);
    known = { tables: new Map(byId), at: clock.monotonic() };
    return tables;
  };
  const rulesOf = (tableId: string) => known?.tables.get(tableId);
  /** What is known is not so: the next who asks gets it from the cloud. */
  const doubting = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      if (!isBceError(error, "throttled", "quota")) known = undefined;
      throw error;
    }
  };
  /** One occasion: repeated attempts are one, but making again what was removed is another. */
  const token = (...purpose: readonly string[]) => clientToken("route", ...purpose, random.uuid());

  return {
    read,
    async recent(signal) {
      if (!known || clock.monotonic() - known.at > RECENT_MS) return read(signal);
      return [...known.tables].map(([id, rules]) => ({ id, rules: [...rules.values()] }));
    },
    create: (rule, signal) =>
      creations.run(`${rule.routeTableId} ${turn++ % CREATIONS}`, async () => {
        const { routeTableId, destinationAddress } = rule;
        const pause = full.get(routeTableId);
        if (pause && clock.monotonic() < pause.until) throw pause.error;
        const family = destinationAddress.includes(":") ? { ipVersion: "6" as const } : {};
        const body = { ...rule, sourceAddress: anySource(destinationAddress), nexthopType: "custom" as const };
        const write = { signal, lane: "user", clientToken: token("create", routeTableId, destinationAddress) } as const;
        try {
          const { routeRuleId } = await doubting(vpc.createRouteRule({ ...body, ...family }, write));
          rulesOf(routeTableId)?.set(routeRuleId, { ...body, routeRuleId });
          full.delete(routeTableId);
          return routeRuleId;
        } catch (error) {
          if (isBceError(error, "quota")) full.set(routeTableId, { error, until: clock.monotonic() + QUOTA_PAUSE_MS });
          throw error;
        }
      }),
    async repoint(rule, nexthopId, signal) {
      const write = { signal, lane: "user", clientToken: token("repoint", rule.routeRuleId, nexthopId) } as const;
      await doubting(vpc.updateRouteRule(rule, { nexthopId }, write));
      rulesOf(rule.routeTableId)?.set(rule.routeRuleId, { ...rule, nexthopId });
    },
    async remove({ routeRuleId, routeTableId }, signal) {
      try {
        await doubting(vpc.deleteRouteRule(routeRuleId, { signal, clientToken: token("delete", routeRuleId) }));
      } catch (error) {
        if (!isBceError(error, "absent")) throw error;
      }
      rulesOf(routeTableId)?.delete(routeRuleId);
      full.delete(routeTableId);
    },
  };
}
