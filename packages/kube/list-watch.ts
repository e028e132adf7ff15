import { Backoff, type Cancel, type Clock, errorText, isAbort, type Logger, type Random, sleep } from "@ccm/base";
import type { KubeClient } from "./client.ts";
import { hasCode } from "./error.ts";
import type { Informer, InformerHandler } from "./informer.ts";
import { listAll } from "./list.ts";
import { type KubeObject, keyOf, type ResourceType } from "./types/meta.ts";

export interface InformerOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly type: ResourceType<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Keeps only what is needed of each object. Default: drops managedFields, most of an object's size. */
  readonly transform?: (object: T) => T;
  readonly pageSize?: number;
  readonly onError?: (error: unknown) => void;
}

/** A watch is asked to end after a random time between these, so that many clients do not come back at once. */
const SHORTEST_WATCH_S = 300;
const LONGEST_WATCH_S = 600;
const BACKOFF = { minMs: 800, maxMs: 30_000, factor: 2, jitter: 0.5 };

interface Subscriber<T extends KubeObject> {
  readonly handler: InformerHandler<T>;
  stopResync: Cancel;
}

/** See Informer. A relist is compared with the copy, so that nobody hears of what did not change. */
export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { client, type, clock, random, logger, onError } = options;
  const transform = options.transform ?? dropManagedFields;
  const scope = {
    ...(options.namespace ? { namespace: options.namespace } : {}),
    ...(options.labelSelector ? { labelSelector: options.labelSelector } : {}),
    ...(options.fieldSelector ? { fieldSelector: options.fieldSelector } : {}),
  };
  const objects = new Map<string, T>();
  const subscribers = new Set<Subscriber<T>>();
  let synced = false;
  let announceSync: () => void = () => {};
  const sync = new Promise<void>((resolve) => {
    announceSync = resolve;
  });

  const guarded = (call: () => void): void => {
    try {
      call();
    } catch (error) {
      logger.error("a handler of a Kubernetes object threw", { resource: type.plural, error });
      onError?.(error);
    }
  };
  const tell = (call: (handler: InformerHandler<T>) => void): void => {
    for (const { handler } of subscribers) guarded(() => call(handler));
  };
  const put = (object: T): void => {
    const key = keyOf(object);
    const before = objects.get(key);
    if (before && before.metadata.uid !== object.metadata.uid) {
      // Deleted and created again under the same name: two objects, not one that changed.
      objects.delete(key);
      tell((handler) => handler.delete?.(before));
    } else if (before) {
      if (before.metadata.resourceVersion === object.metadata.resourceVersion) return;
      objects.set(key, object);
      tell((handler) => handler.update?.(before, object));
      return;
    }
    objects.set(key, object);
    tell((handler) => handler.add?.(object));
  };
  const drop = (key: string, last: T): void => {
    if (objects.delete(key)) tell((handler) => handler.delete?.(last));
  };

  const list = async (signal: AbortSignal): Promise<string> => {
    const { items, resourceVersion } = await listAll(client, type, {
      ...scope,
      signal,
      transform,
      ...(options.pageSize ? { limit: options.pageSize } : {}),
    });
    const seen = new Set(items.map(keyOf));
    for (const [key, object] of [...objects]) if (!seen.has(key)) drop(key, object);
    for (const item of items) put(item);
    if (!synced) {
      synced = true;
      announceSync();
    }
    return resourceVersion;
  };
  /** Follows changes until the server ends the watch; returns the version to go on from. */
  const watch = async (from: string, signal: AbortSignal, progress: () => void): Promise<string> => {
    let resourceVersion = from;
    const span = LONGEST_WATCH_S - SHORTEST_WATCH_S;
    const timeoutSeconds = SHORTEST_WATCH_S + Math.floor(random.next() * span);
    for await (const event of client.watch(type, { ...scope, resourceVersion, timeoutSeconds, signal })) {
      progress();
      const version = event.object.metadata.resourceVersion;
      if (event.type === "DELETED") drop(keyOf(event.object), transform(event.object));
      else if (event.type !== "BOOKMARK") put(transform(event.object));
      if (version) resourceVersion = version;
    }
    return resourceVersion;
  };
  const armResync = (subscriber: Subscriber<T>, periodMs: number): void => {
    subscriber.stopResync = clock.schedule(periodMs, () => {
      if (!subscribers.has(subscriber)) return;
      for (const object of objects.values()) guarded(() => subscriber.handler.update?.(object, object));
      armResync(subscriber, periodMs);
    });
  };

  return {
    async run(signal) {
      const backoff = new Backoff(BACKOFF, random);
      let resourceVersion: string | undefined;
      while (!signal.aborted) {
        try {
          resourceVersion ??= await list(signal);
          resourceVersion = await watch(resourceVersion, signal, () => backoff.reset());
          // Ended without an error, as asked for. A server that ends every watch at once must not be asked in a loop.
          if (backoff.failures === 0) backoff.next();
          else await sleep(clock, backoff.next(), signal);
        } catch (error) {
          if (signal.aborted || isAbort(error, signal)) break;
          if (hasCode(error, "gone")) resourceVersion = undefined;
          logger.warn("list or watch failed, trying again", { resource: type.plural, error: errorText(error) });
          onError?.(error);
          await sleep(clock, backoff.next(), signal).catch(() => {});
        }
      }
      for (const subscriber of subscribers) subscriber.stopResync();
    },
    get synced() {
      return synced;
    },
    async waitForSync(signal) {
      if (synced) return;
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => reject(signal.reason);
        if (signal.aborted) onAbort();
        signal.addEventListener("abort", onAbort, { once: true });
        sync.then(() => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        });
      });
    },
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    subscribe(handler, { resyncMs } = {}) {
      const subscriber: Subscriber<T> = { handler, stopResync: () => {} };
      subscribers.add(subscriber);
      for (const object of objects.values()) guarded(() => handler.add?.(object));
      if (resyncMs) armResync(subscriber, resyncMs);
      return () => {
        subscriber.stopResync();
        subscribers.delete(subscriber);
      };
    },
  };
}

export function dropManagedFields<T extends KubeObject>(object: T): T {
  if (!object.metadata.managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
