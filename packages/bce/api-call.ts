import type { Lane } from "./call.ts";

/** Decoded names and values, in the order they are sent. A flag without a value, such as "unbind", has "". */
export type Query = readonly (readonly [string, string])[];

/** One call of the API, before it is signed. */
export interface BceCall {
  /** Product and action: "blb.create". Limits, metrics and errors go by it. */
  readonly operation: string;
  readonly endpoint: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Decoded: "/v1/blb/lb-1". */
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  /** It changes nothing: safe to send again and to share. Not the same as GET: some look-ups take their ids by POST. */
  readonly read: boolean;
  readonly lane: Lane;
  readonly signal?: AbortSignal | undefined;
}

/** The answer's JSON object; {} for the empty answer of a write. */
export type Answer = Readonly<Record<string, unknown>>;

/** Throws a BceError, or the signal's reason after an abort. */
export type Scheduler = (call: BceCall) => Promise<Answer>;
