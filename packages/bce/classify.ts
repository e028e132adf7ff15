import { BceError, type BceErrorKind } from "./error.ts";

/** The codes with which a product says, in its own words, that an object does not exist. A bare 404 says nothing. */
const ABSENT: ReadonlySet<string> = new Set([
  "NoSuchObject",
  "NotFound",
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

/** States that pass by themselves, or that a look at the object explains. */
const CONFLICT: ReadonlySet<string> = new Set([
  "RouteRuleRepeated",
  "LastOperationNotFinished",
  "OperationDenied",
  "UnsupportedOperation",
  "PreconditionFailed",
  "ListenerAlreadyExist",
  "BackendServerAlreadyExist",
  "SUBNET_INUSE",
  "SECURITYGROUP_INUSE",
  "SecurityGroup.InstancesAssociatedSecurityGroupCanNotBeDeleted",
  "NotAllowOperateSubnet",
  "NotAllowDeleteVpc",
  "ResourceNeedRelease",
  "PrivateIpInUseException",
  "Volume.DiskNotAttachedInstance",
  "Instance.ReleaseWhileCreating",
  "Instance.StartInstanceOperationForbidden",
  "Instance.StopInstanceOperationForbidden",
  "Instance.StartInstanceWhenCreating",
  "Instance.StartExpiredInstance",
]);

const THROTTLED = /RateLimit|Throttl|RequestLimitExceeded|TooManyRequests|FlowLimit/i;

/**
 * What an answer of at least 400 means. `message` is looked at only for throttling: Baidu's own controllers recognise
 * it by "RateLimit" anywhere in the error's text.
 */
export function kindOf(status: number, code: string | undefined, read: boolean, message = ""): BceErrorKind {
  if (status === 429) return "throttled";
  if (code !== undefined) {
    if (ABSENT.has(code) && status < 500) return "absent";
    if (AUTH.has(code)) return "auth";
    if (code === "IdempotentParameterMismatch") return "mismatch";
    if (THROTTLED.test(code) || message.includes("RateLimit")) return "throttled";
    if (/Quota|Limit|Exceed/i.test(code)) return "quota";
    if (CONFLICT.has(code)) return "conflict";
    if (code.endsWith("ClusterAPIServerUnavailable")) return "unavailable";
  }
  if (status === 409) return "conflict";
  if (status === 401 || status === 403) return "auth";
  if (status === 503) return "unavailable";
  // A 500, or a gateway's 502 and 504, may come after the work was done.
  if (status >= 500) return read ? "unavailable" : "ambiguous";
  return "permanent";
}

/** Any answer that is not a success, its body read as text. */
export interface RefusedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/**
 * A refusal as an error. `now` is our clock as the cloud would show it, in milliseconds: for a Retry-After that is a
 * date and comes without a Date. What the cloud wrote goes through `redact` before anything else sees it.
 */
export function refusal(
  call: { readonly operation: string; readonly endpoint: string; readonly read: boolean },
  { status, headers, text }: RefusedAnswer,
  now: number,
  redact: (text: string) => string,
): BceError {
  const { operation, read } = call;
  const body = parseBody(text);
  // Redacted after parsing: JSON's escapes would hide a key that is quoted in the raw text.
  const said = (value: unknown) => (typeof value === "string" && value !== "" ? redact(value) : undefined);
  const code = tokenOf(said(body?.code));
  const requestId = tokenOf(said(body?.requestId)) ?? tokenOf(said(headers["x-bce-request-id"]));
  const message = oneLine(said(body?.message) ?? "no message");
  const answer = code
    ? `${code}: ${message}`
    : `${call.endpoint} answered without an error in the cloud's format (a proxy, or a wrong endpoint?)`;
  const serverTime = Date.parse(headers.date ?? "");
  const retryAfterMs = retryAfter(headers["retry-after"], Number.isFinite(serverTime) ? serverTime : now);
  return new BceError(
    kindOf(status, code, read, message),
    operation,
    `${operation}: ${answer} (${requestId ? `request id ${requestId}, ` : ""}http ${status})`,
    {
      ...(code ? { code } : {}),
      status,
      ...(requestId ? { requestId } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(Number.isFinite(serverTime) ? { serverTime } : {}),
    },
  );
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3), as milliseconds from now. */
function retryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // A date begins with the name of its weekday; Date.parse would also read "-1" as one.
  const at = /^[A-Za-z]/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isFinite(at) ? Math.max(0, at - now) : undefined;
}

/** For people: no line breaks or control characters, and no page of HTML. */
function oneLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length > 500 ? `${line.slice(0, 500)}…` : line;
}

/** A code or an id. They become labels of metrics, so nothing that only looks like one passes. */
function tokenOf(value: unknown): string | undefined {
  return typeof value === "string" && /^[\w.-]{1,80}$/.test(value) ? value : undefined;
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
