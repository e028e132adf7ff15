import { Backoff, type Cancel, type Clock, errorText, type Logger, type Random, sleep } from "@ccm/base";
import { endsInitialEvents, type KubeClient } from "./client.ts";
import { hasCode, KubeError } from "./error.ts";
import type { Informer, InformerHandler } from "./informer.ts";
import { listAll } from "./list.ts";
import type { Message } from "./protobuf/message.ts";
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
  /** Reads objects from protobuf where the server writes it: of each, what the message names. Pages are read as JSON. */
  readonly message?: Message<T>;
  readonly pageSize?: number;
  /**
   * Whether to ask for the objects as a stream, which costs the server and us less memory than pages do; pages are what
   * is left when the server cannot stream. Default true.
   */
  readonly streamLists?: boolean;
  /** For subscribers that do not say: how often all objects are told as updates. Default: never. */
  readonly resyncMs?: number;
  readonly onError?: (error: unknown) => void;
}

/** A watch is asked to end after a random time between these, so that many clients do not come back at once. */
const SHORTEST_WATCH_S = 300;
const LONGEST_WATCH_S = 600;
/** A watch that ends sooner is followed by a pause even when it ended as it should. */
const SHORT_WATCH_MS = 1000;
const SHORTEST_RESYNC_MS = 1000;
const BACKOFF = { minMs: 800, maxMs: 30_000, factor: 2, jitter: 0.5 };

interface Subscriber<T extends KubeObject> {
  readonly handler: InformerHandler<T>;
  stopResync: Cancel;
  active: boolean;
}

/**
 * See Informer. A relist is compared with the copy, so that nobody hears of what did not change; a handler or a transform
 * that throws is reported (logger, `onError`) and disturbs nobody else.
 */
export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { client, type, clock, random, logger, onError } = options;
  const scope = {
    ...(options.namespace ? { namespace: options.namespace } : {}),
    ...(options.labelSelector ? { labelSelector: options.labelSelector } : {}),
    ...(options.fieldSelector ? { fieldSelector: options.fieldSelector } : {}),
  };
  const objects = new Map<string, T>();
  /** Replaced, never changed: who comes or goes while others are told is not told twice. */
  let subscribers: readonly Subscriber<T>[] = [];
  let stopped = false;
  let streamLists = options.streamLists ?? true;
  /** Where to go on watching; undefined: list first. */
  let resourceVersion: string | undefined;
  let synced = false;
  let announceSync: () => void = () => {};
  const sync = new Promise<void>((resolve) => {
    announceSync = resolve;
  });

  const report = (error: unknown): void => {
    try {
      onError?.(error);
    } catch (cause) {
      logger.error("the error handler of an informer threw", { resource: type.plural, error: errorText(cause) });
    }
  };
  const guarded = (call: () => void): void => {
    try {
      call();
    } catch (error) {
      logger.error("a handler of a Kubernetes object threw", { resource: type.plural, error: errorText(error) });
      report(error);
    }
  };
  const tell = (call: (handler: InformerHandler<T>) => void): void => {
    for (const subscriber of subscribers) if (subscriber.active) guarded(() => call(subscriber.handler));
  };
  const wanted = options.transform ?? dropManagedFields;
  /** An object that cannot be trimmed is kept whole: to lose it would be worse. */
  const transform = (object: T): T => {
    let result = object;
    guarded(() => {
      result = wanted(object);
    });
    return result;
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

  /** All there is: what is not among it is gone. */
  const replace = (items: ReadonlyMap<string, T>, version: string): void => {
    for (const [key, object] of [...objects]) if (!items.has(key)) drop(key, object);
    for (const item of items.values()) put(item);
    if (!synced) {
      synced = true;
      announceSync();
    }
    resourceVersion = version;
  };
  const list = async (signal: AbortSignal): Promise<void> => {
    const { items, resourceVersion: version } = await listAll(client, type, {
      ...scope,
      signal,
      transform,
      ...(options.pageSize ? { limit: options.pageSize } : {}),
    });
    replace(new Map(items.map((item) => [keyOf(item), item])), version);
  };
  /**
   * Follows changes until the server ends the watch. The version moves with each event: a broken watch goes on where it
   * broke. From nowhere, all objects come first; until the last of them is here, the copy stays as it was.
   */
  const watch = async (from: string | undefined, signal: AbortSignal, progress: () => void): Promise<void> => {
    const span = LONGEST_WATCH_S - SHORTEST_WATCH_S;
    const timeoutSeconds = SHORTEST_WATCH_S + Math.floor(random.next() * span);
    let initial = from === undefined ? new Map<string, T>() : undefined;
    const message = options.message ? { message: options.message } : {};
    const start = initial ? { resourceVersion: "", sendInitialEvents: true } : { resourceVersion: from ?? "" };
    for await (const event of client.watch(type, { ...scope, ...start, ...message, timeoutSeconds, signal })) {
      progress();
      const version = event.object.metadata.resourceVersion;
      if (initial) {
        if (endsInitialEvents(event)) {
          replace(initial, version ?? "");
          initial = undefined;
        } else if (event.type === "DELETED") initial.delete(keyOf(event.object));
        else if (event.type !== "BOOKMARK") initial.set(keyOf(event.object), transform(event.object));
        continue;
      }
      if (event.type === "DELETED") drop(keyOf(event.object), transform(event.object));
      else if (event.type !== "BOOKMARK") put(transform(event.object));
      if (version) resourceVersion = version;
    }
  };
  const armResync = (subscriber: Subscriber<T>, periodMs: number): void => {
    subscriber.stopResync = clock.schedule(periodMs, () => {
      for (const object of objects.values()) guarded(() => subscriber.handler.update?.(object, object));
      armResync(subscriber, periodMs);
    });
  };

  return {
    async run(signal) {
      const backoff = new Backoff(BACKOFF, random);
      while (!signal.aborted) {
        let pauseMs = 0;
        const start = clock.monotonic();
        try {
          if (resourceVersion === undefined && !streamLists) await list(signal);
          await watch(resourceVersion, signal, () => backoff.reset());
          // Ended as asked for. A server that ends every watch at once must not be asked in a loop.
          if (clock.monotonic() - start >= SHORT_WATCH_MS) backoff.reset();
          else pauseMs = backoff.next();
        } catch (error) {
          if (signal.aborted) break;
          if (resourceVersion === undefined && streamLists && hasCode(error, "invalid")) {
            logger.info("the server cannot stream lists, reading pages", { resource: type.plural });
            streamLists = false;
            continue;
          }
          if (hasCode(error, "gone")) resourceVersion = undefined;
          logger.warn("list or watch failed, trying again", { resource: type.plural, error: errorText(error) });
          report(error);
          pauseMs = Math.max(backoff.next(), error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0);
        }
        if (pauseMs > 0) await sleep(clock, pauseMs, signal).catch(() => {});
      }
      stopped = true;
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
    subscribe(handler, { resyncMs = options.resyncMs } = {}) {
      const subscriber: Subscriber<T> = { handler, stopResync: () => {}, active: true };
      subscribers = [...subscribers, subscriber];
      for (const object of objects.values()) guarded(() => handler.add?.(object));
      if (resyncMs && !stopped) armResync(subscriber, Math.max(SHORTEST_RESYNC_MS, resyncMs));
      return () => {
        subscriber.active = false;
        subscriber.stopResync();
        subscribers = subscribers.filter((other) => other !== subscriber);
      };
    },
  };
}

/** managedFields are a third of an object and nobody here reads them. */
export function dropManagedFields<T extends KubeObject>(object: T): T {
  if (!object.metadata.managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
