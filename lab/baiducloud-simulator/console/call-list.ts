import type { Call, CallPage } from "./data.ts";

/** How many calls the page keeps; older ones are asked for. */
const KEPT = 5000;

/** The calls that are shown, newest first, without a gap. */
export interface CallList {
  readonly calls: readonly Call[];
  /** Older ones are before this id; undefined when there are none. */
  readonly older: number | undefined;
}

export const NO_CALLS: CallList = { calls: [], older: undefined };

export function listOf({ calls, next }: CallPage): CallList {
  return { calls, older: next };
}

/** The list with what has come since. A page that is not all of that begins the list anew: there would be a gap. */
export function withNewer(list: CallList, page: CallPage): CallList {
  if (page.next !== undefined) return listOf(page);
  const all = [...page.calls, ...list.calls];
  if (all.length <= KEPT) return { ...list, calls: all };
  const calls = all.slice(0, KEPT);
  return { calls, older: calls.at(-1)?.id };
}

export function withOlder(list: CallList, page: CallPage): CallList {
  return { calls: [...list.calls, ...page.calls], older: page.next };
}
