import { badRequest, Fault } from "../api/fault.ts";
import { parse, parseFields } from "../api/parse.ts";
import {
  anything,
  boolean,
  type Fields,
  type InferFields,
  integer,
  number,
  object,
  oneOf,
  openObject,
  optional,
  text,
} from "../api/schema.ts";
import { CHANGE } from "./change-schema.ts";

/** Which calls a rule is about. What is absent fits every call; all that is there must fit. */
const MATCH = {
  /** "blb"; in this and the next two, `*` stands for any characters. */
  product: optional(text()),
  operation: optional(text()),
  /** An id or a name, anywhere in the path, the query or the body. */
  resource: optional(text()),
  account: optional(text()),
  /** HTTP methods: ["POST", "PUT"]. */
  methods: optional(anything()),
  /** Of the calls that fit, counted from 1: only this one; only every so many; all but the first. */
  nth: optional(integer(1)),
  every: optional(integer(1)),
  skip: optional(integer(0)),
  /** 0 to 1, drawn from the rule's own seed. */
  probability: optional(number()),
  seed: optional(text()),
  /** The time window, in milliseconds since the rule was made. */
  fromMs: optional(integer(0)),
  untilMs: optional(integer(0)),
  /** It rests after so many firings. */
  max: optional(integer(1)),
};

const ANSWER = {
  status: optional(integer(400, 599), 500),
  code: optional(text()),
  message: optional(text()),
  /** The header Retry-After, in seconds. */
  retryAfter: optional(integer(0)),
  headers: optional(openObject({})),
};
const LAG = { ms: optional(integer(0)), calls: optional(integer(1)) };

/** The fields of each kind of effect. */
export const EFFECTS = {
  /** Refused; nothing is done. */
  error: ANSWER,
  /** Done, and the answer is lost, or is an error. */
  "error-after": { ...ANSWER, how: optional(oneOf("reset", "hang", "truncate", "error"), "reset") },
  /** The connection is reset; nothing is done. */
  reset: {},
  /** No answer ever comes; nothing is done. */
  hang: {},
  latency: { ms: integer(0), jitterMs: optional(integer(0), 0), when: optional(oneOf("before", "after"), "before") },
  /** Calls beyond the rate are refused; without a rate, all. */
  throttle: {
    perSecond: optional(number()),
    burst: optional(integer(1), 1),
    status: optional(integer(400, 599), 429),
    code: optional(text(), "RateLimitExceeded"),
    retryAfter: optional(integer(0)),
  },
  quota: { code: optional(text(), "QuotaLimitExceeded"), status: optional(integer(400, 599), 403) },
  /** What was just created is missing from lists, and a 404. */
  lag: LAG,
  /** Reads answer what they answered some time or some calls ago. */
  stale: LAG,
  /** Pages after the first lose their first object, or repeat the last one of the page before. */
  shift: { how: optional(oneOf("skip", "repeat"), "skip") },
  /** The state changes that the call begins never end, or end later. */
  stuck: { transition: optional(text()), ms: optional(integer(1)) },
  /** They end in this state instead. */
  fail: { transition: optional(text()), status: optional(text(), "error") },
  /** Only the first objects of a batch are done. */
  partial: { ...ANSWER, first: integer(0), how: optional(oneOf("error", "ok", "reset"), "error") },
  /** Done, and the answer's body is wrong. */
  body: {
    how: oneOf("cut", "html", "empty", "type", "null"),
    /** How much of it is left of one that is cut. Default: half. */
    bytes: optional(integer(0)),
    /** Default: that of a good answer. */
    status: optional(integer(200, 599)),
  },
  /** Somebody else changes something, after the call or before it. */
  change: { ...CHANGE, when: optional(oneOf("before", "after"), "after") },
} as const satisfies Readonly<Record<string, Fields>>;

export type EffectKind = keyof typeof EFFECTS;
export type EffectOf<K extends EffectKind> = { readonly kind: K } & InferFields<(typeof EFFECTS)[K]>;
export type Effect = { [K in EffectKind]: EffectOf<K> }[EffectKind];
export type Match = Omit<InferFields<typeof MATCH>, "methods"> & { readonly methods?: readonly string[] | undefined };

/** A rule, parsed. */
export interface RuleSpec {
  readonly id?: string | undefined;
  readonly enabled: boolean;
  readonly match: Match;
  readonly effect: Effect;
}

/** One that somebody writes: as a rule of `--faults`, or the body of POST /admin/faults. */
const RULE = {
  id: optional(text({ max: 64, pattern: /^[\w.-]+$/, hint: "letters, digits and _.-" })),
  enabled: optional(boolean(), true),
  match: optional(object({})),
  effect: object({ kind: text() }),
};

/** Throws a Fault that says what is wrong and where; `where` names the rule. */
export function parseRule(value: unknown, where = ""): RuleSpec {
  try {
    const given = record(value, "a rule");
    noOthers(given, RULE, "");
    const { id, enabled } = parseFields(RULE, given, "", "body") as InferFields<typeof RULE>;
    return { id, enabled, match: parseMatch(given.match ?? {}), effect: parseEffect(given.effect) };
  } catch (error) {
    if (!(error instanceof Fault) || where === "") throw error;
    throw badRequest(`${where}: ${error.message}`);
  }
}

export function parseMatch(value: unknown): Match {
  const given = record(value, "match");
  noOthers(given, MATCH, "match.");
  const { methods, ...match } = parseFields(MATCH, given, "match", "body") as InferFields<typeof MATCH>;
  const { probability } = match;
  if (probability !== undefined && (probability < 0 || probability > 1))
    throw badRequest(`match.probability: ${probability} is out of range, expected 0 to 1.`);
  if (methods === undefined) return match;
  if (!Array.isArray(methods) || !methods.every((one) => /^(GET|POST|PUT|DELETE|HEAD|PATCH)$/.test(String(one))))
    throw badRequest('match.methods: expected a list of HTTP methods, such as ["POST", "PUT"].');
  return { ...match, methods: methods.map(String) };
}

function parseEffect(value: unknown): Effect {
  const given = record(value, "effect");
  const { kind } = given;
  if (typeof kind !== "string" || !Object.hasOwn(EFFECTS, kind))
    throw badRequest(`effect.kind: expected one of ${Object.keys(EFFECTS).join(", ")}.`);
  const fields: Fields = EFFECTS[kind as EffectKind];
  noOthers(given, { kind: text(), ...fields }, "effect.");
  // By the table, these are the fields of this kind.
  const effect = { kind, ...(parse(object(fields), given, "effect") as object) } as Effect;
  if ((effect.kind === "lag" || effect.kind === "stale") && effect.ms === undefined && effect.calls === undefined)
    throw badRequest("effect: expected ms or calls.");
  if (effect.kind === "throttle" && effect.perSecond !== undefined && !(effect.perSecond > 0))
    throw badRequest("effect.perSecond: expected more than 0.");
  return effect;
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badRequest(`${what}: expected an object.`);
}

/** A misspelt field would make a rule that strikes more than was meant. */
function noOthers(given: Readonly<Record<string, unknown>>, fields: Fields, where: string): void {
  const other = Object.keys(given).find((name) => !Object.hasOwn(fields, name));
  if (other !== undefined)
    throw badRequest(`${where}${other} is unknown: expected ${Object.keys(fields).join(", ") || "no fields"}.`);
}
