import type { Cancel, Clock } from "@ccm/base";
import { unlessAborted } from "./abort.ts";
import { LANES, type Lane, type ReadOptions } from "./call.ts";

/** How long a look-up waits for others to join its call. Milliseconds. */
const WINDOW_MS = 20;

interface Batch<T> {
  readonly ids: Set<string>;
  readonly answer: Promise<readonly T[]>;
  lane: Lane;
  cancel: Cancel;
  send(): void;
}

/**
 * Look-ups by id of one short moment share calls of at most `size` ids, whoever asks: `ask` is given the ids and the most
 * urgent lane of those who wait. The result has what was found, in no order; ids that are unknown are left out.
 */
export function createIdBatches<T>(
  clock: Clock,
  size: number,
  idOf: (found: T) => string,
  ask: (ids: readonly string[], lane: Lane) => Promise<readonly T[]>,
): (ids: readonly string[], options?: ReadOptions) => Promise<readonly T[]> {
  let open: Batch<T> | undefined;

  const openBatch = (lane: Lane): Batch<T> => {
    const { promise, resolve } = Promise.withResolvers<readonly T[]>();
    const batch: Batch<T> = {
      ids: new Set(),
      answer: promise,
      lane,
      cancel: clock.schedule(WINDOW_MS, () => batch.send()),
      send() {
        batch.cancel();
        if (open === batch) open = undefined;
        resolve(ask([...batch.ids], batch.lane));
      },
    };
    // Who waits hears of a failure; a batch that everybody has left must not end the process.
    promise.catch(() => {});
    return batch;
  };
  const join = (id: string, lane: Lane): Batch<T> => {
    open ??= openBatch(lane);
    const batch = open;
    if (LANES.indexOf(lane) < LANES.indexOf(batch.lane)) batch.lane = lane;
    batch.ids.add(id);
    if (batch.ids.size >= size) batch.send();
    return batch;
  };

  return async (ids, { lane = "resync", signal } = {}) => {
    if (signal?.aborted) throw signal.reason;
    const wanted = new Set(ids);
    const batches = new Set([...wanted].map((id) => join(id, lane)));
    const answers = await unlessAborted(Promise.all([...batches].map(({ answer }) => answer)), signal);
    // Another caller's batch may have had the id as well.
    const byId = new Map(answers.flat().map((found) => [idOf(found), found]));
    return [...byId].filter(([id]) => wanted.has(id)).map(([, found]) => found);
  };
}
