import type { Clock } from "@ccm/base";
import { kubeTime } from "@ccm/kube";

/**
 * On the Lease of the manager that leads, when what failed is tried again, as JSON: {"Service shop/cart": "2026-…Z",
 * "Node n1": …}. Only the controllers' queues know it, and it changes with each attempt; the Lease is written every
 * two seconds in any case, so that it costs no write.
 */
export const ANNOTATION_NEXT_ATTEMPTS = "cloud-provider.ccm/next-attempts";

export type Subject = "Service" | "Node";
/** Keys, each with how long it waits still. Milliseconds. */
export type Waiting = () => Iterable<readonly [key: string, ms: number]>;

/** Where controllers show what waits for its next attempt. */
export interface NextAttempts {
  /** Until the function that is returned is called. */
  publish(kind: Subject, waiting: Waiting): () => void;
  /** The value of the annotation, as of now; undefined: nothing waits. */
  text(): string | undefined;
}

/** The soonest: while the cloud is down everything waits, and a Lease must stay small. */
const MOST = 100;

export function createNextAttempts(clock: Clock): NextAttempts {
  const sources = new Set<readonly [Subject, Waiting]>();
  return {
    publish(kind, waiting) {
      const source = [kind, waiting] as const;
      sources.add(source);
      return () => void sources.delete(source);
    },
    text() {
      const soonest = new Map<string, number>();
      for (const [kind, waiting] of sources) {
        for (const [key, ms] of waiting()) {
          const name = `${kind} ${key}`;
          soonest.set(name, Math.min(ms, soonest.get(name) ?? Number.POSITIVE_INFINITY));
        }
      }
      if (soonest.size === 0) return undefined;
      const shown = [...soonest].sort(([, a], [, b]) => a - b).slice(0, MOST);
      return JSON.stringify(Object.fromEntries(shown.map(([name, ms]) => [name, kubeTime(clock.now() + ms)])));
    },
  };
}

/** When `kind` `key` is tried again, by the annotation's value; RFC 3339, "" when it does not say. */
export function nextAttemptIn(text: string | undefined, kind: Subject, key: string): string {
  try {
    const all: Readonly<Record<string, unknown>> | null = JSON.parse(text ?? "{}");
    const found = all?.[`${kind} ${key}`];
    return typeof found === "string" && Number.isFinite(Date.parse(found)) ? found : "";
  } catch {
    return "";
  }
}
