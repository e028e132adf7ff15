import type { Answer, BceCall, Query, Scheduler } from "./api-call.ts";
import type { ReadOptions, Tag, WriteOptions } from "./call.ts";
import { BceError, isBceError } from "./error.ts";
import { broken } from "./paging.ts";

/** Builds a product's calls: its endpoint, its name in operations, and what reads and writes have in common. */
export interface Product {
  read(action: string, path: string, query: Query, options?: ReadOptions): BceCall;
  /** A read by POST: some look-ups take their ids in a body. */
  lookUp(action: string, path: string, body: unknown, options?: ReadOptions): BceCall;
  write(
    action: string,
    method: "POST" | "PUT" | "DELETE",
    path: string,
    options: WriteOptions,
    more?: { readonly query?: Query; readonly body?: unknown; readonly observe?: BceCall["observe"] },
  ): BceCall;
}

export function product(name: string, endpoint: string): Product {
  const base = (action: string, path: string, options: ReadOptions) => ({
    operation: `${name}.${action}`,
    endpoint,
    path,
    lane: options.lane ?? ("resync" as const),
    signal: options.signal,
  });
  return {
    read: (action, path, query, options = {}) => ({ ...base(action, path, options), method: "GET", read: true, query }),
    lookUp: (action, path, body, options = {}) => ({
      ...base(action, path, options),
      method: "POST",
      read: true,
      body,
    }),
    write: (action, method, path, options, { query = [], body, observe } = {}) => ({
      ...base(action, path, { lane: "user", ...options }),
      method,
      read: false,
      query: [...query, ["clientToken", options.clientToken]],
      ...(body === undefined ? {} : { body }),
      ...(observe ? { observe } : {}),
    }),
  };
}

/** For `observe`: the empty answer of a write when `done` says so. */
export async function whenDone(done: Promise<boolean>): Promise<Answer | undefined> {
  return (await done) ? {} : undefined;
}

/** How the look after a write is asked: for the same caller, with the same urgency. */
export function lookOf({ signal, lane = "user" }: ReadOptions): ReadOptions {
  return { lane, ...(signal ? { signal } : {}) };
}

/** Undefined when the cloud says, in its own words, that there is no such object. */
export async function unlessAbsent<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isBceError(error, "absent")) return undefined;
    throw error;
  }
}

/** Whether the object has every field of `wanted` with its value; what was not asked for does not count. */
export function hasFields(object: object, wanted: object): boolean {
  const has = object as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).every(([name, value]) => value === undefined || has[name] === value);
}

/** Whether `tags` are among those of the object. Never for no tags: a name alone proves nothing. */
export function hasTags(object: { readonly tags?: readonly Tag[] | null }, tags: readonly Tag[] = []): boolean {
  const has = (tag: Tag) => object.tags?.some((one) => one.tagKey === tag.tagKey && one.tagValue === tag.tagValue);
  return tags.length > 0 && tags.every(has);
}

/** Query parameters without what is undefined. */
export function given(values: Readonly<Record<string, string | undefined>>): Query {
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** A text that the answer must have. */
export function required(request: BceCall, answer: Answer, field: string): string {
  const value = answer[field];
  if (typeof value === "string" && value !== "") return value;
  if (request.read) throw broken(request, `the answer has no ${field}`);
  // The work was done: the caller finds it again by its clientToken or its marks.
  throw new BceError("ambiguous", request.operation, `${request.operation}: the answer has no ${field}`);
}

/** The answer as an object of T after a look at the field that identifies it. */
export async function objectOf<T>(call: Scheduler, request: BceCall, idField: string, within?: string): Promise<T> {
  const answer = await call(request);
  const object = within ? answer[within] : answer;
  if (
    typeof object === "object" &&
    object !== null &&
    typeof (object as Record<string, unknown>)[idField] === "string"
  ) {
    return object as T;
  }
  throw broken(request, `the answer has no ${idField}`);
}

export function batches<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const out: T[][] = [];
  for (let i = 0; i < items.length; i += size) out.push(items.slice(i, i + size));
  return out;
}
