/** Create, update, patch and delete: what happens to an object between the request and the store. */
import { randomText } from "@ccm/base";
import { decodeObject } from "./decode.ts";
import { wireOf } from "./encode.ts";
import { clone, equal, type Fields, fieldsOf, listOf, type Meta, type Stored, textOf } from "./json.ts";
import { type Context, keyOf, type Resource, timestamp } from "./resource.ts";
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

export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export type Subresource = "status" | "finalize" | undefined;

export class Writes {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** `dryRun`: everything but the storing. */
  create(resource: Resource, namespace: string | undefined, body: unknown, dryRun = false): Stored {
    const object = clone(decodeObject(resource, body));
    const meta = object.metadata;
    const subject = { ...resource, name: textOf(meta.name) };
    this.#checkNamespace(resource, namespace, meta);
    if (meta.resourceVersion) {
      throw new errors.ApiError(500, "", "resourceVersion should not be set on objects to be created");
    }
    for (const name of ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"]) delete meta[name];
    meta.uid = this.#context.random.uuid();
    meta.creationTimestamp = timestamp(this.#context.clock);
    if (resource.generation) meta.generation = 1;
    const generated = !meta.name && meta.generateName !== undefined && meta.generateName !== "";
    this.#name(resource, meta);
    this.#checkLiving(resource, namespace, subject);
    resource.strategy.prepareCreate?.(object, this.#context);
    resource.strategy.defaults?.(object);
    const found = new FieldErrors();
    validateMeta(object, resource.nameRule, found);
    resource.strategy.validate?.(object, undefined, found);
    this.#throwIf(found, resource, textOf(meta.name));
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
    resource.strategy.allocate?.(object, undefined, found, this.#context);
    this.#throwIf(found, resource, textOf(meta.name));
    return dryRun ? object : this.#context.store.put(resource.table, key, object);
  }

  /** `created`: whether there was none before. */
  update(
    target: Target,
    body: unknown,
    subresource: Subresource,
    dryRun = false,
  ): { stored: Stored; created: boolean } {
    const { resource, namespace, name } = target;
    const object = clone(decodeObject(resource, body));
    const meta = object.metadata;
    meta.name ??= name;
    if (meta.name !== name) {
      throw errors.badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
    }
    this.#checkNamespace(resource, namespace, meta);
    const old = this.#context.store.get(resource.table, keyOf(namespace, name));
    if (!old && resource.createOnUpdate && !subresource && !meta.uid && !meta.resourceVersion) {
      return { stored: this.create(resource, namespace, body, dryRun), created: true };
    }
    if (!old) throw errors.notFound({ ...resource, name });
    return { stored: this.#replace(target, object, old, subresource, dryRun), created: false };
  }

  /** `change` gets the object as a client sees it and returns it patched. */
  patch(target: Target, change: (wire: Stored) => unknown, subresource: Subresource, dryRun = false): Stored {
    const { resource, namespace, name } = target;
    const old = this.#context.store.get(resource.table, keyOf(namespace, name));
    if (!old) throw errors.notFound({ ...resource, name });
    const patched = change(wireOf(resource, old));
    const object = clone(decodeObject(resource, patched));
    if (object.metadata.name !== name) {
      throw errors.badRequest(
        `the name of the object (${textOf(object.metadata.name)}) does not match the name on the URL (${name})`,
      );
    }
    this.#checkNamespace(resource, namespace, object.metadata);
    return this.#replace(target, object, old, subresource, dryRun);
  }

  /** `object`: what is left of it when finalizers hold it, or its last state; `gone`: whether it went at once. */
  delete(target: Target, preconditions: Preconditions, dryRun = false): { object: Stored; gone: boolean } {
    const { resource, namespace, name } = target;
    const { store } = this.#context;
    const subject = { ...resource, name };
    const key = keyOf(namespace, name);
    const old = store.get(resource.table, key);
    if (!old) throw errors.notFound(subject);
    checkPreconditions(subject, old, preconditions);
    if (resource.table === "namespaces" && PERMANENT_NAMESPACES.includes(name)) {
      throw errors.forbidden(subject, "this namespace may not be deleted");
    }
    if (!held(resource, old)) {
      return { object: (dryRun ? undefined : store.remove(resource.table, key)) ?? old, gone: true };
    }
    if (old.metadata.deletionTimestamp) return { object: old, gone: false };
    const object = clone(old);
    object.metadata.deletionTimestamp = timestamp(this.#context.clock);
    object.metadata.deletionGracePeriodSeconds = 0;
    if (object.metadata.generation !== undefined) object.metadata.generation += 1;
    if (resource.table === "namespaces") {
      delete object.metadata.deletionGracePeriodSeconds;
      object.status = { ...fieldsOf(object.status), phase: "Terminating" };
    }
    return { object: dryRun ? object : store.put(resource.table, key, object), gone: false };
  }

  #replace(target: Target, object: Stored, old: Stored, subresource: Subresource, dryRun: boolean): Stored {
    const { resource, namespace, name } = target;
    const subject = { ...resource, name };
    const { store } = this.#context;
    const meta = object.metadata;
    const before = old.metadata;
    if (meta.uid && meta.uid !== before.uid) {
      throw errors.conflict(
        subject,
        `Precondition failed: UID in precondition: ${meta.uid}, UID in object meta: ${before.uid}`,
      );
    }
    const found = new FieldErrors();
    if (!meta.resourceVersion || meta.resourceVersion === "0") {
      if (!resource.unconditionalUpdate) {
        found.invalid("metadata.resourceVersion", 0, "must be specified for an update");
        this.#throwIf(found, resource, name);
      }
    } else if (meta.resourceVersion !== before.resourceVersion) throw errors.conflict(subject, errors.MODIFIED);
    keepSystemMeta(meta, before);
    if (subresource === "status") resource.strategy.prepareStatusUpdate?.(object, old, this.#context);
    else if (subresource === "finalize") Object.assign(object, { status: old.status });
    else resource.strategy.prepareUpdate?.(object, old, this.#context);
    resource.strategy.defaults?.(object);
    if (resource.generation && !subresource && specChanged(object, old))
      meta.generation = Number(before.generation ?? 0) + 1;
    validateMeta(object, resource.nameRule, found);
    validateMetaUpdate(object, old, found);
    if (subresource) resource.strategy.validateStatus?.(object, old, found);
    else {
      resource.strategy.validate?.(object, old, found);
      this.#throwIf(found, resource, name);
      resource.strategy.allocate?.(object, old, found, this.#context);
    }
    this.#throwIf(found, resource, name);
    const key = keyOf(namespace, name);
    if (dryRun) return object;
    if (meta.deletionTimestamp && !held(resource, object)) {
      // The last finalizer is gone. What is shown last is the object without it.
      return store.remove(resource.table, key, object) ?? object;
    }
    meta.resourceVersion = textOf(before.resourceVersion);
    return equal(withoutTimes(object), withoutTimes(old)) ? old : store.put(resource.table, key, object);
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
    if (found.causes.length > 0) throw errors.invalid({ ...resource, name }, found.causes);
  }
}

/** Whether something still has to be done before the object may go. */
function held(resource: Resource, object: Stored): boolean {
  if (listOf(object.metadata.finalizers).length > 0) return true;
  return resource.table === "namespaces" && listOf(fieldsOf(object.spec).finalizers).length > 0;
}

export function checkPreconditions(subject: errors.Subject, old: Stored, wanted: Preconditions): void {
  const { uid, resourceVersion } = old.metadata;
  if (wanted.uid && wanted.uid !== uid) {
    throw errors.conflict(
      subject,
      `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid}`,
    );
  }
  if (wanted.resourceVersion && wanted.resourceVersion !== resourceVersion) {
    throw errors.conflict(
      subject,
      `Precondition failed: ResourceVersion in precondition: ${wanted.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
    );
  }
}

/** What the server owns in the metadata; a client that leaves it out does not clear it. */
function keepSystemMeta(meta: Meta, before: Meta): void {
  for (const name of ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName"]) {
    if (meta[name] === undefined && before[name] !== undefined) meta[name] = before[name];
  }
  if (before.generation === undefined) delete meta.generation;
  else meta.generation = before.generation;
  if (listOf(meta.finalizers).length === 0) delete meta.finalizers;
}

function specChanged(object: Stored, old: Stored): boolean {
  const rest = ({ metadata: _metadata, status: _status, ...fields }: Stored): Fields => fields;
  return !equal(rest(object), rest(old));
}

/** For finding writes that change nothing: who managed what and when does not count alone. */
function withoutTimes(object: Stored): Stored {
  const managed = listOf(object.metadata.managedFields).map((entry) => ({ ...fieldsOf(entry), time: undefined }));
  return { ...object, metadata: { ...object.metadata, managedFields: managed } };
}
