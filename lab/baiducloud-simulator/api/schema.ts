/**
 * The small language in which an operation says what it takes and gives. A schema is plain data: from it come the
 * validation (parse.ts), the types of a handler's input, the reference page and the OpenAPI document.
 * A field is required unless it is `optional(…)`. null and absent are the same in this API. Unknown fields are ignored.
 */
export interface Schema<T = unknown> {
  readonly shape: Shape;
  readonly optional: boolean;
  readonly fallback?: unknown;
  /** Never there: carries the type. */
  readonly type?: T;
}

export type Shape =
  | { readonly kind: "text"; readonly limits: TextLimits }
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  | { readonly kind: "number" | "boolean" | "anything" }
  | { readonly kind: "csv"; readonly most: number }
  | { readonly kind: "list"; readonly item: Schema; readonly most: number }
  | { readonly kind: "object"; readonly fields: Fields; readonly open: boolean };

export type Fields = Readonly<Record<string, Schema>>;

export interface TextLimits {
  /** In characters. */
  readonly max?: number;
  readonly maxBytes?: number;
  readonly pattern?: RegExp;
  /** What a person is told when the pattern does not match. */
  readonly hint?: string;
  readonly oneOf?: readonly string[];
}

export type Infer<S> = S extends Schema<infer T> ? T : never;
export type InferFields<F> = { readonly [K in keyof F]: Infer<F[K]> };

/** A required text is not empty; limits are not asked of an optional one that is empty, as clients send "" for none. */
export function text(limits: TextLimits = {}): Schema<string> {
  return { shape: { kind: "text", limits }, optional: false };
}

export function oneOf<const T extends readonly string[]>(...values: T): Schema<T[number]> {
  return { shape: { kind: "text", limits: { oneOf: values } }, optional: false };
}

/** A whole number; numeric texts are taken as well, as older clients send them. */
export function integer(min = 0, max = Number.MAX_SAFE_INTEGER): Schema<number> {
  return { shape: { kind: "integer", min, max }, optional: false };
}

export function number(): Schema<number> {
  return { shape: { kind: "number" }, optional: false };
}

export function boolean(): Schema<boolean> {
  return { shape: { kind: "boolean" }, optional: false };
}

/** Values with commas between them, in the query. */
export function csv(most = 100): Schema<readonly string[]> {
  return { shape: { kind: "csv", most }, optional: false };
}

export function list<T>(item: Schema<T>, most = 1000): Schema<readonly T[]> {
  return { shape: { kind: "list", item, most }, optional: false };
}

export function object<F extends Fields>(fields: F): Schema<InferFields<F>> {
  return { shape: { kind: "object", fields, open: false }, optional: false };
}

/** An object whose unknown fields are kept. */
export function openObject<F extends Fields>(
  fields: F,
): Schema<InferFields<F> & { readonly [field: string]: unknown }> {
  return { shape: { kind: "object", fields, open: true }, optional: false };
}

/** Any JSON. */
export function anything(): Schema<unknown> {
  return { shape: { kind: "anything" }, optional: false };
}

export function optional<T>(schema: Schema<T>): Schema<T | undefined>;
export function optional<T>(schema: Schema<T>, fallback: T): Schema<T>;
export function optional<T>(schema: Schema<T>, fallback?: T): Schema<T | undefined> {
  return { shape: schema.shape, optional: true, ...(fallback === undefined ? {} : { fallback }) };
}
