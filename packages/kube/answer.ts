import { TimeoutError, TransportError } from "@ccm/base";
import { KubeError, type KubeErrorCode } from "./error.ts";
import type { Status } from "./types/meta.ts";

const BY_REASON: Readonly<Record<string, KubeErrorCode>> = {
  NotFound: "not_found",
  AlreadyExists: "already_exists",
  Conflict: "conflict",
  Gone: "gone",
  Expired: "gone",
  Invalid: "invalid",
  BadRequest: "invalid",
  Forbidden: "forbidden",
  Unauthorized: "unauthorized",
  TooManyRequests: "throttled",
  Timeout: "timeout",
  ServerTimeout: "timeout",
  ServiceUnavailable: "unavailable",
  InternalError: "unavailable",
};

const BY_STATUS: Readonly<Record<number, KubeErrorCode>> = {
  400: "invalid",
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  410: "gone",
  422: "invalid",
  429: "throttled",
  504: "timeout",
};

/** A refusal of the server as an error. `what` names the call: "patch services default/web at https://kubernetes:443". */
export function refusal(
  what: string,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): KubeError {
  const body = statusOf(text);
  const code = BY_REASON[body?.reason ?? ""] ?? BY_STATUS[status] ?? (status >= 500 ? "unavailable" : "unexpected");
  const said = body?.message || text.trim().replace(/\s+/g, " ").slice(0, 200) || "no message";
  const seconds = Number(headers["retry-after"] ?? body?.details?.retryAfterSeconds);
  return new KubeError(code, `${what}: ${said} (HTTP ${status})`, {
    status,
    ...(body ? { body } : {}),
    ...(seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {}),
  });
}

/** What a transport threw as an error that says whether the call may have been carried out. */
export function noAnswer(what: string, error: unknown): KubeError {
  if (error instanceof KubeError) return error;
  if (error instanceof TransportError) {
    const code = error.maybeSent ? "lost" : "unreachable";
    return new KubeError(code, `${what}: ${withoutServer(what, error.message)}`, { cause: error });
  }
  if (error instanceof TimeoutError) return new KubeError("lost", error.message, { cause: error });
  const text = error instanceof Error ? error.message : String(error);
  return new KubeError("unexpected", `${what}: ${text}`, { cause: error });
}

/** Transports begin with "host:port: ", which `what` has said. */
function withoutServer(what: string, text: string): string {
  const end = text.indexOf(": ");
  return end > 0 && what.includes(text.slice(0, end)) ? text.slice(end + 2) : text;
}

export function statusOf(text: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "kind" in value && value.kind === "Status")
      return value as Status;
  } catch {
    // Not JSON: a proxy's page, or nothing.
  }
  return undefined;
}
