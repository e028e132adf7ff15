import { BceError, type BceErrorKind } from "./error.ts";

/** The codes with which a product says, in its own words, that an object does not exist. A bare 404 says nothing. */
const ABSENT: ReadonlySet<string> = new Set([
  "NoSuchObject",
  "ResourceNotFound",
  "ResourceNotfound",
  "ResourceNotFoundException",
  "InstanceNotFound",
  "InstanceNotExist",
  "InvalidInstanceId.NotFound",
  "Forbidden.InstanceNotFound",
  "BlbNotFound",
  "ResourceNotExist",
  "EipNotFound",
  "NoSuchNat",
  "cce.warning.NoSuchObject",
  "cce.warning.ClusterNotFound",
  "cce.warning.InstanceNotFound",
  "cce.warning.InstanceGroupNotFound",
  "Cce.warning.ClusterNotExist",
]);

const AUTH: ReadonlySet<string> = new Set([
  "AccessDenied",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "InvalidHTTPAuthHeader",
  "RequestExpired",
  "RequestTimeTooSkewed",
  "OptInRequired",
  "QualifyNotPass",
  "cce.warning.AccessDenied",
  "cce.warning.Unauthorized",
]);

/** States that pass by themselves or after a re-read. */
const CONFLICT: ReadonlySet<string> = new Set([
  "RouteRuleRepeated",
  "LastOperationNotFinished",
  "OperationDenied",
  "UnsupportedOperation",
  "PreconditionFailed",
  "ListenerAlreadyExist",
  "BackendServerAlreadyExist",
  "Instance.ReleaseWhileCreating",
]);

/** What an answer of at least 400 means. */
export function kindOf(status: number, code: string | undefined): BceErrorKind {
  if (code !== undefined) {
    if (ABSENT.has(code)) return "absent";
    if (AUTH.has(code)) return "auth";
    if (code === "IdempotentParameterMismatch") return "mismatch";
    if (/RateLimit|Throttl|RequestLimitExceeded|TooManyRequests|FlowLimit/i.test(code)) return "throttled";
    if (status === 429) return "throttled";
    if (/Quota|Limit|Exceed/i.test(code)) return "quota";
    if (CONFLICT.has(code)) return "conflict";
  }
  if (status === 429) return "throttled";
  if (status === 409) return "conflict";
  if (status === 401 || status === 403) return "auth";
  if (status === 503) return "unavailable";
  // A 500 or a gateway's 502 and 504 may come after the work was done.
  if (status >= 500) return "ambiguous";
  return "permanent";
}

/** A refusal as an error. `text` is the body, whatever it is. */
export function refusal(
  operation: string,
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
): BceError {
  const body = parseBody(text);
  const code = textOf(body?.code);
  const requestId = textOf(body?.requestId) ?? headers["x-bce-request-id"];
  const said = code
    ? `${code}: ${textOf(body?.message) ?? "no message"}`
    : `HTTP ${status} without an error in the cloud's format (a proxy, or a wrong endpoint?)`;
  const retryAfter = Number(headers["retry-after"]);
  const serverTime = Date.parse(headers.date ?? "");
  return new BceError(
    kindOf(status, code),
    operation,
    `${operation}: ${said} (http ${status}${requestId ? `, request id ${requestId}` : ""})`,
    {
      ...(code ? { code } : {}),
      status,
      ...(requestId ? { requestId } : {}),
      ...(headers["retry-after"] && retryAfter >= 0 ? { retryAfterMs: retryAfter * 1000 } : {}),
      ...(Number.isFinite(serverTime) ? { serverTime } : {}),
    },
  );
}

export function parseBody(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
