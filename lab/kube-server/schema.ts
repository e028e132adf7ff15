/**
 * What is known about the fields of the kinds served: enough to drop misspelt fields and refuse wrong types, to
 * merge lists the way Kubernetes does, and to publish OpenAPI.
 *
 * The notation, one word per field: `a` text, `a#` 32-bit number, `a##` 64-bit number, `a?` true/false, `a~` number or text,
 * `a%` time in seconds, `a%%` time in microseconds, `a*` anything, `a:T` an object, `a[]` texts, `a[#]` numbers, `a[T]` objects,
 * `a[*]` anything, `a{}` map of texts, `a{b}` map of base64, `a{*}` map of anything.
 * Behind a list: `@k` strategic merge by field k, `+` strategic merge of a set of texts, `=k,l` the keys for apply.
 * Behind an object: `!` its fields are replaced as a whole when $retainKeys says so.
 * At the end: `&` a zero value that was sent is kept (a pointer in Go); `^` is always there, with its zero value if need be.
 */
export interface Field {
  readonly form:
    | "text"
    | "integer"
    | "long"
    | "boolean"
    | "intOrText"
    | "time"
    | "microTime"
    | "any"
    | "object"
    | "list"
    | "map";
  /** Type name of an object; of the items of a list. */
  readonly type?: string;
  readonly items?: "text" | "integer" | "base64" | "any" | "object";
  readonly mergeKey?: string;
  readonly mergeSet?: boolean;
  readonly applyKeys?: readonly string[];
  readonly retainKeys?: boolean;
  /** What becomes of a zero value (empty text, 0, false, an empty list): dropped when absent. */
  readonly zero?: "kept" | "always";
}

import { TYPES } from "./schema-types.ts";

export interface Type {
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field>;
}

const WORD =
  /^([A-Za-z0-9$-]+)(?:(##?|\?|~|%%?|\*)|:(\w+)|\[([#*\w]*)\]|\{([*b]?)\})?(?:@(\w+))?(\+)?(?:=([\w,]+))?(!)?([&^])?$/;

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
  // Of the groups that are not Kubernetes' own nothing is known.
  if (group.includes(".") && !group.endsWith(".k8s.io")) return "CustomObject";
  return group === "events.k8s.io" ? "EventsV1Event" : kind;
}

function parse(owner: string, text: string): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  for (const word of text.trim().split(/\s+/)) {
    const match = WORD.exec(word);
    if (!match) throw new SyntaxError(`schema of ${owner}: ${word}`);
    const [, name = "", mark, type, items, map, mergeKey, set, keys, retain, zero] = match;
    const applyKeys = keys ? keys.split(",") : mergeKey ? [mergeKey] : undefined;
    fields.set(name, {
      ...form(mark, type, items, map),
      ...(mergeKey ? { mergeKey } : {}),
      ...(set ? { mergeSet: true } : {}),
      ...(applyKeys ? { applyKeys } : {}),
      ...(retain ? { retainKeys: true } : {}),
      ...(zero ? { zero: zero === "^" ? "always" : "kept" } : {}),
    });
  }
  return fields;
}

function form(mark?: string, type?: string, items?: string, map?: string): Field {
  if (type) return { form: "object", type };
  if (map !== undefined) return { form: "map", items: map === "*" ? "any" : map === "b" ? "base64" : "text" };
  if (items === "") return { form: "list", items: "text" };
  if (items === "#") return { form: "list", items: "integer" };
  if (items === "*") return { form: "list", items: "any" };
  if (items !== undefined) return { form: "list", items: "object", type: items };
  const forms: Record<string, Field["form"]> = {
    "#": "integer",
    "##": "long",
    "?": "boolean",
    "~": "intOrText",
    "%": "time",
    "%%": "microTime",
    "*": "any",
  };
  return { form: mark === undefined ? "text" : (forms[mark] ?? "text") };
}
