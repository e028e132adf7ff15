import type { Clock } from "@ccm/base";
import { noSuchObject } from "../api/fault.ts";
import type { Answer } from "../api/idempotency.ts";
import type { Exchange } from "../api/serve.ts";
import { textsOf } from "./call-match.ts";
import { createdBy, idOf, isRead } from "./identity.ts";
import type { EffectOf } from "./rules.ts";

/** A read whose answer is not the newest truth. `strike` is called where it makes a difference. */
export interface Consistency {
  /** Sees every call that has succeeded, also those that the rule is not about. */
  observe(exchange: Exchange, answer: Answer): void;
  /** Throws a Fault for what cannot be seen yet. */
  change(exchange: Exchange, answer: Answer, strike: () => void): Answer;
}

/** How much a rule remembers at most. */
const KEPT = 1000;
const KEPT_ANSWERS = 50;

/** What was just created is missing from lists and cannot be read, for a time or for some reads. */
export function createLag({ ms, calls }: EffectOf<"lag">, clock: Clock): Consistency {
  const fresh = new Map<string, { readonly since: number; reads: number }>();
  const isHidden = (id: string | undefined): boolean => {
    const found = id === undefined ? undefined : fresh.get(id);
    if (!found) return false;
    return (ms !== undefined && clock.now() - found.since < ms) || (calls !== undefined && found.reads < calls);
  };
  const miss = (id: string): void => {
    const found = fresh.get(id);
    if (found) found.reads++;
  };
  return {
    observe(exchange, answer) {
      const since = clock.now();
      for (const id of createdBy(exchange, answer.body, textsOf(exchange))) fresh.set(id, { since, reads: 0 });
      for (const id of fresh.keys().take(Math.max(0, fresh.size - KEPT))) fresh.delete(id);
    },
    change(exchange, answer, strike) {
      if (!isRead(exchange)) return answer;
      const asked = Object.values(exchange.params).find(isHidden);
      if (asked !== undefined) {
        miss(asked);
        strike();
        throw noSuchObject(asked);
      }
      const missing = new Set<string>();
      const body = mapLists(answer.body, (items) =>
        items.filter((item) => {
          const id = idOf(item);
          if (id === undefined || !isHidden(id)) return true;
          missing.add(id);
          return false;
        }),
      );
      if (missing.size === 0) return answer;
      for (const id of missing) miss(id);
      strike();
      return { ...answer, body };
    },
  };
}

/** Reads answer what the same read answered before. The first one has nothing older to show. */
export function createStale({ ms, calls = 0 }: EffectOf<"stale">, clock: Clock): Consistency {
  const histories = new Map<string, { readonly at: number; readonly answer: Answer }[]>();
  return {
    observe: () => {},
    change(exchange, answer, strike) {
      if (!isRead(exchange)) return answer;
      const { request, principal } = exchange;
      const key = [
        principal.accountId,
        exchange.region,
        request.method,
        request.target,
        Buffer.from(request.body),
      ].join();
      const history = histories.get(key) ?? [];
      histories.set(key, history);
      history.push({ at: clock.now(), answer });
      if (history.length > KEPT_ANSWERS) history.shift();
      for (const old of histories.keys().take(Math.max(0, histories.size - KEPT))) histories.delete(old);
      const shown = ms === undefined ? history.at(-1 - calls) : history.findLast(({ at }) => clock.now() - at >= ms);
      const chosen = (shown ?? history[0])?.answer ?? answer;
      if (JSON.stringify(chosen.body) !== JSON.stringify(answer.body)) strike();
      return chosen;
    },
  };
}

/** Something went or came before the page that is read: its first object is skipped, or the one before comes again. */
export function createShift({ how }: EffectOf<"shift">): Consistency {
  const lastOf = new Map<string, unknown>();
  return {
    observe: () => {},
    change(exchange, answer, strike) {
      if (!isRead(exchange)) return answer;
      const key = `${exchange.principal.accountId} ${exchange.region} ${exchange.product.name} ${exchange.name}`;
      const before = lastOf.get(key);
      let shifted = false;
      const later = isLaterPage(exchange);
      const body = mapLists(answer.body, (items, depth) => {
        if (depth > 1 || items.length === 0) return items;
        lastOf.set(key, items.at(-1));
        if (!later || (how === "repeat" && before === undefined)) return items;
        shifted = true;
        return how === "skip" ? items.slice(1) : [before, ...items];
      });
      if (!shifted) return answer;
      strike();
      return { ...answer, body };
    },
  };
}

function isLaterPage({ input }: Exchange): boolean {
  const field = (name: string) => input.param(name) ?? input.body[name];
  return !!field("marker") || Number(field("pageNo") ?? 1) > 1;
}

/** The lists of objects in an answer; `depth` is 1 for those at its top. */
function mapLists(
  value: unknown,
  change: (items: readonly unknown[], depth: number) => readonly unknown[],
  depth = 0,
): unknown {
  if (Array.isArray(value)) return change(value, depth).map((item) => mapLists(item, change, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, field]) => [name, mapLists(field, change, depth + 1)] as const);
  return Object.fromEntries(entries);
}
