import type { EventRecorder, Service } from "@ccm/kube";
import { SERVICES } from "@ccm/kube";
import type { FacetProblem } from "../contract.ts";

/** Tells users of each problem once, again when its words change, and anew after it was healed. */
export interface ProblemReporter {
  report(key: string, service: Service, problems: readonly FacetProblem[]): void;
  forget(key: string): void;
  /** Services that have a problem now. */
  readonly size: number;
}

export function createProblemReporter(events: EventRecorder): ProblemReporter {
  const told = new Map<string, ReadonlyMap<string, string>>();
  return {
    report(key, service, problems) {
      const before = told.get(key);
      const now = new Map<string, string>();
      for (const { facet, reason, message } of problems) {
        const id = `${facet} ${reason}`;
        // Two problems of one kind (two bad annotations) are two.
        const slot = now.has(id) ? `${id} ${message}` : id;
        now.set(slot, message);
        if (before?.get(slot) !== message) events.event(SERVICES, service, "Warning", reason, message);
      }
      if (now.size > 0) told.set(key, now);
      else told.delete(key);
    },
    forget: (key) => void told.delete(key),
    get size() {
      return told.size;
    },
  };
}
