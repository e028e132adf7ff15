/** What a resource is: its names, how it is stored, and the rules it brings. */
import type { Clock, Random } from "@ccm/base";
import type { Fields, Stored } from "./json.ts";
import type { ServiceIndex } from "./resources/service-allocation.ts";
import type { Store } from "./store.ts";
import type { Column } from "./table/columns.ts";
import type { FieldErrors, NameRule } from "./validation.ts";

export interface Context {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  /** What the stored Services hold. */
  readonly services: ServiceIndex;
}

/** All functions change `object` in place; `old` is the stored object and never changed. */
export interface Strategy {
  /** What clients may not set is cleared. */
  prepareCreate?(object: Stored, context: Context): void;
  prepareUpdate?(object: Stored, old: Stored, context: Context): void;
  prepareStatusUpdate?(object: Stored, old: Stored, context: Context): void;
  defaults?(object: Stored): void;
  validate?(object: Stored, old: Stored | undefined, errors: FieldErrors): void;
  /** What a client should know about an object that is accepted all the same. */
  warnings?(object: Stored): readonly string[];
  /** Seconds between a delete and the end; 0 when absent. `wanted`: what the client asks for. */
  grace?(object: Stored, wanted: number | undefined): number;
  validateStatus?(object: Stored, old: Stored, errors: FieldErrors): void;
  /** Gives out what must be unique; runs before validation. */
  allocate?(object: Stored, old: Stored | undefined, errors: FieldErrors, context: Context): void;
}

export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Where the objects are kept; two resources may be views on the same objects. */
  readonly table: string;
  readonly subresources: readonly ("status" | "scale" | "finalize")[];
  readonly nameRule: NameRule;
  /** Whether metadata.generation counts changes of everything but metadata and status. */
  readonly generation: boolean;
  /** PUT of an object that is not there creates it. */
  readonly createOnUpdate: boolean;
  /** An update without resourceVersion is taken as an overwrite. */
  readonly unconditionalUpdate: boolean;
  /** Field selectors besides metadata.name and metadata.namespace. */
  readonly fieldLabels: Readonly<Record<string, (object: Stored) => unknown>>;
  readonly strategy: Strategy;
  readonly columns: readonly Column[];
  /** Where the real server keeps it in etcd, which some of its errors tell; the plural when absent. */
  readonly registryKey?: string;
  /** A warning that goes with every answer. */
  readonly deprecation?: string;
  /** A delete answers with the object and not with a Status. */
  readonly returnsDeleted: boolean;
  /** Between the stored form and this view of it. */
  readonly toView?: (stored: Stored) => Stored;
  readonly fromView?: (view: Stored) => Stored;
}

/** What a CustomResourceDefinition adds, with a status as a subresource. */
export interface CustomKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  /** What its schema says is wrong with an object, each with its field ("spec.size"). Default: nothing is. */
  readonly mistakes?: (object: Fields) => readonly { readonly field: string; readonly message: string }[];
}

export function apiVersionOf(resource: { readonly group: string; readonly version: string }): string {
  return resource.group ? `${resource.group}/${resource.version}` : resource.version;
}

export function keyOf(namespace: string | undefined, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

/** RFC 3339 in seconds, as Kubernetes writes times. `later`: milliseconds from now. */
export function timestamp(clock: Clock, later = 0): string {
  return `${new Date(clock.now() + later).toISOString().slice(0, 19)}Z`;
}

/** Makes sure that a field holds an object, and returns it for changing. */
export function ensure(object: Fields, name: string): Fields {
  const value = object[name];
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  const created: Fields = {};
  object[name] = created;
  return created;
}
