import { type Clock, type HttpHandler, type ServerRequest, seededRandom } from "@ccm/base";
import { badRequest, Fault, noSuchObject } from "../api/fault.ts";
import type { Answer } from "../api/idempotency.ts";
import type { Exchange, Interceptor, Mark } from "../api/serve.ts";
import type { Gate } from "../store/store.ts";
import { type CallMatcher, createCallMatcher } from "./call-match.ts";
import { type RunningEffect, type Struck, startEffect } from "./effects.ts";
import type { Change } from "./mutations.ts";
import { type Effect, type Match, parseRule } from "./rules.ts";
import type { WireEffect } from "./wire-effects.ts";

/** A rule as it is listed. */
export interface Rule {
  readonly id: string;
  readonly enabled: boolean;
  /** How often it has struck. */
  readonly fired: number;
  readonly match: Match;
  readonly effect: Effect;
}

/** The rules by which the cloud misbehaves. All throw Faults for what is not valid. */
export interface Faults {
  list(): readonly Rule[];
  /** A rule as it is written: {match, effect}, and perhaps an id. */
  add(rule: unknown): Rule;
  /** Some of its fields; the counts of a rule whose match or effect is replaced begin anew. */
  change(id: string, fields: unknown): Rule;
  remove(id: string): void;
  clear(): void;
}

export interface FaultEngine extends Faults {
  readonly interceptor: Interceptor;
  readonly gate: Gate;
  /** What happens to answers on the connection is done around the handler. */
  wrap(handler: HttpHandler): HttpHandler;
  markOf(request: ServerRequest): Mark | undefined;
}

interface Running {
  rule: Rule;
  matcher: CallMatcher;
  effect: RunningEffect;
}

const MAX_RULES = 1000;

/** `release` lets go on what a rule holds, by its id. */
export function createFaultEngine(
  clock: Clock,
  mutate: (change: Change) => void,
  release: (rule: string) => void,
): FaultEngine {
  const rules = new Map<string, Running>();
  const marks = new WeakMap<ServerRequest, { ids: string[]; lost: boolean; wire?: WireEffect }>();
  const done = new WeakSet<ServerRequest>();
  /** Those of the call that is being done right now. */
  let detouring: readonly { readonly running: Running; readonly strike: () => void }[] = [];
  let made = 0;

  const start = (rule: Rule): Running => ({
    rule,
    matcher: createCallMatcher(rule.match, rule.id, clock),
    effect: startEffect(rule.effect, clock, seededRandom(`${rule.match.seed ?? rule.id}/effect`)),
  });
  const find = (id: string): Running => {
    const found = rules.get(id);
    if (!found) throw noSuchObject(`rule ${id}`);
    return found;
  };
  const strikeOf = (running: Running, request: ServerRequest) => (): void => {
    running.rule = { ...running.rule, fired: running.rule.fired + 1 };
    const mark = marks.get(request) ?? { ids: [], lost: false };
    mark.ids.push(running.rule.id);
    marks.set(request, mark);
  };
  const onWire = (request: ServerRequest) => (wire: WireEffect, lost: boolean) => {
    const mark = marks.get(request);
    if (mark) Object.assign(mark, { wire, lost });
  };

  const disturb = (
    exchange: Exchange,
    chosen: readonly Running[],
    run: Parameters<Interceptor>[1],
  ): Answer | Promise<Answer> => {
    const { request } = exchange;
    const detours = chosen
      .filter(({ effect }) => effect.detour)
      .map((running) => ({ running, strike: strikeOf(running, request) }));
    const innermost: typeof run = (input) => {
      // What an operation begins, it begins before it first waits.
      detouring = detours;
      const note = (answer: Answer): Answer => {
        done.add(request);
        return answer;
      };
      try {
        const answer = run(input);
        return answer instanceof Promise ? answer.then(note) : note(answer);
      } finally {
        detouring = [];
      }
    };
    const around = chosen.reduceRight<typeof run>((inner, running) => {
      const { around } = running.effect;
      if (!around) return inner;
      return (input) => {
        const struck: Struck = {
          exchange: input ? { ...exchange, input } : exchange,
          run: async (changed) => inner(changed ?? input),
          strike: strikeOf(running, request),
          onWire: onWire(request),
          mutate,
        };
        return around(struck);
      };
    }, innermost);
    return around();
  };

  return {
    list: () => [...rules.values()].map(({ rule }) => rule),
    add(given) {
      const { id: wanted, ...spec } = parseRule(given);
      if (rules.size >= MAX_RULES) throw badRequest(`there are ${MAX_RULES} rules already.`);
      if (wanted !== undefined && rules.has(wanted))
        throw new Fault(409, "Conflict", `there is a rule ${wanted} already.`);
      let id = wanted;
      while (id === undefined || (wanted === undefined && rules.has(id))) id = `fault-${++made}`;
      const running = start({ id, fired: 0, ...spec });
      rules.set(id, running);
      return running.rule;
    },
    change(id, fields) {
      const running = find(id);
      if (typeof fields !== "object" || fields === null) throw badRequest("a rule: expected an object.");
      const { rule } = running;
      // What a listing says may be sent back as it is.
      const { fired: _, ...given } = { ...rule, ...fields };
      const { id: _same, ...spec } = parseRule({ ...given, id });
      const same = !("match" in fields) && !("effect" in fields);
      if (same) running.rule = { ...rule, enabled: spec.enabled };
      else Object.assign(running, start({ id, fired: 0, ...spec }));
      if (!same || !spec.enabled) release(id);
      return running.rule;
    },
    remove(id) {
      find(id);
      rules.delete(id);
      release(id);
    },
    clear() {
      const ids = [...rules.keys()];
      rules.clear();
      ids.forEach(release);
    },
    interceptor(exchange, run) {
      const chosen: Running[] = [];
      const observers: Running[] = [];
      for (const running of rules.values()) {
        if (!running.rule.enabled) continue;
        // What it shows of objects, late or shifted, it cannot know here.
        if (exchange.opaque && running.effect.observe) continue;
        if (running.effect.observe) observers.push(running);
        if (running.matcher.chooses(exchange, running.rule.fired)) chosen.push(running);
      }
      const observed: typeof run = (input) => {
        const answer = run(input);
        const tell = (done: Answer): Answer => {
          for (const { effect } of observers) effect.observe?.(exchange, done);
          return done;
        };
        return answer instanceof Promise ? answer.then(tell) : tell(answer);
      };
      const inner = observers.length > 0 ? observed : run;
      return chosen.length > 0 ? disturb(exchange, chosen, inner) : inner();
    },
    gate(transition) {
      for (const { running, strike } of detouring) {
        const detour = running.effect.detour?.(transition);
        if (!detour) continue;
        strike();
        return detour === "held" ? { heldBy: running.rule.id } : detour;
      }
      return undefined;
    },
    wrap: (handler) => async (request) => {
      const response = await handler(request);
      const wire = marks.get(request)?.wire;
      return wire ? wire(response, request) : response;
    },
    markOf(request) {
      const mark = marks.get(request);
      return mark ? { fault: mark.ids.join(","), lost: mark.lost, done: done.has(request) } : undefined;
    },
  };
}
