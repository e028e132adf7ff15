/** A thing that operations use and that may be replaced meanwhile: each keeps to the one it began with. */
export class Replaceable<T extends object> {
  readonly #onIdle: (before: T) => void;
  readonly #users = new Map<T, number>();
  #now: T;

  /** `onIdle`: what was replaced is in nobody's use any more. */
  constructor(first: T, onIdle: (before: T) => void) {
    this.#now = first;
    this.#onIdle = onIdle;
  }

  get now(): T {
    return this.#now;
  }

  replace(next: T): void {
    const before = this.#now;
    this.#now = next;
    if (!this.#users.has(before)) this.#onIdle(before);
  }

  /** Takes what holds now, for longer than one operation. `end` once. */
  hold(): { readonly held: T; end(): void } {
    const held = this.#now;
    this.#users.set(held, (this.#users.get(held) ?? 0) + 1);
    const end = () => {
      const left = (this.#users.get(held) ?? 0) - 1;
      if (left > 0) this.#users.set(held, left);
      else {
        this.#users.delete(held);
        if (held !== this.#now) this.#onIdle(held);
      }
    };
    return { held, end };
  }

  async use<R>(run: (now: T) => Promise<R>): Promise<R> {
    const { held, end } = this.hold();
    try {
      return await run(held);
    } finally {
      end();
    }
  }
}
