import type { Clock } from "@ccm/base";

/** Young enough that each pass over the nodes (every five seconds) sees news. Milliseconds. */
const FRESH_MS = 2000;

/**
 * A list that many ask for: one reading at a time, and its result for a moment. The reading belongs to all who wait, so
 * none of them can abort it. A failed one is not remembered.
 */
export function createSnapshot<T>(clock: Clock, read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (reading && clock.monotonic() - readAt < FRESH_MS) return reading;
    // Until it has come, everybody joins it.
    readAt = Number.POSITIVE_INFINITY;
    const mine = read();
    reading = mine;
    mine.then(
      () => {
        if (reading === mine) readAt = clock.monotonic();
      },
      () => {
        if (reading === mine) reading = undefined;
      },
    );
    return mine;
  };
}
