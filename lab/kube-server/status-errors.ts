/** Failures as the API server words them: a Status object with a reason, a code and the causes. */
import type { Fields } from "./json.ts";
import { quote } from "./json.ts";

/** What an error is about: the resource's plural, its group and the object's name. */
export interface Subject {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly name: string;
}

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: number;
  readonly reason: string;
  readonly details: Fields | undefined;
  readonly metadata: Fields;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: number,
    reason: string,
    message: string,
    more: { details?: Fields; metadata?: Fields; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = more.details;
    this.metadata = more.metadata ?? {};
    this.headers = more.headers ?? {};
  }

  get status(): Fields {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: this.metadata,
      status: "Failure",
      message: this.message,
      ...(this.reason ? { reason: this.reason } : {}),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

const about = ({ name, group, plural }: Subject): Fields => ({
  ...(name ? { name } : {}),
  ...(group ? { group } : {}),
  kind: plural,
});

/** "deployments.apps", or "services" in the core group. */
const qualified = ({ plural, group }: Subject): string => (group ? `${plural}.${group}` : plural);

export function notFound(subject: Subject): ApiError {
  return new ApiError(404, "NotFound", `${qualified(subject)} ${quote(subject.name)} not found`, {
    details: about(subject),
  });
}

export function unknownPath(): ApiError {
  return new ApiError(404, "NotFound", "the server could not find the requested resource", { details: {} });
}

export function alreadyExists(subject: Subject): ApiError {
  return new ApiError(409, "AlreadyExists", `${qualified(subject)} ${quote(subject.name)} already exists`, {
    details: about(subject),
  });
}

export function conflict(subject: Subject, why: string): ApiError {
  return new ApiError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(subject)} ${quote(subject.name)}: ${why}`,
    { details: about(subject) },
  );
}

export const MODIFIED =
  "the object has been modified; please apply your changes to the latest version and try again" as const;

export function forbidden(subject: Subject, why: string, causes: readonly Cause[] = []): ApiError {
  return new ApiError(403, "Forbidden", `${qualified(subject)} ${quote(subject.name)} is forbidden: ${why}`, {
    details: { ...about(subject), ...(causes.length > 0 ? { causes } : {}) },
  });
}

/** A delete whose condition does not hold names the kind, not the resource. */
export function preconditionFailed(subject: Subject, what: string, wanted: string, found: string): ApiError {
  const hint = what === "UID" ? "deleted and then recreated" : "modified";
  const why = `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). The object might have been ${hint}`;
  return conflict({ ...subject, plural: subject.kind }, why);
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, "BadRequest", message);
}

export function bodyTooLarge(bytes: number): ApiError {
  return new ApiError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${bytes}`);
}

export function unauthorized(): ApiError {
  return new ApiError(401, "Unauthorized", "Unauthorized", { headers: { "www-authenticate": "Bearer" } });
}

export function methodNotAllowed(): ApiError {
  return new ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {
    details: {},
  });
}

export function unsupportedMediaType(message: string, details?: Fields): ApiError {
  return new ApiError(415, "UnsupportedMediaType", message, details ? { details } : {});
}

export function notAcceptable(message: string, details?: Fields): ApiError {
  return new ApiError(406, "NotAcceptable", message, details ? { details } : {});
}

export function expired(message: string, metadata?: Fields): ApiError {
  return new ApiError(410, "Expired", message, metadata ? { metadata } : {});
}

/** 422 with one cause for each field. */
export function invalid(subject: Subject, found: readonly Cause[]): ApiError {
  // A rule that is looked at twice is told once.
  const causes = [...new Map(found.map((cause) => [`${cause.field}: ${cause.message}`, cause])).values()];
  const kind = subject.group ? `${subject.kind}.${subject.group}` : subject.kind;
  return new ApiError(422, "Invalid", `${kind} ${quote(subject.name)} is invalid: ${listed(causes)}`, {
    details: {
      ...(subject.name ? { name: subject.name } : {}),
      ...(subject.group ? { group: subject.group } : {}),
      ...(subject.kind ? { kind: subject.kind } : {}),
      causes,
    },
  });
}

function listed(causes: readonly Cause[]): string {
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  return texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
}

/** A patch that cannot be made into an object. `shown`: the patch or the patched object, as text. */
export function invalidPatch(shown: string, why: string): ApiError {
  const message = `Invalid value: ${quote(shown)}: ${why}`;
  const cause = { reason: "FieldValueInvalid", message, field: "patch" };
  return new ApiError(422, "Invalid", ` "" is invalid: ${listed([cause])}`, { details: { causes: [cause] } });
}

/** A failure that the real server calls its own. `wrapped`: with the reason and a cause. */
export function internalError(message: string, wrapped = true): ApiError {
  if (!wrapped) return unexpected(message);
  const details = { causes: [{ message }] };
  return new ApiError(500, "InternalError", `Internal error occurred: ${message}`, { details });
}

/** What the real server answers with the status 500 and no reason, although it is the client's fault. */
export function unexpected(message: string): ApiError {
  return new ApiError(500, "", message);
}
