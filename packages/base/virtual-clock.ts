import type { Cancel, Clock } from "./clock.ts";

interface Timer {
  readonly at: number;
  readonly sequence: number;
  readonly fn: () => void;
  cancelled: boolean;
}

/**
 * A clock that only moves when told to. Timers fire in order of time, then of creation; between two timers every
 * promise that can settle does, so a program that takes all its time from here runs the same way every time.
 */
export class VirtualClock implements Clock {
  #now: number;
  readonly #start: number;
  #sequence = 0;
  readonly #heap: Timer[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
    this.#start = startMs;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - this.#start;
  }

  schedule(delayMs: number, fn: () => void): Cancel {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), sequence: this.#sequence++, fn, cancelled: false };
    push(this.#heap, timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /** Timers still waiting (cancelled ones not counted). */
  get pending(): number {
    return this.#heap.filter((timer) => !timer.cancelled).length;
  }

  /** Moves time forward by `ms`, firing what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#run(end, () => false);
    this.#now = end;
  }

  /** Moves time forward until `condition` holds; returns false when `limitMs` passed first. */
  async advanceUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.#now + limitMs;
    const held = await this.#run(end, condition);
    if (!held) this.#now = end;
    return held;
  }

  async #run(end: number, condition: () => boolean): Promise<boolean> {
    for (;;) {
      await settle();
      if (condition()) return true;
      const next = this.#heap[0];
      if (!next || next.at > end) return false;
      pop(this.#heap);
      if (next.cancelled) continue;
      this.#now = next.at;
      next.fn();
    }
  }
}

/** Lets every promise that can settle do so: a macrotask turn comes only after the microtask queue is empty. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}

function push(heap: Timer[], timer: Timer): void {
  let i = heap.length;
  heap.push(timer);
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const above = heap[parent] as Timer;
    if (!before(timer, above)) break;
    heap[i] = above;
    i = parent;
  }
  heap[i] = timer;
}

function pop(heap: Timer[]): Timer | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (!top || !last || heap.length === 0) return top;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Timer, heap[child] as Timer)) child++;
    if (!before(heap[child] as Timer, last)) break;
    heap[i] = heap[child] as Timer;
    i = child;
  }
  heap[i] = last;
  return top;
}
