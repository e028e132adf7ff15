import { Backoff, type Clock, errorText, type Logger, type Random, sleep, TokenBucket, TtlCache } from "@ccm/base";
import type { KubeClient } from "./client.ts";
import { KubeError } from "./error.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { kubeTime } from "./time.ts";
import { EVENTS, type Event, type ObjectReference } from "./types/core.ts";
import type { KubeObject, ResourceType } from "./types/meta.ts";

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Who writes: "service-controller". */
  readonly component: string;
}

/** Events waiting to be written; what comes on top is dropped. */
const QUEUE_LIMIT = 1000;
const ATTEMPTS = 12;
/** Upstream's correlation: this many different messages about one object and reason within the window become one. */
const SIMILAR_LIMIT = 10;
const SIMILAR_WINDOW_MS = 600_000;
const SPAM_BURST = 25;
const SPAM_PER_SECOND = 1 / 300;
const CACHE_SIZE = 4096;

interface Pending {
  readonly reference: ObjectReference;
  readonly severity: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly at: string;
}

/** Writes Events in the background, merging what repeats. `flush` resolves when all that was recorded is written or given up. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder & { flush(): Promise<void> } {
  const { client, clock, random, logger, component } = options;
  const queue: Pending[] = [];
  const written = new TtlCache<Event>(clock, 24 * 3_600_000, CACHE_SIZE);
  const similar = new TtlCache<Set<string>>(clock, SIMILAR_WINDOW_MS, CACHE_SIZE);
  const spam = new TtlCache<TokenBucket>(clock, 24 * 3_600_000, CACHE_SIZE);
  let draining: Promise<void> | undefined;

  const mayPass = (pending: Pending): boolean => {
    const key = subject(pending);
    let bucket = spam.get(key);
    if (!bucket) {
      bucket = new TokenBucket(clock, SPAM_PER_SECOND, SPAM_BURST);
      spam.set(key, bucket);
    }
    return bucket.tryTake();
  };
  /** Many different messages for one reason are told as one that counts. */
  const aggregated = (pending: Pending): Pending => {
    const key = `${subject(pending)}|${pending.severity}|${pending.reason}`;
    const messages = similar.get(key) ?? new Set<string>();
    messages.add(pending.message);
    if (messages.size === 1) similar.set(key, messages);
    if (messages.size < SIMILAR_LIMIT) return pending;
    return { ...pending, message: `(combined from similar events): ${pending.message}` };
  };
  const keyFor = (pending: Pending): string => {
    const message = pending.message.startsWith("(combined from") ? "(combined)" : pending.message;
    return `${subject(pending)}|${pending.severity}|${pending.reason}|${message}`;
  };

  const write = async (pending: Pending): Promise<void> => {
    if (!mayPass(pending)) return;
    const event = aggregated(pending);
    const key = keyFor(event);
    const earlier = written.get(key);
    if (earlier) {
      const count = (earlier.count ?? 1) + 1;
      const body = { count, lastTimestamp: event.at, message: event.message };
      const ref = { namespace: namespaceFor(event.reference), name: earlier.metadata.name ?? "" };
      try {
        written.set(key, await client.patch(EVENTS, ref, { type: "strategic", body }));
        return;
      } catch (error) {
        // Events live for an hour: one that is gone is written anew.
        if (!(error instanceof KubeError) || error.code !== "not_found") throw error;
      }
    }
    written.set(key, await client.create(EVENTS, toEvent(event, component, clock.now(), random)));
  };
  const drain = async (): Promise<void> => {
    for (let pending = queue.shift(); pending; pending = queue.shift()) {
      const backoff = new Backoff({ minMs: 10_000, maxMs: 10_000, jitter: 0.2 }, random);
      for (let attempt = 1; ; attempt++) {
        try {
          await write(pending);
          break;
        } catch (error) {
          const lost = !(error instanceof KubeError) || !error.retryable || attempt >= ATTEMPTS;
          if (lost) {
            logger.warn("an event could not be written", { reason: pending.reason, error: errorText(error) });
            break;
          }
          await sleep(clock, attempt === 1 ? backoff.next() * random.next() : backoff.next());
        }
      }
    }
  };

  return {
    event(type, object, severity, reason, message) {
      if (queue.length >= QUEUE_LIMIT) {
        logger.warn("too many events at once, one was dropped", { reason });
        return;
      }
      queue.push({ reference: referenceTo(type, object), severity, reason, message, at: kubeTime(clock.now()) });
      draining ??= drain().finally(() => {
        draining = undefined;
      });
    },
    async flush() {
      while (draining) await draining;
    },
  };
}

function referenceTo<T extends KubeObject>(type: ResourceType<T>, object: T): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    apiVersion: type.group === "" ? type.version : `${type.group}/${type.version}`,
    kind: type.kind,
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
    ...(uid ? { uid } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
  };
}

/** Events about cluster-scoped objects live in namespace "default". */
function namespaceFor(reference: ObjectReference): string {
  return reference.namespace ?? "default";
}

function subject({ reference }: Pending): string {
  return `${reference.kind}|${namespaceFor(reference)}|${reference.name}|${reference.uid}`;
}

function toEvent(pending: Pending, component: string, nowMs: number, random: Random): Event {
  const { reference, severity, reason, message, at } = pending;
  const namespace = namespaceFor(reference);
  const suffix = (nowMs * 1e6 + Math.floor(random.next() * 1e6)).toString(16);
  return {
    metadata: { namespace, name: `${reference.name ?? "unknown"}.${suffix}` },
    involvedObject: reference,
    type: severity,
    reason,
    message,
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    source: { component },
    reportingComponent: component,
    reportingInstance: "",
  };
}
