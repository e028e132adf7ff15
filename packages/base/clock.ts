/** Time, as code receives it from outside: the system's in production, a virtual one in tests and in the lab's world. */

export type Cancel = () => void;

export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. May jump. */
  now(): number;
  /** Milliseconds since an arbitrary start. Never jumps: use it to measure how long something took. */
  monotonic(): number;
  /** Calls `fn` once, `delayMs` from now (0 or less: as soon as possible, never synchronously). */
  schedule(delayMs: number, fn: () => void): Cancel;
}

/** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.schedule(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
}

/**
 * Runs `fn` with a signal that aborts after `ms` or when `parent` aborts.
 * On expiry the signal's reason, and the rejection if `fn` honours the signal, is a TimeoutError with `what` in its text.
 */
export async function withTimeout<T>(
  clock: Clock,
  ms: number,
  what: string,
  parent: AbortSignal | undefined,
  fn: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onParent = () => controller.abort(parent?.reason);
  if (parent?.aborted) onParent();
  parent?.addEventListener("abort", onParent, { once: true });
  const cancel = clock.schedule(ms, () =>
    controller.abort(new TimeoutError(`${what}: no answer within ${formatMs(ms)}`)),
  );
  try {
    return await fn(controller.signal);
  } finally {
    cancel();
    parent?.removeEventListener("abort", onParent);
  }
}

/** Runs `fn`, waits `periodMs` after its end, and so on until the signal aborts. A throw ends the loop and rejects. */
export async function repeat(
  clock: Clock,
  periodMs: number | (() => number),
  signal: AbortSignal,
  fn: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await fn();
    if (signal.aborted) return;
    try {
      await sleep(clock, typeof periodMs === "number" ? periodMs : periodMs(), signal);
    } catch {
      return;
    }
  }
}

/** "1.5 s", "300 ms", "10 s": a duration for people. */
export function formatMs(ms: number): string {
  return Math.round(ms) < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`;
}
