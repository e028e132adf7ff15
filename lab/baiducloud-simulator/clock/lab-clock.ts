import { type Cancel, type Clock, settle } from "@ccm/base";

/** A clock whose time runs faster than that of another, or stands still, and can be moved forward. */
export interface LabClock extends Clock {
  /** Milliseconds of its time in one of the other clock's: 1 is real, 0 stands still. */
  readonly pace: number;
  /**
   * Moves time forward by `ms`: what falls due on the way runs in its order, each at its time. Meanwhile time stands still
   * otherwise. A second move waits for the first.
   */
  advance(ms: number): Promise<void>;
}

/** From which its time at any moment follows. */
export interface ClockAnchor {
  /** Wall-clock milliseconds of its own time … */
  readonly at: number;
  /** … and of the other clock's at the same moment. */
  readonly base: number;
  readonly pace: number;
}

export interface LabClockOptions {
  readonly base: Clock;
  readonly pace: number;
  /** Where its time begins. Default: the other clock's. */
  readonly startMs?: number | undefined;
  /** Told before anything runs that belongs to the new time, so that a later process can go on from there. */
  readonly onAnchor?: ((anchor: ClockAnchor) => void) | undefined;
}

interface Timer {
  readonly at: number;
  readonly fn: () => void;
  cancel: Cancel | undefined;
}

export function createLabClock({ base, pace, startMs, onAnchor = () => {} }: LabClockOptions): LabClock {
  /** In the order of their making, which decides between equal times. */
  const timers = new Set<Timer>();
  let anchor: ClockAnchor = { at: startMs ?? base.now(), base: base.now(), pace };
  /** The time while it is being moved. */
  let moving: number | undefined;
  /** How far moves have brought it. */
  let moved = 0;
  const monotonicStart = base.monotonic();
  let last: Promise<unknown> = Promise.resolve();
  onAnchor(anchor);

  const now = (): number => moving ?? timeAt(anchor, base.now());
  const arm = (timer: Timer): void => {
    if (pace === 0 || moving !== undefined) return;
    timer.cancel = base.schedule(Math.max(0, timer.at - now()) / pace, () => {
      timers.delete(timer);
      timer.fn();
    });
  };
  const move = async (ms: number): Promise<void> => {
    const end = now() + ms;
    onAnchor({ at: end, base: base.now(), pace });
    moving = now();
    for (const { cancel } of timers) cancel?.();
    try {
      for (;;) {
        await settle();
        const next = earliest(timers, end);
        if (!next) break;
        timers.delete(next);
        moving = Math.max(moving, next.at);
        next.fn();
      }
    } finally {
      anchor = { at: end, base: base.now(), pace };
      moved += ms;
      moving = undefined;
      for (const timer of timers) arm(timer);
    }
  };
  return {
    pace,
    now,
    // Ahead of the moves' end while one is being made, never behind: it only has to grow.
    monotonic: () => (base.monotonic() - monotonicStart) * pace + moved,
    schedule(delayMs, fn) {
      if (Number.isNaN(delayMs)) throw new RangeError("a delay is NaN: expected milliseconds");
      const timer: Timer = { at: now() + Math.max(0, delayMs), fn, cancel: undefined };
      timers.add(timer);
      arm(timer);
      return () => {
        timer.cancel?.();
        timers.delete(timer);
      };
    },
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`advance by ${ms}: expected milliseconds, not less than 0`);
      const done = last.then(() => move(ms));
      last = done.catch(() => {});
      return done;
    },
  };
}

/** The time of the clock with this anchor when the other one shows `baseMs`. */
export function timeAt({ at, base, pace }: ClockAnchor, baseMs: number): number {
  return at + (baseMs - base) * pace;
}

export function isLabClock(clock: Clock): clock is LabClock {
  return "advance" in clock && "pace" in clock;
}

function earliest(timers: Iterable<Timer>, end: number): Timer | undefined {
  let found: Timer | undefined;
  for (const timer of timers) if (timer.at <= end && (!found || timer.at < found.at)) found = timer;
  return found;
}
