import { Backoff, type Clock, errorText, integer, type Logger, type Random, sleep } from "@ccm/base";
import type { KubeClient } from "./client.ts";
import { createCorrelator, type Observation, type Occurrence } from "./correlation.ts";
import { hasCode, KubeError } from "./error.ts";
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
  /** The machine it runs on. */
  readonly host?: string;
}

/** Events waiting to be written; what comes on top is dropped. */
const QUEUE_LIMIT = 1000;
const ATTEMPTS = 12;
/** An object whose name is none (something of a cloud) gets Events with another name, as upstream. */
const DNS_SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const RETRY = { minMs: 10_000, maxMs: 10_000, jitter: 0.2 };

/**
 * Writes Events one after another in the background, merging what repeats (see createCorrelator). A write that failed for
 * a passing reason is tried again for about two minutes; then, and after a refusal, it is logged and given up. `flush`
 * resolves when all that was recorded is written or given up.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder & { flush(): Promise<void> } {
  const { client, clock, random, logger, component, host = "" } = options;
  const correlator = createCorrelator(clock);
  const queue: Occurrence[] = [];
  let dropped = 0;
  let draining: Promise<void> | undefined;

  const toEvent = ({ occurrence, count, firstTimestamp }: Observation): Event => {
    const { reference, severity, reason, message, at } = occurrence;
    // Nanoseconds since the epoch, as upstream names Events; a millisecond's rest is drawn, so that two do not collide.
    const suffix = BigInt(Math.floor(clock.now())) * 1_000_000n + BigInt(integer(random, 1_000_000));
    const usual = `${reference.name ?? "unknown"}.${suffix.toString(16)}`;
    return {
      metadata: { namespace: namespaceFor(reference), name: DNS_SUBDOMAIN.test(usual) ? usual : random.uuid() },
      involvedObject: reference,
      type: severity,
      reason,
      message,
      count,
      firstTimestamp,
      lastTimestamp: at,
      source: { component, ...(host ? { host } : {}) },
      reportingComponent: component,
      reportingInstance: host,
    };
  };
  /** Counts up the Event that is there. False when it is not any more: the server keeps Events for an hour. */
  const countUp = async (observation: Observation): Promise<boolean> => {
    const { occurrence, count, written } = observation;
    if (!written) return false;
    const ref = { namespace: namespaceFor(occurrence.reference), name: written.metadata.name ?? "" };
    const body = { count, lastTimestamp: occurrence.at, message: occurrence.message };
    try {
      correlator.written(observation, await client.patch(EVENTS, ref, { type: "strategic", body }));
      return true;
    } catch (error) {
      if (hasCode(error, "not_found")) return false;
      throw error;
    }
  };
  /** Under one name for all attempts: when an answer was lost, the Event of the attempt before is found, not doubled. */
  const create = async (observation: Observation, event: Event): Promise<void> => {
    try {
      correlator.written(observation, await client.create(EVENTS, event));
    } catch (error) {
      if (!hasCode(error, "already_exists")) throw error;
      correlator.written(observation, event);
    }
  };
  const write = async (observation: Observation): Promise<void> => {
    const backoff = new Backoff(RETRY, random);
    const event = toEvent(observation);
    for (let attempt = 1; ; attempt++) {
      try {
        if (!(await countUp(observation))) await create(observation, event);
        return;
      } catch (error) {
        if (!(error instanceof KubeError) || !error.retryable || attempt >= ATTEMPTS) {
          logger.warn("an event could not be written", { reason: event.reason, error: errorText(error) });
          return;
        }
        // The first pause is drawn, so that many processes do not come back at once after an outage.
        await sleep(clock, attempt === 1 ? backoff.next() * random.next() : backoff.next());
      }
    }
  };
  const drain = async (): Promise<void> => {
    // The caller's turn ends first; and so `draining` is set before this can have ended.
    await Promise.resolve();
    for (let next = queue.shift(); next; next = queue.shift()) {
      const observation = correlator.observe(next);
      if (observation) await write(observation);
    }
    if (dropped > 0) logger.warn("too many events at once, some were dropped", { component, dropped });
    dropped = 0;
    draining = undefined;
  };

  return {
    event(type, object, severity, reason, message) {
      if (queue.length >= QUEUE_LIMIT) {
        dropped++;
        return;
      }
      queue.push({ reference: referenceTo(type, object), severity, reason, message, at: kubeTime(clock.now()) });
      draining ??= drain();
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
