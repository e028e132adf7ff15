import { type ClockAnchor, type ClockSpec, createLabClock, type LabClock, timeAt } from "@ccm/baiducloud-simulator";
import type { SqliteBackend } from "@ccm/baiducloud-simulator/node";
import type { Clock } from "@ccm/base";

const SETTING = "clock";

/**
 * The simulator's own clock. With a state file its time goes on from where it was, also over the pause between two processes
 * where it does not stand still; so it never runs backwards for what is in the file.
 */
export function createCloudClock(base: Clock, spec: ClockSpec, state: SqliteBackend | undefined): LabClock {
  const text = state?.recall(SETTING);
  const before = text === undefined ? undefined : (JSON.parse(text) as ClockAnchor);
  const now = base.now();
  return createLabClock({
    base,
    pace: spec.pace,
    startMs: before ? Math.max(before.at, timeAt(before, now)) : spec.startMs,
    onAnchor: (anchor) => state?.keep(SETTING, JSON.stringify(anchor)),
  });
}
