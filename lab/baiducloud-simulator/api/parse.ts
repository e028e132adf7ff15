import { badRequest, Fault } from "./fault.ts";
import type { Fields, Schema, Shape, TextLimits } from "./schema.ts";

type Source = "body" | "query";

/** The value as its schema wants it, or the cloud's own refusal. */
export function parse(schema: Schema, value: unknown, where: string, source: Source = "body"): unknown {
  const { shape } = schema;
  if (value === undefined || value === null || (value === "" && shape.kind !== "text")) {
    if (schema.optional) return schema.fallback;
    throw new Fault(400, source === "query" ? "BadRequest" : "InappropriateJSON", `${where} is required.`);
  }
  switch (shape.kind) {
    case "text":
      return parseText(schema, shape.limits, value, where, source);
    case "integer":
      return parseInteger(shape, value, where, source);
    case "number": {
      const parsed = typeof value === "string" ? Number(value) : value;
      if (typeof parsed !== "number" || !Number.isFinite(parsed)) throw mistyped(where, "a number", source);
      return parsed;
    }
    case "boolean":
      if (typeof value === "boolean") return value;
      // Python's clients send True and False.
      if (source === "query" && typeof value === "string" && /^(true|false)$/i.test(value))
        return value.toLowerCase() === "true";
      throw mistyped(where, "a boolean", source);
    case "csv": {
      if (typeof value !== "string") throw mistyped(where, "a string", source);
      const values = value.split(",").filter((part) => part !== "");
      if (values.length > shape.most) throw badRequest(`${where}: at most ${shape.most} values.`);
      return values;
    }
    case "list":
      if (!Array.isArray(value)) throw mistyped(where, "a list", source);
      if (value.length > shape.most) throw badRequest(`${where}: at most ${shape.most} values.`);
      return value.map((entry, index) => parse(shape.item, entry, `${where}[${index}]`, source));
    case "object":
      if (typeof value !== "object" || Array.isArray(value)) throw mistyped(where, "an object", source);
      return parseFields(shape.fields, value as Readonly<Record<string, unknown>>, where, source, shape.open);
    case "anything":
      return value;
  }
}

/** `where` is "" at the top, so that a field is called by its own name. */
export function parseFields(
  fields: Fields,
  value: Readonly<Record<string, unknown>>,
  where: string,
  source: Source,
  open = false,
): Readonly<Record<string, unknown>> {
  const out: Record<string, unknown> = open ? { ...value } : {};
  for (const [name, schema] of Object.entries(fields)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    out[name] = parse(schema, given, where === "" ? name : `${where}.${name}`, source);
  }
  return out;
}

function parseText(schema: Schema, limits: TextLimits, value: unknown, where: string, source: Source): string {
  if (typeof value !== "string") throw mistyped(where, "a string", source);
  if (value === "") {
    if (schema.optional) return value;
    throw new Fault(400, source === "query" ? "BadRequest" : "InappropriateJSON", `${where} is required.`);
  }
  const { max, maxBytes, pattern, hint, oneOf } = limits;
  if (oneOf && !oneOf.includes(value)) throw badRequest(`${where}: "${value}" is unknown.`);
  if (max !== undefined && value.length > max) throw badRequest(`${where}: at most ${max} characters.`);
  if (maxBytes !== undefined && new TextEncoder().encode(value).length > maxBytes)
    throw badRequest(`${where}: at most ${maxBytes} bytes.`);
  if (pattern && !pattern.test(value))
    throw badRequest(`${where}: "${value}" is not valid${hint ? `: expected ${hint}` : ""}.`);
  return value;
}

function parseInteger(
  { min, max }: Extract<Shape, { kind: "integer" }>,
  value: unknown,
  where: string,
  source: Source,
): number {
  const parsed = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof parsed !== "number" || !Number.isInteger(parsed)) throw mistyped(where, "an integer", source);
  if (parsed < min || parsed > max) throw badRequest(`${where}: ${parsed} is out of range, expected ${min} to ${max}.`);
  return parsed;
}

function mistyped(where: string, expected: string, source: Source): Fault {
  return new Fault(400, source === "query" ? "BadRequest" : "InappropriateJSON", `${where}: expected ${expected}.`);
}
