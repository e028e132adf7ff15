import { type Clock, TokenBucket, TtlCache } from "@ccm/base";
import type { Event, ObjectReference } from "./types/core.ts";

/** Something that happened, before it is known whether and how it is written. */
export interface Occurrence {
  readonly reference: ObjectReference;
  readonly severity: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly at: string;
}

/** What is to be written: one Event that stands for `count` occurrences. */
export interface Observation {
  /** Equal keys are one Event. */
  readonly key: string;
  readonly occurrence: Occurrence;
  /** Occurrences so far, those that were held back included. */
  readonly count: number;
  readonly firstTimestamp: string;
  /** The Event that stands for the earlier ones, when it was written. */
  readonly written: Event | undefined;
}

/** Upstream's numbers (client-go's event correlator). */
const SIMILAR_LIMIT = 10;
const SIMILAR_WINDOW_MS = 600_000;
const SPAM_BURST = 25;
const SPAM_PER_SECOND = 1 / 300;
const CACHE_SIZE = 4096;
/** Longer than an empty bucket takes to fill, and than the server keeps an Event. */
const CACHE_MS = 24 * 3_600_000;

const COMBINED = "(combined from similar events): ";

interface Known {
  readonly count: number;
  readonly firstTimestamp: string;
  readonly written: Event | undefined;
}

/**
 * Merges what one component says: equal occurrences count up one Event, many different messages about one object and
 * reason become one "combined" Event, and one object cannot be written about without end.
 */
export function createCorrelator(clock: Clock) {
  const known = new TtlCache<Known>(clock, CACHE_MS, CACHE_SIZE);
  const similar = new TtlCache<Set<string>>(clock, SIMILAR_WINDOW_MS, CACHE_SIZE);
  const spam = new TtlCache<TokenBucket>(clock, CACHE_MS, CACHE_SIZE);

  /** Whether `message` is one too many of different ones about the same. */
  const isOneOfMany = (key: string, message: string): boolean => {
    const messages = similar.get(key) ?? new Set<string>();
    messages.add(message);
    // The window is counted from the last occurrence.
    similar.set(key, messages);
    if (messages.size < SIMILAR_LIMIT) return false;
    const oldest = messages.values().next();
    if (!oldest.done) messages.delete(oldest.value);
    return true;
  };
  const mayPass = (subject: string): boolean => {
    const bucket = spam.get(subject) ?? new TokenBucket(clock, SPAM_PER_SECOND, SPAM_BURST);
    spam.set(subject, bucket);
    return bucket.tryTake();
  };

  return {
    /** What to write for an occurrence; undefined: nothing, its object has been written about too often. */
    observe(occurrence: Occurrence): Observation | undefined {
      const { reference, severity, reason, message, at } = occurrence;
      const { kind, apiVersion, namespace, name, uid } = reference;
      const subject = JSON.stringify([kind, apiVersion, namespace, name, uid]);
      const about = JSON.stringify([subject, severity, reason]);
      const combined = isOneOfMany(about, message);
      const key = combined ? about : JSON.stringify([about, message]);
      const earlier = known.get(key);
      const count = (earlier?.count ?? 0) + 1;
      const firstTimestamp = earlier?.firstTimestamp ?? at;
      known.set(key, { count, firstTimestamp, written: earlier?.written });
      if (!mayPass(subject)) return undefined;
      return {
        key,
        occurrence: combined ? { ...occurrence, message: `${COMBINED}${message}` } : occurrence,
        count,
        firstTimestamp,
        written: earlier?.written,
      };
    },
    /** Remembers that `event` stands for the occurrences of `observation`. */
    written({ key, count, firstTimestamp }: Observation, event: Event): void {
      known.set(key, { count: Math.max(count, known.get(key)?.count ?? 0), firstTimestamp, written: event });
    },
  };
}
