/** Create, update, patch and delete: what happens to an object between the request and the store. */
import { randomText } from "@ccm/base";
import { complete, DecodeError, decodeObject } from "./decode.ts";
import { wireOf } from "./encode.ts";
import { clone, equal, type Fields, fieldsOf, listOf, type Meta, type Stored, textOf } from "./json.ts";
import type { DeleteOptions } from "./options.ts";
import { type Context, keyOf, type Resource, timestamp } from "./resource.ts";
import { typeNamed } from "./schema.ts";
import * as errors from "./status-errors.ts";
import { FieldErrors, validateMeta, validateMetaUpdate } from "./validation.ts";

/** Letters without vowels, so that no words come out. */
const SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";
const NAME_TRIES = 8;
const PERMANENT_NAMESPACES = ["default", "kube-system", "kube-public"];

export interface Target {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
}

export type Subresource = "status" | "finalize" | undefined;

/** Told what a client should know about an object that has passed validation. */
export type Advise = (warnings: readonly string[]) => void;

export class Writes {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** `dryRun`: everything but the storing. */
  create(
    resource: Resource,
    namespace: string | undefined,
    body: unknown,
    dryRun = false,
    advise: Advise = () => {},
  ): Stored {
    const object = clone(decoded(resource, body));
    const meta = object.metadata;
    const subject = { ...resource, name: textOf(meta.name) };
    this.#checkNamespace(resource, namespace, meta);
    if (meta.resourceVersion) throw errors.unexpected("resourceVersion should not be set on objects to be created");
    for (const name of ["deletionTimestamp", "deletionGracePeriodSeconds"]) delete meta[name];
    meta.uid = this.#context.random.uuid();
    meta.creationTimestamp = timestamp(this.#context.clock);
    if (resource.generation) meta.generation = 1;
    const generated = !meta.name && meta.generateName !== undefined && meta.generateName !== "";
    this.#name(resource, meta);
    this.#checkLiving(resource, namespace, subject);
    resource.strategy.defaults?.(object);
    resource.strategy.prepareCreate?.(object, this.#context);
    complete(storedType(resource), object);
    const found = new FieldErrors();
    resource.strategy.allocate?.(object, undefined, found, this.#context);
    this.#throwIf(found, resource, textOf(meta.name));
    validateMeta(object, resource.nameRule, resource.group !== "coordination.k8s.io", found);
    resource.strategy.validate?.(object, undefined, found);
    this.#throwIf(found, resource, textOf(meta.name));
    advise(resource.strategy.warnings?.(object) ?? []);
    const key = keyOf(meta.namespace, textOf(meta.name));
    if (this.#context.store.get(resource.table, key)) {
      if (generated)
        throw new errors.ApiError(
          409,
          "AlreadyExists",
          `${resource.plural} "${meta.name}" already exists, the server was not able to generate a unique name for the object`,
        );
      throw errors.alreadyExists({ ...resource, name: textOf(meta.name) });
    }
    return dryRun ? object : this.#context.store.put(resource.table, key, object);
  }

  /** `created`: whether there was none before. */
  update(
    target: Target,
    body: unknown,
    subresource: Subresource,
    dryRun = false,
    advise: Advise = () => {},
  ): { stored: Stored; created: boolean } {
    const { resource, namespace, name } = target;
    const object = clone(decoded(resource, body));
    const meta = object.metadata;
    if (!meta.name) {
      throw errors.badRequest(
        `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
      );
    }
    if (meta.name !== name) {
      throw errors.badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
    }
    this.#checkNamespace(resource, namespace, meta);
    const old = this.#context.store.get(resource.table, keyOf(namespace, name));
    if (meta.uid && meta.uid !== old?.metadata.uid && (old || resource.createOnUpdate)) {
      throw errors.conflict({ ...resource, name }, wrongUid(target, meta.uid, textOf(old?.metadata.uid)));
    }
    if (!old && resource.createOnUpdate && !subresource) {
      const { resourceVersion: _version, ...metadata } = meta;
      return {
        stored: this.create(resource, namespace, { ...fieldsOf(body), metadata }, dryRun, advise),
        created: true,
      };
    }
    if (!old) throw errors.notFound({ ...resource, name });
    return { stored: this.#replace(target, object, old, subresource, dryRun, advise), created: false };
  }

  /** `change` gets the object as a client sees it and returns it patched. */
  patch(
    target: Target,
    change: (wire: Stored) => unknown,
    subresource: Subresource,
    dryRun = false,
    advise: Advise = () => {},
  ): Stored {
    const { resource, namespace, name } = target;
    const old = this.#context.store.get(resource.table, keyOf(namespace, name));
    if (!old) throw errors.notFound({ ...resource, name });
    const patched = change(wireOf(resource, old));
    const object = clone(decodedPatch(resource, patched));
    const wanted = fieldsOf(fieldsOf(patched).metadata);
    if (wanted.uid && wanted.uid !== old.metadata.uid) {
      const found = new FieldErrors();
      found.invalid("metadata.uid", wanted.uid, "field is immutable");
      this.#throwIf(found, resource, name);
    }
    if (object.metadata.name !== name) {
      throw errors.badRequest(
        `the name of the object (${textOf(object.metadata.name)}) does not match the name on the URL (${name})`,
      );
    }
    this.#checkNamespace(resource, namespace, object.metadata);
    return this.#replace(target, object, old, subresource, dryRun, advise);
  }

  /** `object`: what is left of it when something holds it, or its last state; `gone`: whether it went at once. */
  delete(target: Target, options: Partial<DeleteOptions>): { object: Stored; gone: boolean } {
    const { resource, namespace, name } = target;
    const { store, clock } = this.#context;
    const subject = { ...resource, name };
    const key = keyOf(namespace, name);
    const old = store.get(resource.table, key);
    if (!old) throw errors.notFound(subject);
    checkPreconditions(subject, old, options);
    if (resource.table === "namespaces" && PERMANENT_NAMESPACES.includes(name)) {
      throw errors.forbidden(subject, "this namespace may not be deleted");
    }
    const grace = resource.strategy.grace?.(old, options.grace) ?? 0;
    const finalizers = listOf(old.metadata.finalizers);
    const added = options.dependents && !finalizers.includes(options.dependents) ? [options.dependents] : [];
    const isHeld = held(resource, old) || added.length > 0;
    const before = old.metadata.deletionTimestamp;
    const shorter = before !== undefined && grace < Number(old.metadata.deletionGracePeriodSeconds ?? 0);
    if (before && isHeld && added.length === 0 && !shorter) return { object: old, gone: false };
    if (before && !isHeld && grace > 0 && !shorter) return { object: old, gone: false };
    const object = clone(old);
    const meta = object.metadata;
    const kept = resource.strategy.grace !== undefined || isHeld;
    if (kept) {
      if (!before && meta.generation !== undefined) meta.generation += 1;
      meta.deletionTimestamp = timestamp(clock, grace * 1000);
      meta.deletionGracePeriodSeconds = grace;
      if (added.length > 0) meta.finalizers = [...finalizers.map(textOf), ...added];
    }
    if (!isHeld && grace === 0) {
      return { object: (options.dryRun ? undefined : store.remove(resource.table, key, object)) ?? object, gone: true };
    }
    if (resource.table === "namespaces") {
      delete meta.deletionGracePeriodSeconds;
      object.status = { ...fieldsOf(object.status), phase: "Terminating" };
    }
    return { object: options.dryRun ? object : store.put(resource.table, key, object), gone: false };
  }

  #replace(
    target: Target,
    object: Stored,
    old: Stored,
    subresource: Subresource,
    dryRun: boolean,
    advise: Advise,
  ): Stored {
    const { resource, namespace, name } = target;
    const subject = { ...resource, name };
    const { store } = this.#context;
    const meta = object.metadata;
    const before = old.metadata;
    const found = new FieldErrors();
    if (!meta.resourceVersion || meta.resourceVersion === "0") {
      if (!resource.unconditionalUpdate) {
        found.invalid("metadata.resourceVersion", 0, "must be specified for an update");
        throw errors.invalid({ ...subject, kind: resource.plural }, found.causes);
      }
    } else if (!/^\d+$/.test(meta.resourceVersion)) {
      throw errors.unexpected(`strconv.ParseUint: parsing ${JSON.stringify(meta.resourceVersion)}: invalid syntax`);
    } else if (meta.resourceVersion !== before.resourceVersion) throw errors.conflict(subject, errors.MODIFIED);
    if (meta.deletionTimestamp && !before.deletionTimestamp) {
      found.invalid("metadata.deletionTimestamp", meta.deletionTimestamp, "field is immutable");
    }
    keepSystemMeta(meta, before);
    resource.strategy.defaults?.(object);
    complete(storedType(resource), object);
    if (subresource === "status") resource.strategy.prepareStatusUpdate?.(object, old, this.#context);
    else if (subresource === "finalize") keepForFinalize(object, old);
    else resource.strategy.prepareUpdate?.(object, old, this.#context);
    if (resource.generation && !subresource && specChanged(object, old)) {
      meta.generation = Number(before.generation ?? 0) + 1;
    }
    if (!subresource) {
      resource.strategy.allocate?.(object, old, found, this.#context);
      this.#throwIf(found, resource, name);
    }
    validateMeta(object, resource.nameRule, resource.group !== "coordination.k8s.io", found);
    validateMetaUpdate(object, old, found);
    if (subresource) resource.strategy.validateStatus?.(object, old, found);
    else resource.strategy.validate?.(object, old, found);
    this.#throwIf(found, resource, name);
    if (!subresource) advise(resource.strategy.warnings?.(object) ?? []);
    const key = keyOf(namespace, name);
    meta.resourceVersion = textOf(before.resourceVersion);
    if (dryRun) return object;
    if (meta.deletionTimestamp && !held(resource, object) && Number(meta.deletionGracePeriodSeconds ?? 0) === 0) {
      // The last finalizer is gone. The writer sees the object without it, watchers its last stored state.
      store.remove(resource.table, key);
      return object;
    }
    return equal(object, old) ? old : store.put(resource.table, key, object);
  }

  #checkNamespace(resource: Resource, namespace: string | undefined, meta: Meta): void {
    if (!resource.namespaced) {
      delete meta.namespace;
      return;
    }
    meta.namespace ||= namespace ?? "";
    if (meta.namespace !== namespace) {
      throw errors.badRequest("the namespace of the provided object does not match the namespace sent on the request");
    }
  }

  #checkLiving(resource: Resource, namespace: string | undefined, subject: errors.Subject): void {
    if (!resource.namespaced || !namespace) return;
    const found = this.#context.store.get("namespaces", namespace);
    if (!found) throw errors.notFound({ group: "", plural: "namespaces", kind: "Namespace", name: namespace });
    if (!found.metadata.deletionTimestamp) return;
    throw errors.forbidden(
      subject,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
      [
        {
          reason: "NamespaceTerminating",
          message: `namespace ${namespace} is being terminated`,
          field: "metadata.namespace",
        },
      ],
    );
  }

  #name(resource: Resource, meta: Meta): void {
    if (meta.name || !meta.generateName) return;
    for (let i = 0; i < NAME_TRIES; i++) {
      meta.name = meta.generateName.slice(0, 58) + randomText(this.#context.random, 5, SUFFIX_LETTERS);
      if (!this.#context.store.get(resource.table, keyOf(meta.namespace, meta.name))) return;
    }
  }

  #throwIf(found: FieldErrors, resource: Resource, name: string): void {
    // What is stored in another group's form is validated by that group.
    const group = resource.toView ? "" : resource.group;
    if (found.causes.length > 0) throw errors.invalid({ ...resource, group, name }, found.causes);
  }
}

/** Whether something still has to be done before the object may go. */
function held(resource: Resource, object: Stored): boolean {
  if (listOf(object.metadata.finalizers).length > 0) return true;
  return resource.table === "namespaces" && listOf(fieldsOf(object.spec).finalizers).length > 0;
}

function checkPreconditions(subject: errors.Subject, old: Stored, wanted: Partial<DeleteOptions>): void {
  const { uid, resourceVersion } = old.metadata;
  if (wanted.uid && wanted.uid !== uid) throw errors.preconditionFailed(subject, "UID", wanted.uid, textOf(uid));
  if (wanted.resourceVersion && wanted.resourceVersion !== resourceVersion) {
    throw errors.preconditionFailed(subject, "ResourceVersion", wanted.resourceVersion, textOf(resourceVersion));
  }
}

/** In the words of the storage layer. */
function wrongUid({ resource, namespace, name }: Target, wanted: string, found: string): string {
  const key = `/registry/${resource.registryKey ?? resource.plural}/${keyOf(namespace, name)}`;
  return `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${found}`;
}

const storedType = (resource: Resource) => typeNamed(resource.kind);

function decoded(resource: Resource, body: unknown): Stored {
  try {
    return decodeObject(resource, body);
  } catch (error) {
    if (error instanceof DecodeError) throw errors.badRequest(`${error.subject}: ${error.message}`);
    throw error;
  }
}

function decodedPatch(resource: Resource, patched: unknown): Stored {
  try {
    return decodeObject(resource, patched);
  } catch (error) {
    if (error instanceof DecodeError) throw errors.invalidPatch(JSON.stringify(patched), error.message);
    throw error;
  }
}

/** What the server owns in the metadata: a client neither clears nor changes it. */
function keepSystemMeta(meta: Meta, before: Meta): void {
  meta.uid ??= textOf(before.uid);
  for (const name of ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"]) {
    if (before[name] === undefined) delete meta[name];
    else meta[name] = before[name];
  }
}

/** Only the finalizers of the spec are written. */
function keepForFinalize(object: Stored, old: Stored): void {
  const finalizers = listOf(fieldsOf(object.spec).finalizers);
  const { resourceVersion } = object.metadata;
  object.metadata = { ...old.metadata, ...(resourceVersion ? { resourceVersion } : {}) };
  object.status = old.status;
  object.spec = finalizers.length > 0 ? { finalizers } : {};
}

function specChanged(object: Stored, old: Stored): boolean {
  const rest = ({ metadata: _metadata, status: _status, ...fields }: Stored): Fields => fields;
  return !equal(rest(object), rest(old));
}
