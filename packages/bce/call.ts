/**
 * Who waits for a call: lanes are served in this order when a limit is reached. `delete` also has a reserve of its own.
 * delete: removing what costs money. user: somebody edited something. backend: nodes changed. new: something is made for
 * the first time. resync: a periodic look. observe: nobody waits, such as for a report.
 */
export const LANES = ["delete", "user", "backend", "new", "resync", "observe"] as const;

export type Lane = (typeof LANES)[number];

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Default "resync". */
  readonly lane?: Lane;
}

export interface WriteOptions extends ReadOptions {
  /**
   * Makes the call safe to send again: the cloud answers a repetition with the first outcome, for 24 hours. ASCII, at
   * most 64 characters. Derive it from what the call is for (`clientToken` in client-token.ts).
   */
  readonly clientToken: string;
}

export interface Tag {
  readonly tagKey: string;
  readonly tagValue: string;
}
