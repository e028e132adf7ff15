/**
 * permanent: the cloud refuses and will refuse again. auth: key, signature, clock or permission. quota: a limit of the account.
 * throttled: too many calls. conflict: the object is busy or in another state, read it again. absent: the cloud said in
 * its own words (an error code of its list) that there is no such object. mismatch: clientToken reused with other
 * parameters. unavailable: 5xx or no connection, nothing was done. ambiguous: sent, and no answer that tells.
 */
export type BceErrorKind =
  | "permanent"
  | "auth"
  | "quota"
  | "throttled"
  | "conflict"
  | "absent"
  | "mismatch"
  | "unavailable"
  | "ambiguous";

export interface BceErrorDetails {
  /** The cloud's own code, such as "NoSuchObject"; absent when there was no answer in its format. */
  readonly code?: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
  /** What the cloud's clock said, in milliseconds since the epoch. */
  readonly serverTime?: number;
  readonly cause?: unknown;
}

/** A call to Baidu AI Cloud that failed. The message names the operation, the cloud's words and its request id. */
export class BceError extends Error {
  override readonly name = "BceError";
  readonly kind: BceErrorKind;
  /** Product and action, such as "blb.create". */
  readonly operation: string;
  readonly code: string | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly serverTime: number | undefined;

  constructor(kind: BceErrorKind, operation: string, message: string, details: BceErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.operation = operation;
    this.code = details.code;
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
    this.serverTime = details.serverTime;
  }

  get retryable(): boolean {
    return ["throttled", "conflict", "unavailable", "ambiguous"].includes(this.kind);
  }
}

export function isBceError(error: unknown, ...kinds: readonly BceErrorKind[]): error is BceError {
  return error instanceof BceError && (kinds.length === 0 || kinds.includes(error.kind));
}
