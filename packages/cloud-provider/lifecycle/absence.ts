import type { Clock } from "@ccm/base";

/** How often, and since when, the cloud has said that the instance of a Node does not exist. */
export interface AbsenceTracker {
  /** Notes one "absent" of the Node; true when it is confirmed: a cloud's lists are eventually consistent. */
  confirm(uid: string): boolean;
  /** The instance was seen, or nobody can say: begin anew. */
  reset(uid: string): void;
  /** Forgets Nodes that are not in the list. */
  keep(uids: ReadonlySet<string>): void;
}

/** Confirmed after two answers at least `graceMs` apart. */
export function createAbsenceTracker(clock: Clock, graceMs: number): AbsenceTracker {
  const firstSeen = new Map<string, number>();
  return {
    confirm(uid) {
      const since = firstSeen.get(uid);
      if (since === undefined) firstSeen.set(uid, clock.monotonic());
      return since !== undefined && clock.monotonic() - since >= graceMs;
    },
    reset: (uid) => void firstSeen.delete(uid),
    keep(uids) {
      for (const uid of firstSeen.keys()) if (!uids.has(uid)) firstSeen.delete(uid);
    },
  };
}

/** Fewer than this are deleted however small the cluster is. */
const LEAST_TO_STOP = 3;

/** Whether so many Nodes would go at once that the cloud's answer is more likely wrong than right. */
export function fuseBlows(vanished: number, total: number, share: number): boolean {
  return vanished >= LEAST_TO_STOP && vanished > total * share;
}
