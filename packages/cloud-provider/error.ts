/**
 * permanent: the same call will fail again until somebody changes something. retryable: try later. throttled: the cloud
 * asked to slow down. conflict: somebody else changed it, read again. absent: no such thing. ambiguous: sent, no answer.
 * elsewhere: another controller does this one; not an error for users.
 */
export type CloudErrorCode =
  | "permanent"
  | "retryable"
  | "throttled"
  | "conflict"
  | "absent"
  | "ambiguous"
  | "elsewhere";

export class CloudError extends Error {
  override readonly name = "CloudError";
  readonly code: CloudErrorCode;
  /** Try again exactly after this long, whatever the backoff says. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: CloudErrorCode,
    message: string,
    details: { readonly cause?: unknown; readonly retryAfterMs?: number } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retryAfterMs = details.retryAfterMs;
  }

  get retryable(): boolean {
    return this.code !== "permanent" && this.code !== "elsewhere";
  }
}

/** The first CloudError in a chain of causes. */
export function cloudErrorOf(error: unknown): CloudError | undefined {
  let current = error;
  for (let depth = 0; depth < 10 && current instanceof Error; depth++) {
    if (current instanceof CloudError) return current;
    current = current.cause;
  }
  return undefined;
}
