import { type Clock, sleep } from "@ccm/base";
import type { ReadOptions } from "./call.ts";
import { BceError, isBceError } from "./error.ts";
import { Slots } from "./lanes.ts";

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2000;
/** How fast what is known of the time that a change takes follows what is seen. */
const LEARNING = 0.3;
const LONGEST_TYPICAL_MS = 10_000;
/** After that the caller's worker is freed. */
const PATIENCE_MS = 60_000;
/** Refusals of one write because the load balancer was busy after all. */
const REFUSALS = 3;

export interface BlbTurns {
  /** Runs a write when it is its turn and the load balancer takes changes, and again when the cloud found it busy. */
  write<T>(blbId: string, operation: string, options: ReadOptions, run: () => Promise<T>): Promise<T>;
  /** It is gone: there is nothing to wait for. */
  forget(blbId: string): void;
  /** Runs a read that tells statuses: one that shows a load balancer at rest spares the next write a look. */
  read<T>(
    run: () => Promise<T>,
    statuses: (answer: T) => Iterable<readonly [blbId: string, status: string]>,
  ): Promise<T>;
}

/**
 * Each change sends a load balancer into a state in which it refuses the next. So writes to one go one after the other,
 * deletes first, and after each the next waits until the load balancer is available; different ones do not wait for each
 * other. `look` tells the status, undefined when there is no such load balancer.
 */
export function createBlbTurns(
  clock: Clock,
  look: (blbId: string, options: ReadOptions) => Promise<string | undefined>,
): BlbTurns {
  const turns = new Map<string, { readonly slot: Slots; users: number }>();
  /** Load balancers that may still be at work, each with the number of the write that says so. */
  const busy = new Map<string, number>();
  let writes = 0;
  /** When each of them was last written to, and how long it took the others of late: to look sooner is of no use. */
  const writtenAt = new Map<string, number>();
  let typicalMs = 0;

  const settled = async (blbId: string, operation: string, options: ReadOptions): Promise<void> => {
    const since = clock.monotonic();
    const written = writtenAt.get(blbId) ?? since;
    if (busy.has(blbId) && written + typicalMs > since) await sleep(clock, written + typicalMs - since, options.signal);
    let early = false;
    for (let pause = FIRST_PAUSE_MS; busy.has(blbId); pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
      const asked = clock.monotonic();
      const status = await look(blbId, options);
      if (status === "available" && writtenAt.has(blbId)) {
        // Found at rest at the first look: it may be so sooner. Found at work before: it takes at least so long.
        const took = early ? asked - written : (asked - written) * 0.95;
        typicalMs += (Math.min(took, LONGEST_TYPICAL_MS) - typicalMs) * LEARNING;
      }
      early = true;
      // paused and unavailable do not pass by themselves: the cloud says best what it makes of the write.
      if (!isAtWork(status)) break;
      if (clock.monotonic() - since > PATIENCE_MS) {
        const text = `load balancer ${blbId} is still ${status} after ${PATIENCE_MS / 1000} s`;
        throw new BceError("conflict", operation, `${operation}: ${text}`);
      }
      await sleep(clock, pause, options.signal);
    }
    busy.delete(blbId);
    writtenAt.delete(blbId);
  };

  /** One code says so; another says only that the state does not allow it, which may also be a protection. */
  const wasBusy = async (error: unknown, blbId: string, options: ReadOptions): Promise<boolean> => {
    if (!isBceError(error, "conflict")) return false;
    if (error.code === "LastOperationNotFinished") return true;
    return error.code === "OperationDenied" && isAtWork(await look(blbId, options));
  };

  return {
    async write(blbId, operation, options, run) {
      const turn = turns.get(blbId) ?? { slot: new Slots(1), users: 0 };
      turns.set(blbId, turn);
      turn.users++;
      let leave = () => {};
      try {
        leave = await turn.slot.enter(options.lane ?? "user", options.signal);
        for (let refused = 0; ; ) {
          await settled(blbId, operation, options);
          busy.set(blbId, ++writes);
          try {
            const answer = await run();
            writtenAt.set(blbId, clock.monotonic());
            return answer;
          } catch (error) {
            if (isBceError(error, "permanent", "auth", "quota", "absent", "throttled")) busy.delete(blbId);
            // Refused before anything was done, because of somebody else's change: nothing is ambiguous about it.
            if (++refused > REFUSALS || !(await wasBusy(error, blbId, options))) throw error;
          }
        }
      } finally {
        leave();
        if (--turn.users === 0) turns.delete(blbId);
      }
    },
    forget(blbId) {
      busy.delete(blbId);
      writtenAt.delete(blbId);
    },
    async read(run, statuses) {
      const before = writes;
      const answer = await run();
      for (const [blbId, status] of statuses(answer)) {
        if (status === "available" && (busy.get(blbId) ?? Number.POSITIVE_INFINITY) <= before && !turns.has(blbId)) {
          busy.delete(blbId);
        }
      }
      return answer;
    },
  };
}

function isAtWork(status: string | undefined): boolean {
  return status === "updating" || status === "creating";
}
