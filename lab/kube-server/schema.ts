/**
 * What is known about the fields of the kinds served: enough to find misspelt fields and wrong types, to merge lists the
 * way Kubernetes does, and to publish OpenAPI. Fields that are not listed are still stored.
 *
 * The notation, one word per field: `a` text, `a#` whole number, `a?` true/false, `a~` number or text, `a%` time, `a*`
 * anything, `a:T` an object, `a[]` texts, `a[#]` numbers, `a[T]` objects, `a[*]` anything, `a{}` map of texts, `a{*}` map of anything.
 * Behind a list: `@k` strategic merge by field k, `+` strategic merge of a set of texts, `=k,l` the keys for apply.
 * Behind an object: `!` its fields are replaced as a whole when $retainKeys says so.
 */
export interface Field {
  readonly form: "text" | "integer" | "boolean" | "intOrText" | "time" | "any" | "object" | "list" | "map";
  /** Type name of an object; of the items of a list. */
  readonly type?: string;
  readonly items?: "text" | "integer" | "any" | "object";
  readonly mergeKey?: string;
  readonly mergeSet?: boolean;
  readonly applyKeys?: readonly string[];
  readonly retainKeys?: boolean;
}

import { TYPES } from "./schema-types.ts";

export interface Type {
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field>;
}

const WORD = /^([A-Za-z0-9$-]+)(?:(#|\?|~|%|\*)|:(\w+)|\[([#*\w]*)\]|\{(\*?)\})?(?:@(\w+))?(\+)?(?:=([\w,]+))?(!)?$/;

/** Pure tables made from constant text, so they may be shared by every server of the process. */
const parsed: ReadonlyMap<string, Type> = new Map(
  Object.entries(TYPES).map(([name, text]) => [name, { name, fields: parse(name, text) }]),
);

/** Undefined: nothing is known about the type, so nothing is checked. */
export function typeNamed(name: string | undefined): Type | undefined {
  return name === undefined ? undefined : parsed.get(name);
}

export function allTypes(): readonly Type[] {
  return [...parsed.values()];
}

/** A kind's own type is its name, except where two groups use the same one. */
export function typeOfKind(group: string, kind: string): string {
  return group === "events.k8s.io" ? "EventsV1Event" : kind;
}

function parse(owner: string, text: string): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  for (const word of text.trim().split(/\s+/)) {
    const match = WORD.exec(word);
    if (!match) throw new SyntaxError(`schema of ${owner}: ${word}`);
    const [, name = "", mark, type, items, map, mergeKey, set, keys, retain] = match;
    const applyKeys = keys ? keys.split(",") : mergeKey ? [mergeKey] : undefined;
    fields.set(name, {
      ...form(mark, type, items, map),
      ...(mergeKey ? { mergeKey } : {}),
      ...(set ? { mergeSet: true } : {}),
      ...(applyKeys ? { applyKeys } : {}),
      ...(retain ? { retainKeys: true } : {}),
    });
  }
  return fields;
}

function form(mark?: string, type?: string, items?: string, map?: string): Field {
  if (type) return { form: "object", type };
  if (map !== undefined) return { form: "map", items: map === "*" ? "any" : "text" };
  if (items === "") return { form: "list", items: "text" };
  if (items === "#") return { form: "list", items: "integer" };
  if (items === "*") return { form: "list", items: "any" };
  if (items !== undefined) return { form: "list", items: "object", type: items };
  const forms: Record<string, Field["form"]> = {
    "#": "integer",
    "?": "boolean",
    "~": "intOrText",
    "%": "time",
    "*": "any",
  };
  return { form: mark === undefined ? "text" : (forms[mark] ?? "text") };
}
