import { createHash } from "node:crypto";
import type { Clock, HttpHeaders } from "@ccm/base";
import type { Store } from "../store/store.ts";
import { Fault } from "./fault.ts";
import type { Input, Target } from "./wire.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Beside those of every answer. */
  readonly headers?: HttpHeaders;
}

interface Record {
  readonly call: string;
  readonly answer: Answer;
  readonly usedAt: number;
}

/** A record lives this long after it was last used. */
const LIFETIME_MS = 24 * 3_600_000;

export type IdempotencyRecords = ReturnType<typeof createIdempotencyRecords>;

/** clientToken: the same call again gets the first answer and does nothing; another call with the same token is refused. */
export function createIdempotencyRecords(clock: Clock, store: Store) {
  const records = store.table<Record>("idempotency");
  /** The oldest come first. */
  const forget = (now: number): void => {
    for (const key of records.first(2)) {
      if (now - (records.get(key)?.usedAt ?? 0) >= LIFETIME_MS) records.delete(key);
    }
  };
  return {
    /** `run` throws Faults; only successes are remembered. `header` is what creates of servers may send instead of clientToken. */
    handle(
      account: string,
      input: Input,
      target: Target,
      body: Uint8Array,
      run: () => Answer,
      header?: string | undefined,
    ): Answer {
      const token = input.param("clientToken") || header;
      if (!token) return run();
      if (!/^[\x21-\x7e]{1,64}$/.test(token))
        throw new Fault(400, "BadRequest", "clientToken: expected at most 64 ASCII characters.");
      const key = `${account} ${token}`;
      const call = digest(input.method, target, body);
      const now = clock.now();
      const known = records.get(key);
      if (known && now - known.usedAt < LIFETIME_MS) {
        if (known.call !== call) {
          throw new Fault(
            403,
            "IdempotentParameterMismatch",
            "The request uses the same client token as a previous, but non-identical request.",
          );
        }
        // To the end of the table: it is kept in the order of use.
        records.delete(key);
        records.set(key, { ...known, usedAt: now });
        return known.answer;
      }
      const answer = run();
      records.delete(key);
      records.set(key, { call, answer, usedAt: now });
      forget(now);
      return answer;
    },
  };
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
