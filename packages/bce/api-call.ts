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
  /**
   * Of a write, after an attempt of which nobody knows whether it was done: looks at the cloud, and resolves to the
   * answer of the work when it was, to undefined when it was not and may be sent again. A write without it is never
   * sent again after such an attempt: whoever called it has to look.
   */
  readonly observe?: (() => Promise<Answer | undefined>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The answer's JSON object; {} for the empty answer of a write. */
export type Answer = Readonly<Record<string, unknown>>;

/** Throws a BceError, or the signal's reason after an abort. */
export type Scheduler = (call: BceCall) => Promise<Answer>;
