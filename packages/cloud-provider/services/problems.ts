import { type EventRecorder, SERVICES, type Service } from "@ccm/kube";
import type { FacetProblem } from "../contract.ts";
import type { RepeatFilter } from "../repeat-filter.ts";

/** Tells users of each problem once, again when its words change, and anew after it was healed. */
export interface ProblemReporter {
  report(key: string, service: Service, problems: readonly FacetProblem[]): void;
  forget(key: string): void;
  /** Services that have a problem now. */
  readonly size: number;
}

export function createProblemReporter(events: EventRecorder, told: RepeatFilter): ProblemReporter {
  /** The problems of each Service, by what tells them apart. */
  const present = new Map<string, ReadonlySet<string>>();
  const report = (key: string, service: Service | undefined, problems: readonly FacetProblem[]): void => {
    const now = new Set<string>();
    for (const { facet, reason, message } of problems) {
      let slot = `problem ${key} ${facet} ${reason}`;
      // Two problems of one kind (two bad annotations) are two.
      if (now.has(slot)) slot = `${slot} ${message}`;
      now.add(slot);
      if (service && told.isNews(slot, message)) events.event(SERVICES, service, "Warning", reason, message);
    }
    for (const slot of present.get(key) ?? []) if (!now.has(slot)) told.forget(slot);
    if (now.size > 0) present.set(key, now);
    else present.delete(key);
  };
  return {
    report,
    forget: (key) => report(key, undefined, []),
    get size() {
      return present.size;
    },
  };
}
