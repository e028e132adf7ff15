import { createHash } from "node:crypto";
import type { Clock } from "@ccm/base";
import { Fault } from "./fault.ts";
import type { Input, Target } from "./wire.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A record lives this long after it was last used. */
const LIFETIME_MS = 24 * 3_600_000;

/** clientToken: the same call again gets the first answer and does nothing; another call with the same token is refused. */
export class IdempotencyRecords {
  readonly #clock: Clock;
  readonly #records = new Map<string, { readonly call: string; readonly answer: Answer; usedAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `run` throws Faults; only successes are remembered. */
  handle(account: string, input: Input, target: Target, body: Uint8Array, run: () => Answer): Answer {
    const token = input.param("clientToken");
    if (input.method === "GET" || !token) return run();
    if (!/^[\x21-\x7e]{1,64}$/.test(token))
      throw new Fault(400, "BadRequest", "clientToken: expected at most 64 ASCII characters.");
    const key = `${account} ${token}`;
    const call = digest(input.method, target, body);
    const now = this.#clock.now();
    const known = this.#records.get(key);
    if (known && now - known.usedAt < LIFETIME_MS) {
      if (known.call !== call) {
        throw new Fault(
          403,
          "IdempotentParameterMismatch",
          "The request uses the same client token as a previous, but non-identical request.",
        );
      }
      known.usedAt = now;
      return known.answer;
    }
    const answer = run();
    this.#records.set(key, { call, answer, usedAt: now });
    return answer;
  }
}

function digest(method: string, { path, query }: Target, body: Uint8Array): string {
  const rest = query
    .filter(([name]) => name !== "clientToken")
    .map((pair) => pair.join("="))
    .sort();
  return createHash("sha256")
    .update(JSON.stringify([method, path, rest]))
    .update(body)
    .digest("hex");
}
