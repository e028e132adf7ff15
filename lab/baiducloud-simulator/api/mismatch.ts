import type { Schema } from "./schema.ts";

/** Where an answer is not as its schema says; undefined when it is. Stricter than for what clients send: unknown fields count. */
export function mismatch(schema: Schema, value: unknown, where = "answer"): string | undefined {
  const { shape } = schema;
  if (value === undefined || value === null) return schema.optional ? undefined : `${where} is missing`;
  switch (shape.kind) {
    case "text":
    case "csv":
      if (typeof value !== "string") return `${where} is not a string`;
      return shape.kind === "text" && value !== "" && shape.limits.oneOf && !shape.limits.oneOf.includes(value)
        ? `${where}: "${value}" is none of ${shape.limits.oneOf.join(", ")}`
        : undefined;
    case "integer":
    case "number":
      return typeof value === "number" ? undefined : `${where} is not a number`;
    case "boolean":
      return typeof value === "boolean" ? undefined : `${where} is not a boolean`;
    case "list":
      if (!Array.isArray(value)) return `${where} is not a list`;
      return value.map((entry, index) => mismatch(shape.item, entry, `${where}[${index}]`)).find(Boolean);
    case "object": {
      if (typeof value !== "object" || Array.isArray(value)) return `${where} is not an object`;
      const given = value as Readonly<Record<string, unknown>>;
      const unknown = Object.keys(given).find((name) => !shape.open && !Object.hasOwn(shape.fields, name));
      if (unknown !== undefined) return `${where}.${unknown} is not in the schema`;
      return Object.entries(shape.fields)
        .map(([name, field]) => mismatch(field, given[name], `${where}.${name}`))
        .find(Boolean);
    }
    case "anything":
      return undefined;
  }
}
