import { type Cancel, type Clock, TokenBucket } from "@ccm/base";
import type { Lane } from "./call.ts";

const ORDER: readonly Lane[] = ["delete", "user", "backend", "resync"];

interface Waiter {
  readonly start: () => void;
}

/**
 * One API's gate: `perSecond` calls on average, `burst` at once, and who waits is served by lane, then in the order of
 * coming. Deletes may also draw on a reserve, so that cleaning up never starves behind creating.
 */
export class Gate {
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  readonly #reserve: TokenBucket;
  readonly #waiting: Readonly<Record<Lane, Waiter[]>> = { delete: [], user: [], backend: [], resync: [] };
  readonly #pauseMs: number;
  #timer: Cancel | undefined;

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#bucket = new TokenBucket(clock, perSecond, burst);
    this.#reserve = new TokenBucket(clock, perSecond / 4, Math.max(1, burst / 4));
    this.#pauseMs = 1000 / perSecond;
  }

  /** Resolves when the call may be sent; rejects with the signal's reason. */
  pass(lane: Lane, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        const queue = this.#waiting[lane];
        queue.splice(queue.indexOf(waiter), 1);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        start: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      this.#waiting[lane].push(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#serve();
    });
  }

  #serve(): void {
    for (;;) {
      const lane = ORDER.find((name) => this.#waiting[name].length > 0);
      if (!lane) return;
      if (!this.#bucket.tryTake() && !(lane === "delete" && this.#reserve.tryTake())) break;
      this.#waiting[lane].shift()?.start();
    }
    this.#timer ??= this.#clock.schedule(this.#pauseMs, () => {
      this.#timer = undefined;
      this.#serve();
    });
  }
}
