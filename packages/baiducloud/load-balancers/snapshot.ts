import type { Clock } from "@ccm/base";

/**
 * A read that many ask for at once. Who asks gets an answer that was begun after asking, so nobody misses a change of
 * their own; but all who wait share it: a hundred Services cost a handful of lists, not a hundred.
 */
export class SharedRead<T> {
  readonly #read: () => Promise<T>;
  #running: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  get(): Promise<T> {
    if (!this.#running) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#startNext(),
      () => this.#startNext(),
    );
    return this.#next;
  }

  #startNext(): Promise<T> {
    this.#next = undefined;
    return this.#start();
  }

  #start(): Promise<T> {
    const run = this.#read().finally(() => {
      if (this.#running === run) this.#running = undefined;
    });
    this.#running = run;
    return run;
  }
}

/** What we made a moment ago and the cloud's lists may not show yet. */
export class RecentlyMade {
  readonly #clock: Clock;
  readonly #made = new Map<string, { readonly id: string; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(purpose: string, id: string): void {
    this.#made.set(purpose, { id, at: this.#clock.monotonic() });
  }

  /** The id, and how long ago it was made. */
  get(purpose: string): { readonly id: string; readonly ageMs: number } | undefined {
    const entry = this.#made.get(purpose);
    return entry && { id: entry.id, ageMs: this.#clock.monotonic() - entry.at };
  }

  forget(purpose: string): void {
    this.#made.delete(purpose);
  }
}
