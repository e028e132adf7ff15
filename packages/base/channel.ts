/** Taken values are cut off the front when they are more than this, and more than half. */
const COMPACT_AT = 256;

/**
 * A queue of values that is read as an async iterable, by one reader: how a server's handler streams what happens later.
 * A reader that leaves (a `break`, a `return()`) closes it.
 */
export class Channel<T> implements AsyncIterable<T> {
  #values: T[] = [];
  /** Index of the first value not yet taken: taking from the front of a long array would move all of it. */
  #head = 0;
  #waiting: ((result: IteratorResult<T, undefined>) => void) | undefined;
  #closed = false;

  /** Ignored after `close`. */
  push(value: T): void {
    if (this.#closed) return;
    const waiting = this.#waiting;
    if (waiting) {
      this.#waiting = undefined;
      waiting({ value, done: false });
    } else this.#values.push(value);
  }

  /** What was pushed before is still delivered; then the iteration ends. */
  close(): void {
    this.#closed = true;
    this.#waiting?.({ value: undefined, done: true });
    this.#waiting = undefined;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Values pushed and not yet taken. */
  get length(): number {
    return this.#values.length - this.#head;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    const iterator: AsyncIterableIterator<T, undefined> = {
      next: () => {
        if (this.length > 0) return Promise.resolve({ value: this.#take(), done: false });
        if (this.#closed) return Promise.resolve({ value: undefined, done: true });
        if (this.#waiting) return Promise.reject(new Error("a Channel has one reader, and it is waiting already"));
        return new Promise((resolve) => {
          this.#waiting = resolve;
        });
      },
      return: () => {
        this.#values = [];
        this.#head = 0;
        this.close();
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  #take(): T {
    const value = this.#values[this.#head++] as T;
    if (this.#head > COMPACT_AT && this.#head * 2 > this.#values.length) {
      this.#values = this.#values.slice(this.#head);
      this.#head = 0;
    }
    return value;
  }
}
