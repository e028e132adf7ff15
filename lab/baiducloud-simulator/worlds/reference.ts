import { DEFAULT_QUOTAS } from "../account.ts";
import { type JsonSchema, jsonSchemaOf } from "../api/json-schema.ts";
import type { Fields, Schema } from "../api/schema.ts";
import { NOTES } from "./field-notes.ts";
import { KINDS, WORLD } from "./schema.ts";

/** What is made of the schema: docs/simulator/worlds.schema.json, and the lists of fields in docs/simulator/worlds.md. */

export type Language = "en" | "zh";

/** In the words of JSON Schema 2020-12. Editors complete and check a file by it. */
export function worldJsonSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A world of the Baidu AI Cloud simulator",
    ...explained(jsonSchemaOf(WORLD), ""),
  };
}

/** Closed to unknown fields, as the reader is, and with what each field means. */
function explained(schema: JsonSchema, kind: string): JsonSchema {
  if (schema.type === "array") return { ...schema, items: explained(schema.items as JsonSchema, kind) };
  if (schema.type !== "object") return schema;
  const properties = Object.entries(schema.properties as Readonly<Record<string, JsonSchema>>).map(([name, field]) => {
    const note = kind === "quotas" ? `Default: ${defaultOf(name)}.` : NOTES[kind]?.[name]?.[0];
    const about = [note && `${note.replace(/\.$/, "")}.`, field.description].filter(Boolean).join(" ");
    const inner = explained(field, name);
    return [name, about === "" ? inner : { ...inner, description: about }] as const;
  });
  return { ...schema, properties: Object.fromEntries(properties), additionalProperties: false };
}

/** The fields of each kind of object, in Markdown. */
export function fieldLists(language: Language): string {
  const lists = Object.entries(KINDS).map(([kind, schema]) => {
    const fields = schema.shape.kind === "object" ? schema.shape.fields : {};
    return [`### ${kind}`, "", ...lines(kind, fields, language), ""].join("\n");
  });
  const quotas = Object.entries(DEFAULT_QUOTAS).map(([name, value]) => `\`${name}\` ${value}`);
  return `${lists.join("\n")}\n### quotas\n\n${quotas.join(language === "en" ? ", " : "、")}\n`;
}

function lines(kind: string, fields: Fields, language: Language): readonly string[] {
  const notes = NOTES[kind] ?? {};
  // Of a listener only what each has: its other fields are those of the API.
  return Object.entries(fields).flatMap(([name, schema]) => {
    const note = notes[name];
    if (!note) return [];
    const isNeeded = kind === "listeners" ? !["backendPort", "scheduler"].includes(name) : !schema.optional;
    const star = isNeeded ? ` **${language === "en" ? "required" : "必填"}**` : "";
    const [english, chinese] = note;
    const values = valuesOf(schema);
    return [`- \`${name}\`${star}: ${language === "en" ? english : chinese}${values}`];
  });
}

function valuesOf({ shape }: Schema): string {
  if (shape.kind === "text" && shape.limits.oneOf)
    return ` (${shape.limits.oneOf.map((one) => `\`${one}\``).join(", ")})`;
  if (shape.kind === "integer" && shape.max !== Number.MAX_SAFE_INTEGER) return ` (${shape.min}–${shape.max})`;
  return "";
}

function defaultOf(quota: string): number | undefined {
  return new Map<string, number>(Object.entries(DEFAULT_QUOTAS)).get(quota);
}
