import type { Status } from "./types/meta.ts";

/**
 * not_found, already_exists, conflict, gone, invalid, forbidden, unauthorized, throttled, timeout, unavailable: the
 * server's answer. unreachable: no answer, and the request was never sent. lost: no answer, and it may have been carried out.
 */
export type KubeErrorCode =
  | "not_found"
  | "already_exists"
  | "conflict"
  | "gone"
  | "invalid"
  | "forbidden"
  | "unauthorized"
  | "throttled"
  | "timeout"
  | "unavailable"
  | "unreachable"
  | "lost"
  | "lost_lease"
  | "config"
  | "unexpected";

export interface KubeErrorDetails {
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  readonly body?: Status;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly code: KubeErrorCode;
  readonly status: number | undefined;
  readonly body: Status | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: KubeErrorCode, message: string, details: KubeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.body = details.body;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get retryable(): boolean {
    return ["throttled", "timeout", "unavailable", "unreachable", "lost"].includes(this.code);
  }
}

export function hasCode(error: unknown, ...codes: readonly KubeErrorCode[]): boolean {
  return error instanceof KubeError && codes.includes(error.code);
}
