import type { Schema, TextLimits } from "../api/schema.ts";
import { nearest } from "./nearest.ts";

/** From the top of the file: ["accounts", 0, "id"]. */
export type Path = readonly (string | number)[];

export type Report = (path: Path, message: string) => void;

/** An object of the file with a mistake in a field of its own: nobody may rely on its fields. */
export type Broken = WeakSet<object>;

const SHOWN = 60;
/** What is at or below a key of this name is never shown. */
const SECRET = "credentials";

/**
 * The value as its schema wants it. Every mistake is reported, and the check goes on: an object that has one is in `broken`,
 * and an entry of a list that is none takes up its place as an empty one. Stricter than the cloud is with its clients: unknown
 * keys and numbers in quotes are mistakes.
 */
export function check(schema: Schema, value: unknown, path: Path, report: Report, broken: Broken): unknown {
  const { shape } = schema;
  const refuse = (expected: string): undefined => {
    const found = path.includes(SECRET) ? "something else" : shown(value);
    report(path, `found ${found}, expected ${expected}`);
    return undefined;
  };
  if (value === undefined || value === null) {
    if (!schema.optional) report(path, `is missing, expected ${expectationOf(schema)}`);
    return schema.fallback;
  }
  // Nothing, as in the cloud's own calls.
  if (value === "" && schema.optional && shape.kind === "text") return undefined;
  switch (shape.kind) {
    case "text":
      return typeof value === "string" && value !== "" && fits(shape.limits, value)
        ? value
        : refuse(expectationOf(schema));
    case "integer":
      return typeof value === "number" && Number.isInteger(value) && value >= shape.min && value <= shape.max
        ? value
        : refuse(expectationOf(schema));
    case "number":
      return typeof value === "number" && Number.isFinite(value) ? value : refuse(expectationOf(schema));
    case "boolean":
      return typeof value === "boolean" ? value : refuse(expectationOf(schema));
    case "list": {
      if (!Array.isArray(value)) return refuse(expectationOf(schema));
      return value.map((entry, index) => {
        const at = [...path, index];
        if (entry === null || entry === undefined) report(at, `is empty, expected ${expectationOf(shape.item)}`);
        else {
          const checked = check(shape.item, entry, at, report, broken);
          if (checked !== undefined) return checked;
        }
        const place = {};
        broken.add(place);
        return shape.item.shape.kind === "object" ? place : "";
      });
    }
    case "object": {
      if (typeof value !== "object" || Array.isArray(value)) return refuse(expectationOf(schema));
      const given = value as Readonly<Record<string, unknown>>;
      const out: Record<string, unknown> = {};
      let isBroken = false;
      const reportOwn: Report = (at, message) => {
        // A list's entry, or an object with a mistake, answers for itself.
        if (at.length === path.length + 1) isBroken = true;
        report(at, message);
      };
      const known = Object.keys(shape.fields);
      for (const key of Object.keys(given)) {
        if (known.includes(key)) continue;
        report([...path, key], `is unknown here, the nearest known key is "${nearest(key, known)}"`);
        isBroken = true;
      }
      for (const [name, field] of Object.entries(shape.fields)) {
        const found = Object.hasOwn(given, name) ? given[name] : undefined;
        const checked = check(field, found, [...path, name], reportOwn, broken);
        if (checked !== undefined) out[name] = checked;
        if (typeof checked === "object" && broken.has(checked as object)) isBroken = true;
      }
      if (isBroken) broken.add(out);
      return out;
    }
    case "csv":
    case "anything":
      return value;
  }
}

function fits({ max, maxBytes, pattern, oneOf }: TextLimits, value: string): boolean {
  return (
    (!oneOf || oneOf.includes(value)) &&
    (max === undefined || value.length <= max) &&
    (maxBytes === undefined || new TextEncoder().encode(value).length <= maxBytes) &&
    (!pattern || pattern.test(value))
  );
}

/** "a whole number from 1 to 65535" */
export function expectationOf({ shape }: Schema): string {
  switch (shape.kind) {
    case "text": {
      const { oneOf, hint, max, maxBytes } = shape.limits;
      if (oneOf) return oneOf.length > 1 ? `one of ${oneOf.join(", ")}` : (oneOf[0] ?? "");
      if (hint) return hint;
      if (max !== undefined) return `a text of 1 to ${max} characters`;
      return maxBytes === undefined ? "a text" : `a text of 1 to ${maxBytes} bytes`;
    }
    case "integer": {
      const most = shape.max === Number.MAX_SAFE_INTEGER ? "" : ` to ${shape.max}`;
      return `a whole number from ${shape.min}${most}`;
    }
    case "number":
      return "a number";
    case "boolean":
      return "true or false";
    case "list":
      return "a list";
    case "object":
      return `a map with ${Object.keys(shape.fields).join(", ")}`;
    case "csv":
    case "anything":
      return "a value";
  }
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "a map";
  return typeof value === "string" ? quoted(value) : String(value);
}

/** On one line, and not endless. */
export function quoted(value: string): string {
  const text = value.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, "�");
  return `"${text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`}"`;
}

/** `accounts[0].regions[0].vpcs[1].cidr` */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      const plain = /^[\w-]{1,60}$/.test(step) ? step : quoted(step);
      return index === 0 ? plain : `.${plain}`;
    })
    .join("");
}
