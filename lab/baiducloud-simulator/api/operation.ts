import type { Account, Timings } from "../account.ts";
import type { Principal } from "./access.ts";
import type { Fields, Infer, InferFields, Schema } from "./schema.ts";
import type { Input } from "./wire.ts";

/** One call of a product's API: the single place that says how it looks on the wire. */
export interface Operation {
  /** One sentence for the reference page. */
  readonly summary: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "PATCH";
  /** With `{name}` for a segment or a part of it: "/v1/eip/{eip}". */
  readonly path: string;
  /** Other paths of the same call. They have the same parameters. */
  readonly aliases?: readonly string[];
  /** What in the query picks this one among the operations of its path: a bare flag ("bind") or a value ("action=RESIZE"). */
  readonly when?: string;
  readonly query?: Fields;
  readonly body?: Schema;
  /** Of status 200; absent for `{}`. */
  readonly answer?: Schema;
  /** Codes beside those of every call. */
  readonly errors?: readonly string[];
  /** Whether the same clientToken gives the first answer again. Default: everything but GET. */
  readonly clientToken?: boolean;
  /** The object changes later, after this much time. */
  readonly delay?: keyof Timings;
}

/** By name, as the official documentation calls them (CreateLoadBalancer). */
export type Operations = Readonly<Record<string, Operation>>;

type ParamNames<Path> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | ParamNames<Rest> : never;

/** What a handler gets: everything parsed, typed by its table entry. */
export interface Call<O> {
  readonly params: O extends { readonly path: infer P } ? { readonly [K in ParamNames<P>]: string } : never;
  readonly query: O extends { readonly query: infer Q } ? InferFields<Q> : Readonly<Record<string, never>>;
  readonly body: O extends { readonly body: infer B } ? Infer<B> : Readonly<Record<string, never>>;
  /** Who calls. */
  readonly principal: Principal;
  /** The request as it came, for what no schema says. */
  readonly input: Input;
}

/**
 * What a handler returns is the answer's JSON; `{}` for the calls that return nothing. It throws Faults, before it changes
 * anything. One that must wait for something returns a promise, and its operation takes no clientToken.
 */
export type Handlers<T> = { readonly [K in keyof T]: (call: Call<T[K]>) => unknown };

/** Keeps the literal types, from which those of the handlers are made. */
export function operations<const T extends Operations>(table: T): T {
  return table;
}

/** A few operations and what does them. `start` runs once for each account and region. */
export interface Part {
  readonly operations: Operations;
  start(account: Account): Readonly<Record<string, AnyHandler>>;
}

export type AnyHandler = (call: AnyCall) => unknown;

export interface AnyCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly principal: Principal;
  readonly input: Input;
}

export function part<T extends Operations>(table: T, start: (account: Account) => Handlers<T>): Part {
  // The router hands each handler what its own entry's schemas parsed: the types agree by construction.
  return { operations: table, start: (account) => start(account) as unknown as Readonly<Record<string, AnyHandler>> };
}

export interface Product {
  /** The name of its port, page and document: "blb". */
  readonly name: string;
  readonly title: string;
  /** First labels of the host names that it answers at: "blb" of blb.bj.baidubce.com. */
  readonly hosts: readonly string[];
  readonly parts: readonly Part[];
  /** What the product calls the refusals that all products share, where it has words of its own: "BadRequest". */
  readonly codes?: Readonly<Record<string, string>>;
  /** The code for an action that no operation of a path has. Default: BadRequest. */
  readonly unknownAction?: string;
}

export function operationsOf(product: Product): readonly (readonly [name: string, operation: Operation])[] {
  return product.parts.flatMap((one) => Object.entries(one.operations));
}
