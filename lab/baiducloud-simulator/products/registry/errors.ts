import { type HttpHeaders, type HttpResponse, jsonResponse, type Logger } from "@ccm/base";
import { Fault } from "../../api/fault.ts";

/** A refusal in the words of the distribution API, which are not those of the cloud's. */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly status: number;
  readonly code: string;
  readonly headers: HttpHeaders;

  constructor(status: number, code: string, message: string, headers: HttpHeaders = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export const denied = (message: string): RegistryError => new RegistryError(403, "DENIED", message);
export const unknownBlob = (digest: string): RegistryError =>
  new RegistryError(404, "BLOB_UNKNOWN", `blob ${digest} is not in the repository`);
export const badDigest = (message: string): RegistryError => new RegistryError(400, "DIGEST_INVALID", message);

export function refusalOf({ status, code, message, headers }: RegistryError): HttpResponse {
  return jsonResponse(status, { errors: [{ code, message }] }, headers);
}

/** What the codes of the cloud are in the distribution API; others, such as a rule may name, stay as they are. */
const CODES: Readonly<Record<string, string>> = {
  InvalidURI: "NAME_INVALID",
  BadRequest: "UNSUPPORTED",
  AccessDenied: "DENIED",
  QuotaLimitExceeded: "DENIED",
  NoSuchObject: "NAME_UNKNOWN",
  OperationDenied: "UNSUPPORTED",
  RateLimitExceeded: "TOOMANYREQUESTS",
  ServiceUnavailable: "UNAVAILABLE",
  InternalError: "UNKNOWN",
};

export function refusedBy(error: unknown, logger: Logger): RegistryError {
  if (error instanceof RegistryError) return error;
  if (error instanceof Fault)
    return new RegistryError(error.status, CODES[error.code] ?? error.code, error.message, error.headers);
  logger.error("the simulated registry failed", { error });
  return new RegistryError(500, "UNKNOWN", "internal error");
}
