import { type HttpHeaders, type HttpResponse, jsonResponse } from "@ccm/base";

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
