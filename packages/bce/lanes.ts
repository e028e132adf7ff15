import type { Cancel, Clock } from "@ccm/base";
import { LANES, type Lane } from "./call.ts";

/** Who waits: served by lane, then in the order of coming. */
class LaneQueue {
  readonly #waiting: Readonly<Record<Lane, (() => void)[]>> = {
    delete: [],
    user: [],
    backend: [],
    new: [],
    resync: [],
    observe: [],
  };

  /** Resolves when served; rejects with the signal's reason, and has then left the queue. */
  wait(lane: Lane, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const queue = this.#waiting[lane];
      const onAbort = () => {
        queue.splice(queue.indexOf(start), 1);
        reject(signal?.reason);
      };
      const start = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      queue.push(start);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** The lane whose turn it is. */
  next(): Lane | undefined {
    return LANES.find((lane) => this.#waiting[lane].length > 0);
  }

  serve(lane: Lane): void {
    this.#waiting[lane].shift()?.();
  }
}

/** What is left of a rounded wait does not count: a timer so short would not move the clock, and be set for ever. */
function untilMs(moment: number, now: number): number {
  return moment - now < 0.01 ? 0 : moment - now;
}

/** A token bucket that can say when its next token comes: a timer set for that moment neither polls nor comes late. */
class Allowance {
  readonly #intervalMs: number;
  readonly #slackMs: number;
  #paidUntil = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, burst: number) {
    this.#intervalMs = 1000 / perSecond;
    this.#slackMs = this.#intervalMs * (burst - 1);
  }

  waitMs(now: number): number {
    return untilMs(this.#paidUntil - this.#slackMs, now);
  }

  /** `share`: of the rate that holds now, above 0 and at most 1. */
  take(now: number, share: number): void {
    this.#paidUntil = Math.max(now, this.#paidUntil) + this.#intervalMs / share;
  }

  /** What was saved up is gone. */
  spend(now: number): void {
    this.#paidUntil = Math.max(this.#paidUntil, now + this.#slackMs);
  }
}

/** Answers of one moment are one message. */
const SAME_MESSAGE_MS = 1000;
const SLOWEST_SHARE = 1 / 16;
/** How long it takes from a standstill back to the full rate. */
const RECOVERY_MS = 120_000;

/**
 * How much of the rate holds. The limits that we know may not be the account's, and others use the account too: each
 * throttling halves the rate, and quiet time gives it back evenly.
 */
class Share {
  #atLast = 1;
  #since = Number.NEGATIVE_INFINITY;

  at(now: number): number {
    return Math.min(1, this.#atLast + (now - this.#since) / RECOVERY_MS);
  }

  /** False: the same message as the last. */
  halve(now: number): boolean {
    if (now - this.#since < SAME_MESSAGE_MS) return false;
    this.#atLast = Math.max(SLOWEST_SHARE, this.at(now) / 2);
    this.#since = now;
    return true;
  }
}

/**
 * One API's rate: `perSecond` calls on average, `burst` at once. Deletes may also draw on a reserve of a quarter of
 * that, so that cleaning up never starves behind creating.
 */
export class Gate {
  readonly #clock: Clock;
  readonly #queue = new LaneQueue();
  readonly #all: Allowance;
  readonly #forDeletes: Allowance;
  readonly #share = new Share();
  #heldUntil = Number.NEGATIVE_INFINITY;
  #cancelTimer: Cancel | undefined;

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#all = new Allowance(perSecond, burst);
    this.#forDeletes = new Allowance(perSecond / 4, Math.max(1, burst / 4));
  }

  /** Resolves when the call may be sent; rejects with the signal's reason. */
  pass(lane: Lane, signal?: AbortSignal): Promise<void> {
    const turn = this.#queue.wait(lane, signal);
    this.#serve();
    return turn;
  }

  /** Lets nothing pass for `ms`, deletes included: the cloud itself has asked for a pause. */
  hold(ms: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, this.#clock.monotonic() + ms);
  }

  /** The cloud throttled: the rate is halved, what was saved up is gone, and both come back with time. */
  slowDown(): void {
    const now = this.#clock.monotonic();
    if (!this.#share.halve(now)) return;
    this.#all.spend(now);
    this.#forDeletes.spend(now);
  }

  /** How much of the full rate holds now: 1, or less after a throttling. */
  get share(): number {
    return this.#share.at(this.#clock.monotonic());
  }

  #serve(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (let lane = this.#queue.next(); lane; lane = this.#queue.next()) {
      const now = this.#clock.monotonic();
      const reserved = lane === "delete" ? this.#forDeletes.waitMs(now) : Number.POSITIVE_INFINITY;
      const general = this.#all.waitMs(now);
      const wait = Math.max(untilMs(this.#heldUntil, now), Math.min(general, reserved));
      if (wait > 0) {
        this.#cancelTimer = this.#clock.schedule(wait, () => this.#serve());
        return;
      }
      (general === 0 ? this.#all : this.#forDeletes).take(now, this.#share.at(now));
      this.#queue.serve(lane);
    }
  }
}

/** At most `total` calls on their way at once, an eighth of them kept free for deletes. */
export class Slots {
  readonly #queue = new LaneQueue();
  readonly #total: number;
  readonly #reserve: number;
  #used = 0;

  constructor(total: number) {
    this.#total = total;
    this.#reserve = total > 1 ? Math.max(1, Math.floor(total / 8)) : 0;
  }

  /** Resolves to the function that gives the slot back. */
  async enter(lane: Lane, signal?: AbortSignal): Promise<() => void> {
    const turn = this.#queue.wait(lane, signal);
    this.#serve();
    await turn;
    return () => {
      this.#used--;
      this.#serve();
    };
  }

  #serve(): void {
    for (let lane = this.#queue.next(); lane; lane = this.#queue.next()) {
      if (this.#used >= (lane === "delete" ? this.#total : this.#total - this.#reserve)) return;
      this.#used++;
      this.#queue.serve(lane);
    }
  }
}
