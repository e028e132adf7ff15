import { type Clock, integer, type Random } from "@ccm/base";

/**
 * Many things that each happen once in a period, by one timer. Each has a moment of its own in the period, drawn at random
 * and kept, so that they never fall into step, and none drifts, as moments are counted from the start.
 */
export interface TimerWheel<Key> {
  add(key: Key): void;
  delete(key: Key): void;
  close(): void;
}

/** `turn` is called once a period for each key, `round` counts the periods. It must not throw. */
export function createTimerWheel<Key>(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly periodMs: number;
  /** How finely the period is cut. */
  readonly slots: number;
  readonly turn: (key: Key, round: number) => void;
}): TimerWheel<Key> {
  const { clock, random, periodMs, slots, turn } = options;
  const wheel = Array.from({ length: slots }, () => new Set<Key>());
  const slotOf = new Map<Key, Set<Key>>();
  const startedAt = clock.monotonic();
  let ticks = 0;
  let cancel = () => {};
  const arm = () => {
    const due = startedAt + ((ticks + 1) * periodMs) / slots;
    cancel = clock.schedule(due - clock.monotonic(), tick);
  };
  // After a pause of the process all missed slots take their turn, but no round more than once.
  const tick = () => {
    const reached = Math.floor(((clock.monotonic() - startedAt) * slots) / periodMs + 1e-6);
    ticks = Math.max(ticks, reached - slots);
    while (ticks < reached) {
      for (const key of wheel[ticks % slots] ?? []) turn(key, Math.floor(ticks / slots));
      ticks++;
    }
    arm();
  };
  arm();
  return {
    add(key) {
      if (slotOf.has(key)) return;
      const slot = wheel[integer(random, slots)] as Set<Key>;
      slot.add(key);
      slotOf.set(key, slot);
    },
    delete(key) {
      slotOf.get(key)?.delete(key);
      slotOf.delete(key);
    },
    close: () => cancel(),
  };
}
