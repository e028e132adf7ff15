import type { HttpHeaders } from "@ccm/base";
import { CloudError, type CloudErrorCode } from "./error.ts";

const CODES: Readonly<Record<number, CloudErrorCode>> = {
  404: "absent",
  408: "ambiguous",
  409: "conflict",
  412: "conflict",
  425: "retryable",
  429: "throttled",
  502: "ambiguous",
  504: "ambiguous",
};

/**
 * What an HTTP status says when the cloud's API has no error codes of its own, or none for this. `message` should say what
 * was asked and what the cloud answered. Retry-After is honoured when it is a number of seconds.
 */
export function cloudErrorOfStatus(status: number, message: string, headers: HttpHeaders = {}): CloudError {
  const code = CODES[status] ?? (status >= 500 ? "retryable" : "permanent");
  const seconds = /^\d+$/.test(headers["retry-after"] ?? "") ? Number(headers["retry-after"]) : 0;
  return new CloudError(code, message, seconds > 0 ? { retryAfterMs: seconds * 1000 } : {});
}
