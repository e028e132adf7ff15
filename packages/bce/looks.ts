import type { Clock } from "@ccm/base";
import { unlessAborted } from "./abort.ts";
import { LANES, type Lane, type ReadOptions } from "./call.ts";

/** How long a look waits for others to join it. Milliseconds. */
const WINDOW_MS = 20;
/** So many looks of one moment are dearer than one list. */
const LIST_FROM = 4;

interface Moment<T> {
  readonly ids: Set<string>;
  readonly found: Promise<ReadonlyMap<string, T | undefined>>;
  lane: Lane;
}

/**
 * Looks at single objects, as who waits for them to change does over and over: few of one moment ask for each, many share
 * a list, so that a hundred who wait cost as much as four. `one` gives undefined for what is not there; what the list does
 * not show, as it may be behind, is asked for as well.
 */
export function createLooks<T>(
  clock: Clock,
  source: {
    readonly one: (id: string, options: ReadOptions) => Promise<T | undefined>;
    readonly all: (options: ReadOptions) => Promise<readonly T[]>;
    readonly idOf: (found: T) => string;
  },
): (id: string, options?: ReadOptions) => Promise<T | undefined> {
  const { one, all, idOf } = source;
  let open: Moment<T> | undefined;

  const ask = async ({ ids, lane }: Moment<T>): Promise<ReadonlyMap<string, T | undefined>> => {
    const found = new Map<string, T | undefined>();
    if (ids.size >= LIST_FROM) for (const object of await all({ lane })) found.set(idOf(object), object);
    const missing = [...ids].filter((id) => !found.has(id));
    const asked = await Promise.all(missing.map(async (id) => [id, await one(id, { lane })] as const));
    for (const [id, object] of asked) found.set(id, object);
    return found;
  };
  const begin = (lane: Lane): Moment<T> => {
    const { promise, resolve } = Promise.withResolvers<ReadonlyMap<string, T | undefined>>();
    const moment: Moment<T> = { ids: new Set(), found: promise, lane };
    clock.schedule(WINDOW_MS, () => {
      open = undefined;
      resolve(ask(moment));
    });
    // Who waits hears of a failure; a moment that everybody has left must not end the process.
    promise.catch(() => {});
    return moment;
  };

  return async (id, { lane = "resync", signal } = {}) => {
    if (signal?.aborted) throw signal.reason;
    open ??= begin(lane);
    const moment = open;
    if (LANES.indexOf(lane) < LANES.indexOf(moment.lane)) moment.lane = lane;
    moment.ids.add(id);
    return (await unlessAborted(moment.found, signal)).get(id);
  };
}
