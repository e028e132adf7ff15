import { type Clock, type Random, sleep } from "@ccm/base";
import type { Entries } from "./entries.ts";

/** Healthy Services looked at in one period; with more of them each is looked at less often. */
const LOOKS_A_PERIOD = 50;

/**
 * Looks again and again at the load balancer that was left alone longest, each after `periodMs` and up to a fifth more:
 * what somebody changed in the cloud is repaired. One timer for all of them, and so many looks in a period and no more:
 * what idling costs does not grow with the number of Services.
 */
export async function watchForDrift(
  parts: { readonly clock: Clock; readonly random: Random; readonly entries: Entries },
  periodMs: number,
  look: (key: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, entries } = parts;
  if (periodMs <= 0) return;
  const gapMs = periodMs / LOOKS_A_PERIOD;
  let waitMs = periodMs;
  for (;;) {
    try {
      await sleep(clock, waitMs * (1 + random.next() / 5), signal);
    } catch {
      return;
    }
    waitMs = periodMs;
    const now = clock.monotonic();
    for (const [key, entry] of entries) {
      // One that is not ensured has its own time to be tried again.
      if (!entry.ensured) continue;
      const due = entry.at + periodMs;
      if (due <= now) {
        // To the end of the line, so that one whose look takes long is not looked at twice.
        entry.at = now;
        entries.put(key, entry);
        look(key);
        waitMs = gapMs;
      } else waitMs = Math.max(gapMs, due - now);
      break;
    }
  }
}
