/**
 * A Kubernetes API in memory, for any kind, as far as tenancy needs it: versions, conflicts, merge patches, finalizers, a
 * namespace that goes with all in it, dependents that go with their owner, lists and watches by label.
 */
import {
  type KubeClient,
  KubeError,
  type KubeObject,
  keyOf,
  type ObjectRef,
  type ResourceType,
  type WatchEvent,
  type WatchOptions,
} from "@ccm/kube";

type Any = KubeObject & Record<string, unknown>;
type Listener = (kind: string, type: "ADDED" | "MODIFIED" | "DELETED", object: Any) => void;

export interface MemoryKube extends KubeClient {
  /** Verb, kind and key of each change that was made, in their order. */
  readonly writes: string[];
  all<T extends KubeObject>(type: ResourceType<T>): readonly T[];
}

export function createMemoryKube(): MemoryKube {
  const kinds = new Map<string, Map<string, Any>>();
  const listeners = new Set<Listener>();
  const writes: string[] = [];
  let version = 0;
  const of = (kind: string): Map<string, Any> => {
    const known = kinds.get(kind) ?? new Map<string, Any>();
    kinds.set(kind, known);
    return known;
  };
  const tell: Listener = (...event) => {
    for (const listener of [...listeners]) listener(...event);
  };
  const keyFor = ({ namespaced }: { readonly namespaced: boolean }, { namespace, name }: ObjectRef) =>
    namespaced ? `${namespace}/${name}` : name;
  const find = (type: ResourceType<KubeObject>, ref: ObjectRef): Any => {
    const there = of(type.kind).get(keyFor(type, ref));
    if (!there) throw new KubeError("not_found", `${type.plural} ${keyFor(type, ref)} not found`, { status: 404 });
    return there;
  };
  const remove = (kind: string, object: Any): void => {
    if (!of(kind).delete(keyOf(object))) return;
    tell(kind, "DELETED", object);
    if (kind === "Namespace") {
      for (const [other, objects] of kinds) {
        for (const one of [...objects.values()])
          if (one.metadata.namespace === object.metadata.name) remove(other, one);
      }
    }
    for (const [other, objects] of kinds) {
      for (const one of [...objects.values()]) {
        if (one.metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid)) remove(other, one);
      }
    }
  };
  const store = (kind: string, before: Any | undefined, next: Any): Any => {
    const { status: _, metadata: was, ...specOfBefore } = before ?? ({} as Any);
    const { status: __, metadata, ...spec } = next;
    const changed = JSON.stringify(spec) !== JSON.stringify(specOfBefore);
    const object: Any = {
      ...next,
      metadata: {
        ...metadata,
        uid: was?.uid ?? metadata.uid ?? `uid-${++version}`,
        creationTimestamp: was?.creationTimestamp ?? new Date(version * 1000).toISOString(),
        generation: (was?.generation ?? 0) + (changed ? 1 : 0),
        resourceVersion: String(++version),
      },
    };
    if (object.metadata.deletionTimestamp && !object.metadata.finalizers?.length) {
      remove(kind, object);
      return object;
    }
    of(kind).set(keyOf(object), object);
    tell(kind, before ? "MODIFIED" : "ADDED", object);
    return object;
  };
  const checkVersion = (there: Any, wanted: string | undefined): void => {
    if (wanted && wanted !== there.metadata.resourceVersion)
      throw new KubeError("conflict", `${keyOf(there)} has changed`, { status: 409 });
  };
  const selected = (type: ResourceType<KubeObject>, scope: Scope) => {
    const fits = selectorOf(scope);
    return [...of(type.kind).values()].filter(fits);
  };

  return {
    writes,
    all: <T extends KubeObject>(type: ResourceType<T>) => [...of(type.kind).values()] as unknown as T[],
    get: async (type, ref) => find(type as ResourceType<KubeObject>, ref) as never,
    list: async (type, scope = {}) => ({
      metadata: { resourceVersion: String(version) },
      items: selected(type as ResourceType<KubeObject>, scope) as never,
    }),
    async create(type, object) {
      const key = keyFor(type, { name: "", ...object.metadata });
      if (of(type.kind).has(key)) throw new KubeError("already_exists", `${key} exists`, { status: 409 });
      const { namespace } = object.metadata;
      if (type.namespaced && !of("Namespace").has(namespace ?? ""))
        throw new KubeError("not_found", `namespaces ${namespace} not found`, { status: 404 });
      writes.push(`create ${type.kind} ${key}`);
      return store(type.kind, undefined, structuredClone(object) as unknown as Any) as never;
    },
    async update(type, object) {
      const there = find(type as ResourceType<KubeObject>, { name: "", ...object.metadata });
      checkVersion(there, object.metadata.resourceVersion);
      writes.push(`update ${type.kind} ${keyOf(there)}`);
      return store(type.kind, there, structuredClone({ ...object, status: there.status }) as unknown as Any) as never;
    },
    async patch(type, ref, { body }, { subresource } = {}) {
      const there = find(type as ResourceType<KubeObject>, ref);
      checkVersion(there, (body as Partial<KubeObject>).metadata?.resourceVersion);
      const merged = merge(there, structuredClone(body)) as Any;
      writes.push(`patch ${type.kind}${subresource ? `/${subresource}` : ""} ${keyOf(there)}`);
      const next = subresource ? { ...there, status: merged.status } : { ...merged, status: there.status };
      return store(type.kind, there, next as Any) as never;
    },
    async delete(type, ref, { preconditions } = {}) {
      const there = find(type as ResourceType<KubeObject>, ref);
      if (preconditions?.uid && preconditions.uid !== there.metadata.uid)
        throw new KubeError("conflict", `${keyOf(there)} is another one`, { status: 409 });
      writes.push(`delete ${type.kind} ${keyOf(there)}`);
      if (!there.metadata.finalizers?.length) remove(type.kind, there);
      else if (!there.metadata.deletionTimestamp)
        store(type.kind, there, {
          ...there,
          metadata: { ...there.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" },
        });
    },
    watch: <T extends KubeObject>(type: ResourceType<T>, options: WatchOptions<T>) => watchFrom<T>(type, options),
    post: async () => {
      throw new KubeError("not_found", "there are no reviews here");
    },
    read: async () => "",
  };

  async function* watchFrom<T extends KubeObject>(
    type: ResourceType<T>,
    options: WatchOptions<T>,
  ): AsyncGenerator<WatchEvent<T>> {
    const fits = selectorOf(options);
    const queue: WatchEvent<T>[] = [];
    let wake = () => {};
    const listener: Listener = (kind, event, object) => {
      if (kind !== type.kind || !fits(object)) return;
      queue.push({ type: event, object: object as unknown as T });
      wake();
    };
    listeners.add(listener);
    const { signal } = options;
    const onAbort = () => wake();
    signal?.addEventListener("abort", onAbort);
    try {
      if (options.sendInitialEvents) {
        for (const object of selected(type as ResourceType<KubeObject>, options))
          yield { type: "ADDED", object: object as unknown as T };
        const annotations = { "k8s.io/initial-events-end": "true" };
        yield { type: "BOOKMARK", object: { metadata: { resourceVersion: String(version), annotations } } };
      }
      while (!signal?.aborted) {
        for (let next = queue.shift(); next; next = queue.shift()) yield next;
        if (signal?.aborted) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      throw signal?.reason;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      listeners.delete(listener);
    }
  }
}

interface Scope {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

function selectorOf({ namespace, labelSelector, fieldSelector }: Scope): (object: KubeObject) => boolean {
  const [label = "", value] = labelSelector?.split("=") ?? [];
  const name = fieldSelector?.replace("metadata.name=", "");
  return ({ metadata }) => {
    if (namespace && metadata.namespace !== namespace) return false;
    if (name && metadata.name !== name) return false;
    const is = metadata.labels?.[label];
    return !label || (value === undefined ? is !== undefined : is === value);
  };
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const out: Record<string, unknown> =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = merge(out[key], value);
  }
  return out;
}
