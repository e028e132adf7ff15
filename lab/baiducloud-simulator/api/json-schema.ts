import type { Fields, Schema } from "./schema.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema of ours in the words of JSON Schema 2020-12, as OpenAPI 3.1 has it. */
export function jsonSchemaOf({ shape, fallback }: Schema): JsonSchema {
  const byDefault = fallback === undefined ? {} : { default: fallback };
  switch (shape.kind) {
    case "text": {
      const { max, oneOf, pattern, hint } = shape.limits;
      return {
        type: "string",
        ...(max === undefined ? {} : { maxLength: max }),
        ...(oneOf ? { enum: oneOf } : {}),
        ...(pattern ? { pattern: pattern.source } : {}),
        ...(hint ? { description: `Expected ${hint}.` } : {}),
        ...byDefault,
      };
    }
    case "integer":
      return {
        type: "integer",
        minimum: shape.min,
        ...(shape.max === Number.MAX_SAFE_INTEGER ? {} : { maximum: shape.max }),
        ...byDefault,
      };
    case "number":
    case "boolean":
      return { type: shape.kind, ...byDefault };
    case "csv":
      return { type: "string", description: "Values with commas between them." };
    case "list":
      return { type: "array", items: jsonSchemaOf(shape.item), ...byDefault };
    case "object":
      return objectOf(shape.fields);
    case "anything":
      return {};
  }
}

function objectOf(fields: Fields): JsonSchema {
  const required = Object.entries(fields).flatMap(([name, { optional }]) => (optional ? [] : [name]));
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, jsonSchemaOf(schema)])),
    ...(required.length > 0 ? { required } : {}),
  };
}
