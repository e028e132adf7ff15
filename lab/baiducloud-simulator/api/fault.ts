/** A refusal in the cloud's own words. Codes: Baidu's common error table, and what its SDKs and products know. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function badRequest(message: string): Fault {
  return new Fault(400, "BadRequest", message);
}

export function noSuchObject(what: string): Fault {
  return new Fault(404, "NoSuchObject", `The specified object is not found or resource do not exist: ${what}.`);
}

/** The state does not allow it. The codes for most of these are not published. */
export function denied(message: string): Fault {
  return new Fault(409, "OperationDenied", message);
}

export function quotaExceeded(what: string): Fault {
  return new Fault(403, "QuotaLimitExceeded", `The quota of ${what} is used up.`);
}
