/** Who waits for a call: lanes are served in this order when a limit is reached. `delete` also has a reserve of its own. */
export type Lane = "delete" | "user" | "backend" | "resync";

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
