import type { Cancel, Clock } from "./clock.ts";

interface Timer {
  readonly at: number;
  readonly sequence: number;
  /** Undefined once cancelled or fired, so that what it holds on to is free. */
  fn: (() => void) | undefined;
}

/** Cancelled timers are swept out of the heap when they are more than this, and more than half of it. */
const SWEEP_AT = 64;

/**
 * A clock that only moves when told to. Timers fire in order of time, then of creation; between two timers every
 * promise that can settle does, so a program that takes all its time from here runs the same way every time.
 */
export class VirtualClock implements Clock {
  #now: number;
  readonly #start: number;
  #sequence = 0;
  #heap: Timer[] = [];
  #cancelled = 0;
  #advancing = false;

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
    if (Number.isNaN(delayMs)) throw new RangeError("a delay is NaN: expected milliseconds");
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), sequence: this.#sequence++, fn };
    push(this.#heap, timer);
    return () => {
      if (!timer.fn) return;
      timer.fn = undefined;
      this.#cancelled++;
      this.#sweep();
    };
  }

  /** Timers still waiting (cancelled ones not counted). */
  get pending(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** Moves time forward by `ms`, firing what falls due on the way. What a timer throws ends it there, and rejects. */
  async advance(ms: number): Promise<void> {
    await this.advanceUntil(() => false, ms);
  }

  /** Moves time forward until `condition` holds; returns false when `limitMs` passed first. */
  async advanceUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
    // Two movers would make time run backwards for one of them.
    if (this.#advancing)
      throw new Error("the virtual clock is being advanced already: await the earlier advance first");
    this.#advancing = true;
    try {
      const end = this.#now + limitMs;
      const held = await this.#run(end, condition);
      if (!held) this.#now = end;
      return held;
    } finally {
      this.#advancing = false;
    }
  }

  async #run(end: number, condition: () => boolean): Promise<boolean> {
    for (;;) {
      await settle();
      if (condition()) return true;
      const fn = this.#next(end);
      if (!fn) return false;
      fn();
    }
  }

  /** The next timer's function, with time moved to it; undefined when none is due by `end`. */
  #next(end: number): (() => void) | undefined {
    for (;;) {
      const timer = this.#heap[0];
      if (!timer || timer.at > end) return undefined;
      pop(this.#heap);
      const { fn } = timer;
      if (!fn) {
        this.#cancelled--;
        continue;
      }
      timer.fn = undefined;
      this.#now = timer.at;
      return fn;
    }
  }

  /** Most timers are deadlines that are cancelled long before they are due: without this they would pile up until then. */
  #sweep(): void {
    if (this.#cancelled < SWEEP_AT || this.#cancelled * 2 < this.#heap.length) return;
    // A sorted array is a heap.
    this.#heap = this.#heap.filter(({ fn }) => fn).sort((a, b) => (before(a, b) ? -1 : 1));
    this.#cancelled = 0;
  }
}

/** Lets every promise that can settle do so: a macrotask turn comes only after the microtask queue is empty. */
export function settle(): Promise<void> {
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
