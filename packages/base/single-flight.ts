/** Callers that ask for one key at the same time share one call and its outcome. */
export class SingleFlight<T> {
  readonly #calls = new Map<string, Promise<T>>();

  run(key: string, fn: () => Promise<T>): Promise<T> {
    const running = this.#calls.get(key);
    if (running) return running;
    // Async, so that a throw of `fn` itself is a rejection too.
    const call = (async () => fn())().finally(() => this.#calls.delete(key));
    this.#calls.set(key, call);
    return call;
  }

  /** Calls under way. */
  get size(): number {
    return this.#calls.size;
  }
}
