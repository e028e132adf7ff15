import { createHash } from "node:crypto";
import type { Clock } from "@ccm/base";
import { badRequest, Fault } from "./fault.ts";
import type { Input, Target } from "./wire.ts";

/** A record lives this long after it was last used. */
const LIFETIME_MS = 24 * 3_600_000;

interface Record {
  readonly call: string;
  readonly answer: unknown;
  readonly usedAt: number;
}

/**
 * clientToken: the same call again gets the first answer and does nothing; another call with the same token is refused.
 * Refusals are not remembered: what was refused may be tried again with the same token.
 */
export class IdempotencyRecords {
  readonly #clock: Clock;
  /** Least recently used first. */
  readonly #records = new Map<string, Record>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws what `run` throws, and a Fault for a token that is malformed or was used for something else. */
  handle(account: string, input: Input, target: Target, body: Uint8Array, run: () => unknown): unknown {
    const token = input.param("clientToken");
    if (input.method === "GET" || !token) return run();
    if (!/^[\x20-\x7e]{1,64}$/.test(token)) throw badRequest("clientToken: expected at most 64 ASCII characters.");
    const now = this.#clock.now();
    this.#forget(now);
    const key = JSON.stringify([account, token]);
    const call = digest(input.method, target, body);
    const known = this.#records.get(key);
    if (known && known.call !== call) {
      throw new Fault(
        403,
        "IdempotentParameterMismatch",
        "The request uses the same client token as a previous, but non-identical request.",
      );
    }
    const answer = known ? known.answer : run();
    this.#records.delete(key);
    this.#records.set(key, { call, answer, usedAt: now });
    return answer;
  }

  #forget(now: number): void {
    for (const [key, { usedAt }] of this.#records) {
      if (now - usedAt < LIFETIME_MS) return;
      this.#records.delete(key);
    }
  }
}

function digest(method: string, { path, query }: Target, body: Uint8Array): string {
  const rest = query
    .filter(([name]) => name !== "clientToken" && name.toLowerCase() !== "authorization")
    .map((pair) => JSON.stringify(pair))
    .sort();
  return createHash("sha256")
    .update(JSON.stringify([method, path, rest]))
    .update(body)
    .digest("hex");
}
