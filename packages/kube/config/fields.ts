import { KubeError } from "../error.ts";

export type Mapping = Readonly<Record<string, unknown>>;

/**
 * A fault in the configuration: one line with the file, the field and what was expected. Values are never shown: in the
 * wrong field, any of them may be a secret.
 */
export function configError(where: string, expected: string, cause?: unknown): KubeError {
  const text = `${where}: ${expected}`.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  return new KubeError("config", text, cause === undefined ? {} : { cause });
}

export function mapping(value: unknown, where: string): Mapping {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Mapping;
  throw configError(where, "expected a mapping");
}

/** A field that is a mapping; empty when absent. */
export function mappingAt(from: Mapping, field: string, where: string): Mapping {
  const value = from[field];
  return value === undefined || value === null ? {} : mapping(value, `${where}: ${field}`);
}

/** A field that is a list; empty when absent. */
export function listAt(from: Mapping, field: string, where: string): readonly unknown[] {
  const value = from[field] ?? [];
  if (!Array.isArray(value)) throw configError(where, `${field}: expected a list`);
  return value;
}

/** A field that is a text; empty when absent. A number, as YAML reads `token: 1234`, is taken as it was written. */
export function textAt(from: Mapping, field: string, where: string): string {
  const value = from[field];
  if (value === undefined || value === null) return "";
  if (typeof value === "object") throw configError(where, `${field}: expected a text`);
  return String(value);
}

export function booleanAt(from: Mapping, field: string, where: string): boolean {
  const value = from[field] ?? false;
  if (typeof value !== "boolean") throw configError(where, `${field}: expected true or false`);
  return value;
}

export function quote(text: string): string {
  return JSON.stringify(text);
}
