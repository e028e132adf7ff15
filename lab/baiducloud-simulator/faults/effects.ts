import { type Clock, type Random, sleep, TokenBucket } from "@ccm/base";
import { Fault } from "../api/fault.ts";
import type { Answer } from "../api/idempotency.ts";
import type { Exchange } from "../api/serve.ts";
import type { Input } from "../api/wire.ts";
import type { Detour } from "../store/store.ts";
import { type Consistency, createLag, createShift, createStale } from "./consistency.ts";
import { objectOf } from "./identity.ts";
import type { Change } from "./mutations.ts";
import type { Effect, EffectOf } from "./rules.ts";
import { hangConnection, resetConnection, truncateAnswer, type WireEffect, wrongBody } from "./wire-effects.ts";

/** What an effect may do to a call that its rule has chosen. */
export interface Struck {
  readonly exchange: Exchange;
  run(input?: Input): Promise<Answer>;
  /** The rule has struck: counts it, and names it in the log. */
  strike(): void;
  /** The answer does not reach the client, or not as it is. */
  onWire(effect: WireEffect, lost: boolean): void;
  mutate(change: Change): void;
}

export interface RunningEffect {
  around?(struck: Struck): Promise<Answer>;
  /** For the state changes that the call begins; "held": until the rule is gone. */
  detour?(transition: string): Detour | "held" | undefined;
  observe?: Consistency["observe"];
}

/** Nobody reads it: the connection is reset, or hangs. */
const NOTHING: Answer = { status: 200, body: {} };

export function startEffect(effect: Effect, clock: Clock, random: Random): RunningEffect {
  switch (effect.kind) {
    case "error":
      return refusing(() => faultOf(effect));
    case "quota":
      return refusing(() => new Fault(effect.status, effect.code, "The quota is used up (a fault of the lab)."));
    case "throttle":
      return throttling(effect, clock);
    case "reset":
      return losing(resetConnection);
    case "hang":
      return losing(hangConnection);
    case "error-after":
      return {
        async around({ run, strike, onWire }) {
          const answer = await run();
          strike();
          if (effect.how === "error") throw faultOf(effect);
          const wire = { reset: resetConnection, hang: hangConnection, truncate: truncateAnswer }[effect.how];
          onWire(wire, true);
          return answer;
        },
      };
    case "latency":
      return {
        async around({ exchange, run, strike }) {
          strike();
          const ms = effect.ms + Math.floor(random.next() * effect.jitterMs);
          // The cloud goes on with what it was asked, whether its client waits or not.
          const wait = () => sleep(clock, ms, exchange.request.signal).catch(() => {});
          if (effect.when === "before") await wait();
          const answer = await run();
          if (effect.when === "after") await wait();
          return answer;
        },
      };
    case "lag":
      return reading(createLag(effect, clock));
    case "stale":
      return reading(createStale(effect, clock));
    case "shift":
      return reading(createShift(effect));
    case "stuck":
      return {
        detour: (name) => (fits(effect, name) ? (effect.ms === undefined ? "held" : { addMs: effect.ms }) : undefined),
      };
    case "fail":
      return { detour: (name) => (fits(effect, name) ? { status: effect.status } : undefined) };
    case "partial":
      return { around: (struck) => doPart(effect, struck) };
    case "body":
      return {
        async around({ run, strike, onWire }) {
          strike();
          onWire(wrongBody(effect), false);
          return run();
        },
      };
    case "change":
      return {
        async around({ exchange, run, strike, mutate }) {
          const { kind: _, when, ...change } = effect;
          const go = (answer?: Answer): void => {
            const resource = change.resource ?? objectOf(exchange, answer?.body);
            const { accountId: account } = exchange.principal;
            try {
              mutate({ account, region: exchange.region, ...defined(change), resource } as Change);
              strike();
            } catch (error) {
              // There is nothing to change here: the client's call is none the worse for it.
              if (!(error instanceof Fault)) throw error;
            }
          };
          if (when === "before") go();
          const answer = await run();
          if (when === "after") go(answer);
          return answer;
        },
      };
  }
}

function refusing(fault: () => Fault): RunningEffect {
  return {
    async around({ strike }) {
      strike();
      throw fault();
    },
  };
}

function losing(wire: WireEffect): RunningEffect {
  return {
    async around({ strike, onWire }) {
      strike();
      onWire(wire, true);
      return NOTHING;
    },
  };
}

function throttling(effect: EffectOf<"throttle">, clock: Clock): RunningEffect {
  const { perSecond, burst, status, code, retryAfter } = effect;
  const bucket = perSecond === undefined ? undefined : new TokenBucket(clock, perSecond, burst);
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  return {
    async around({ run, strike }) {
      if (bucket?.tryTake()) return run();
      strike();
      throw new Fault(status, code, "Request rate limit exceeded (a fault of the lab).", headers);
    },
  };
}

function reading({ observe, change }: Consistency): RunningEffect {
  return {
    observe,
    around: async ({ exchange, run, strike }) => change(exchange, await run(), strike),
  };
}

/** The first list of the body that is longer is cut. */
async function doPart(effect: EffectOf<"partial">, { exchange, run, strike, onWire }: Struck): Promise<Answer> {
  const { input } = exchange;
  const { first, how } = effect;
  const long = Object.entries(input.body).find(([, value]) => Array.isArray(value) && value.length > first);
  const isLong = input.list !== undefined && input.list.length > first;
  if (!long && !isLong) return run();
  strike();
  const part = long ? { body: { ...input.body, [long[0]]: (long[1] as unknown[]).slice(0, first) } } : {};
  // Without its token: what failed is not remembered as done.
  const param = (name: string) => (name === "clientToken" ? undefined : input.param(name));
  const answer = await run({
    ...input,
    ...part,
    ...(isLong && input.list ? { list: input.list.slice(0, first) } : {}),
    ...(how === "ok" ? {} : { param }),
  });
  if (how === "error") throw faultOf(effect);
  if (how === "reset") onWire(resetConnection, true);
  return answer;
}

type Refusal = Pick<EffectOf<"error">, "status" | "code" | "message" | "retryAfter" | "headers">;

function faultOf({ status = 500, code, message, retryAfter, headers = {} }: Refusal): Fault {
  const more = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return new Fault(status, code ?? defaultCode(status), message ?? "A fault of the lab.", {
    ...Object.fromEntries(more),
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
  });
}

function defaultCode(status: number): string {
  const known: Readonly<Record<number, string>> = {
    400: "BadRequest",
    403: "AccessDenied",
    404: "NoSuchObject",
    409: "OperationDenied",
    429: "RateLimitExceeded",
    503: "ServiceUnavailable",
  };
  return known[status] ?? "InternalError";
}

function fits({ transition }: { readonly transition?: string | undefined }, name: string): boolean {
  return transition === undefined || name.startsWith(transition);
}

function defined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
