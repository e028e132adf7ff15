/** events.k8s.io/v1 is another view of the Events of core/v1: the same objects, some fields under other names. */
import type { Stored } from "../json.ts";

const NAMES: readonly (readonly [core: string, view: string])[] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
];
const TO_VIEW = new Map(NAMES);
const FROM_VIEW = new Map(NAMES.map(([core, view]) => [view, core]));

export function eventToView(stored: Stored): Stored {
  const view = renamed(stored, TO_VIEW);
  // Always there in the older form only.
  for (const name of ["reportingController", "reportingInstance"]) if (view[name] === "") delete view[name];
  return view;
}
export const eventFromView = (view: Stored): Stored => renamed(view, FROM_VIEW);

function renamed(object: Stored, names: ReadonlyMap<string, string>): Stored {
  const entries = Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value]);
  return { ...Object.fromEntries(entries), metadata: object.metadata };
}
