import { badRequest, Fault } from "./fault.ts";

type Body = Readonly<Record<string, unknown>>;

/** null and absent are the same in this API. */
export function text(body: Body, field: string): string | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw mistyped(field, "a string");
}

export function requiredText(body: Body, field: string): string {
  const value = text(body, field);
  if (value === undefined || value === "") throw missing(field);
  return value;
}

/** Whole numbers; numeric strings are taken as well, as older clients send them. */
export function integer(body: Body, field: string, min: number, max: number): number | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number)) throw mistyped(field, "an integer");
  if (number < min || number > max) throw badRequest(`${field}: ${number} is out of range, expected ${min} to ${max}.`);
  return number;
}

export function requiredInteger(body: Body, field: string, min: number, max: number): number {
  const value = integer(body, field, min, max);
  if (value === undefined) throw missing(field);
  return value;
}

export function boolean(body: Body, field: string): boolean | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "boolean") return value;
  throw mistyped(field, "a boolean");
}

export function list(body: Body, field: string): readonly unknown[] | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value;
  throw mistyped(field, "a list");
}

export function objects(body: Body, field: string): readonly Body[] | undefined {
  return list(body, field)?.map((entry) => {
    if (typeof entry === "object" && entry !== null && !Array.isArray(entry)) return entry as Body;
    throw mistyped(field, "a list of objects");
  });
}

export function texts(body: Body, field: string): readonly string[] | undefined {
  return list(body, field)?.map((entry) => {
    if (typeof entry === "string") return entry;
    throw mistyped(field, "a list of strings");
  });
}

export interface Tag {
  readonly tagKey: string;
  readonly tagValue: string;
}

/** Keys of 1 to 65, values of up to 65 characters: letters, digits, Chinese, `-_ /.` */
export function tags(body: Body): readonly Tag[] {
  const allowed = /^[\p{L}\p{N}\-_ /.]*$/u;
  return (objects(body, "tags") ?? []).map((entry) => {
    const tagKey = requiredText(entry, "tagKey");
    const tagValue = text(entry, "tagValue") ?? "";
    if (tagKey.length > 65 || tagValue.length > 65 || !allowed.test(tagKey) || !allowed.test(tagValue)) {
      throw badRequest(`tag ${tagKey}: expected at most 65 letters, digits and "-_ /."`);
    }
    return { tagKey, tagValue };
  });
}

/** Names of load balancers and addresses. */
export function resourceName(body: Body): string | undefined {
  const name = text(body, "name");
  if (name === undefined || name === "") return undefined;
  if (/^[A-Za-z][A-Za-z0-9\-_/.]{0,64}$/.test(name)) return name;
  throw badRequest(`name: "${name}" is not valid: 1 to 65 characters, a letter first, then letters, digits and -_/.`);
}

function missing(field: string): Fault {
  return new Fault(400, "InappropriateJSON", `${field} is required.`);
}

function mistyped(field: string, expected: string): Fault {
  return new Fault(400, "InappropriateJSON", `${field}: expected ${expected}.`);
}
