import { type EventRecorder, SERVICES, type Service } from "@ccm/kube";
import type { FacetProblem } from "../contract.ts";
import type { RepeatFilter } from "../repeat-filter.ts";

/** Tells users of each problem once, again when its words change, and anew after it was healed. */
export interface ProblemReporter {
  report(key: string, service: Service, problems: readonly FacetProblem[]): void;
  forget(key: string): void;
  /** Whether the Service has all these problems already, as far as was reported. */
  known(key: string, problems: readonly FacetProblem[]): boolean;
}

export function createProblemReporter(events: EventRecorder, told: RepeatFilter): ProblemReporter {
  /** The problems of each Service, by what tells them apart. */
  const present = new Map<string, ReadonlySet<string>>();
  const slotsOf = (key: string, problems: readonly FacetProblem[]): ReadonlyMap<string, FacetProblem> => {
    const slots = new Map<string, FacetProblem>();
    for (const problem of problems) {
      const slot = `problem ${key} ${problem.facet} ${problem.reason}`;
      // Two problems of one kind (two bad annotations) are two.
      slots.set(slots.has(slot) ? `${slot} ${problem.message}` : slot, problem);
    }
    return slots;
  };
  const report = (key: string, service: Service | undefined, problems: readonly FacetProblem[]): void => {
    const now = slotsOf(key, problems);
    for (const [slot, { reason, message }] of now) {
      if (service && told.isNews(slot, message)) events.event(SERVICES, service, "Warning", reason, message);
    }
    for (const slot of present.get(key) ?? []) if (!now.has(slot)) told.forget(slot);
    if (now.size > 0) present.set(key, new Set(now.keys()));
    else present.delete(key);
  };
  return {
    report,
    forget: (key) => report(key, undefined, []),
    known(key, problems) {
      const before = present.get(key);
      return [...slotsOf(key, problems).keys()].every((slot) => before?.has(slot));
    },
  };
}
