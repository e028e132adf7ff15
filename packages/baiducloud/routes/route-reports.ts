import type { EventRecorder, KubeObject, ResourceType } from "@ccm/kube";

/** Tells users of the route tables' troubles, each once until it has healed. */
export interface RouteReports {
  report(trouble: Trouble, message: string, about?: string): void;
  /** What is in trouble no more is told again when it comes back. */
  healed(trouble: Trouble, about?: string): void;
  /** Of this trouble, all but these have healed. */
  keepOnly(trouble: Trouble, about: ReadonlySet<string>): void;
}

export type Trouble = "conflict" | "quota" | "throttled" | "ownership";

/** The first reason is the former CCM's, the second that of CCE's network plugin. */
const REASONS: Readonly<Record<Trouble, string>> = {
  conflict: "RouteTableConflictDetection",
  quota: "RouteRuleExceedQuota",
  throttled: "RouteTableThrottled",
  ownership: "RouteRuleNotOurs",
};

/** The object that the former CCM wrote its events about: there is no such kind, but `kubectl get events` shows them. */
const VPCS: ResourceType<KubeObject> = { group: "", version: "v1", plural: "vpcs", kind: "VPC", namespaced: false };
const SUBJECT: KubeObject = { metadata: { name: "RouteTableConflict" } };

export function createRouteReports(events: () => EventRecorder | undefined): RouteReports {
  const told = new Map<Trouble, Map<string, string>>();
  const of = (trouble: Trouble): Map<string, string> => {
    const known = told.get(trouble) ?? new Map();
    told.set(trouble, known);
    return known;
  };
  return {
    report(trouble, message, about = "") {
      const recorder = events();
      if (!recorder || of(trouble).has(about)) return;
      of(trouble).set(about, message);
      recorder.event(VPCS, SUBJECT, "Warning", REASONS[trouble], message);
    },
    healed: (trouble, about = "") => void of(trouble).delete(about),
    keepOnly(trouble, about) {
      for (const key of [...of(trouble).keys()]) if (!about.has(key)) of(trouble).delete(key);
    },
  };
}
