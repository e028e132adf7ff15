import type { Cancel, Clock } from "./clock.ts";

/** Lets `perSecond` pass on average, `burst` (at least 1) at once. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  /** Below zero: reserved ahead of time. */
  #tokens: number;
  #at: number;
  /** In the order they came. */
  readonly #waiting = new Set<() => void>();
  #cancelTimer: Cancel | undefined;

  constructor(clock: Clock, perSecond: number, burst: number) {
    if (!(perSecond > 0)) throw new RangeError(`a token bucket's rate is ${perSecond}/s: expected more than 0`);
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = Math.max(1, burst);
    this.#tokens = this.#burst;
    this.#at = clock.monotonic();
  }

  /**
   * Takes a token, in debt if need be, and returns how many milliseconds to wait before using it. It cannot be given
   * back: `take` is for those who may change their mind.
   */
  reserve(): number {
    this.#refill();
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000;
  }

  /** Takes a token if there is one now and nobody waits for it. */
  tryTake(): boolean {
    return this.#waiting.size === 0 && this.#takeOne();
  }

  /** Waits for a token, after those who came earlier. Rejects with the signal's reason when it aborts first: no token is spent. */
  take(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.tryTake()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const serve = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.delete(serve);
        if (this.#waiting.size === 0) this.#disarm();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.add(serve);
      this.#arm();
    });
  }

  #takeOne(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
  }

  /** One timer, for whoever waits longest. */
  #arm(): void {
    if (this.#cancelTimer || this.#waiting.size === 0) return;
    // Whole milliseconds: after a fraction a clock may not have moved at all.
    const wait = Math.max(1, Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000));
    this.#cancelTimer = this.#clock.schedule(wait, () => {
      this.#cancelTimer = undefined;
      for (const serve of this.#waiting) {
        if (!this.#takeOne()) break;
        this.#waiting.delete(serve);
        serve();
      }
      this.#arm();
    });
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
