import { type Clock, type Random, seededRandom } from "@ccm/base";
import type { Exchange } from "../api/serve.ts";
import { parseTarget } from "../api/wire.ts";
import type { Match } from "./rules.ts";

/** Counts the calls that fit a rule, and says which of them it is to strike. */
export interface CallMatcher {
  /** Asked once for each call. `fired` is how often the rule has struck so far. */
  chooses(exchange: Exchange, fired: number): boolean;
}

export function createCallMatcher(match: Match, id: string, clock: Clock): CallMatcher {
  const since = clock.now();
  const random: Random = seededRandom(match.seed ?? id);
  const product = pattern(match.product);
  const operation = pattern(match.operation);
  const resource = pattern(match.resource);
  const { nth, every, skip = 0, probability, fromMs = 0, untilMs, max } = match;
  let seen = 0;
  const fits = (exchange: Exchange): boolean =>
    (!product || product(exchange.product.name)) &&
    (!operation || operation(exchange.name)) &&
    (match.account === undefined || match.account === exchange.principal.accountId) &&
    (!match.methods || match.methods.includes(exchange.operation.method)) &&
    (!resource || textsOf(exchange).some((one) => resource(one)));
  return {
    chooses(exchange, fired) {
      const age = clock.now() - since;
      if (age < fromMs || (untilMs !== undefined && age >= untilMs) || !fits(exchange)) return false;
      seen++;
      if (seen <= skip || (nth !== undefined && seen !== nth)) return false;
      if (every !== undefined && (seen - skip) % every !== 0) return false;
      if (max !== undefined && fired >= max) return false;
      // Drawn last, so that the draws are those of the calls that it may strike.
      return probability === undefined || random.next() < probability;
    },
  };
}

/** Every text in the path, the query and the body: ids and names among them. */
export function textsOf({ params, request, input }: Exchange): readonly string[] {
  const found = [...Object.values(params), ...parseTarget(request.target).query.map(([, value]) => value)];
  const walk = (value: unknown): void => {
    if (typeof value === "string") found.push(value);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(walk);
  };
  walk(input.list ?? input.body);
  return found.flatMap((one) => (one.includes(",") ? [one, ...one.split(",")] : [one]));
}

/** Not a regular expression: with many `*` that would take time without end on a long text. */
function pattern(text: string | undefined): ((value: string) => boolean) | undefined {
  if (text === undefined) return undefined;
  const [first = "", ...rest] = text.toLowerCase().split("*");
  const last = rest.pop();
  if (last === undefined) return (value) => value.toLowerCase() === first;
  return (value) => {
    const whole = value.toLowerCase();
    if (!whole.startsWith(first)) return false;
    let from = first.length;
    for (const part of rest) {
      const at = whole.indexOf(part, from);
      if (at < 0) return false;
      from = at + part.length;
    }
    return whole.length - last.length >= from && whole.endsWith(last);
  };
}
