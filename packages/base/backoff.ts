import type { Random } from "./random.ts";

/** min · factor^n, at most max; with `jitter` j the delay is lengthened by up to j of itself. Milliseconds. */
export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
  readonly factor?: number;
  readonly jitter?: number;
}

/** Delays of one thing that is tried again and again: `next()` after a failure, `reset()` after a success. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #failures = 0;

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  next(): number {
    return backoffDelay(this.#options, this.#failures++, this.#random);
  }

  reset(): void {
    this.#failures = 0;
  }

  get failures(): number {
    return this.#failures;
  }
}

/** The delay after `failures` earlier failures (0 for the first). */
export function backoffDelay(options: BackoffOptions, failures: number, random: Random): number {
  const { minMs, maxMs, factor = 2, jitter = 0 } = options;
  const plain = Math.min(maxMs, minMs * factor ** Math.min(failures, 64));
  return plain * (1 + random.next() * jitter);
}
