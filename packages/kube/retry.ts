import { type Clock, jitter, type Random, sleep } from "@ccm/base";
import { hasCode } from "./error.ts";

export interface ConflictRetry {
  readonly clock: Clock;
  readonly random: Random;
  readonly attempts: number;
  readonly delayMs: number;
  /** The pause is delayMs · (1 + random · jitter). */
  readonly jitter: number;
  readonly signal?: AbortSignal;
}

/** Runs `fn(attempt)` again while it fails with a conflict; any other error, and the last conflict, is thrown. */
export async function retryOnConflict<T>(options: ConflictRetry, fn: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await fn(attempt);
    } catch (error) {
      if (!hasCode(error, "conflict") || attempt + 1 >= options.attempts) throw error;
      await sleep(options.clock, jitter(options.random, options.delayMs, options.jitter), options.signal);
    }
  }
}
