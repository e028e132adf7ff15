import { Fault } from "./fault.ts";

/** A request target taken apart without the help of a URL class, which would normalise what the signature covers. */
export interface Target {
  /** Decoded. */
  readonly path: string;
  /** Decoded, in the order sent; a parameter without "=" has "". */
  readonly query: readonly (readonly [string, string])[];
}

/** More is no call of anybody's. */
const MAX_PARAMETERS = 1000;
const MAX_DEPTH = 64;
const MAX_FIELDS = 100_000;

export function parseTarget(target: string): Target {
  const cut = target.indexOf("?");
  const rawPath = cut < 0 ? target : target.slice(0, cut);
  const rawQuery = cut < 0 ? "" : target.slice(cut + 1);
  const parts = rawQuery.split("&", MAX_PARAMETERS + 1).filter((part) => part !== "");
  if (parts.length > MAX_PARAMETERS)
    throw new Fault(400, "BadRequest", `expected at most ${MAX_PARAMETERS} parameters.`);
  const query = parts.map((part) => {
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? "" : part.slice(equals + 1);
    return [decode(name.replaceAll("+", "%20")), decode(value.replaceAll("+", "%20"))] as const;
  });
  return { path: decodePath(rawPath), query };
}

/** A segment that is decoded has no slash, names no other folder and has no control character. */
function decodePath(raw: string): string {
  const segments = raw.split("/").map(decode);
  for (const segment of segments) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for.
    if (/^\.\.?$|[/\\\x00-\x1f\x7f]/.test(segment)) throw unreadable();
  }
  return segments.join("/");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable();
  }
}

function unreadable(): Fault {
  return new Fault(400, "InvalidURI", "Could not parse the specified URI.");
}

/** What a handler reads of a request. */
export interface Input {
  readonly method: string;
  readonly path: string;
  /** First value of a parameter; undefined when absent. */
  param(name: string): string | undefined;
  /** Whether a bare flag such as `bind` is there. */
  has(name: string): boolean;
  readonly body: Readonly<Record<string, unknown>>;
  /** The body of the few calls that send a bare list; `body` is empty then. */
  readonly list?: readonly unknown[];
}

export function inputOf(method: string, { path, query }: Target, bytes: Uint8Array): Input {
  const first = new Map<string, string>();
  for (const [name, value] of query) if (!first.has(name)) first.set(name, value);
  const json = parseBody(bytes);
  const body = Array.isArray(json) ? { body: {}, list: json } : { body: json as Readonly<Record<string, unknown>> };
  return { method, path, param: (name) => first.get(name), has: (name) => first.has(name), ...body };
}

function parseBody(bytes: Uint8Array): object {
  if (bytes.length === 0) return {};
  checkDepth(bytes);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Fault(400, "MalformedJSON", "The JSON you provided was not well-formed.");
  }
  if (typeof value === "object" && value !== null) return value;
  throw new Fault(400, "InappropriateJSON", "The JSON you provided was well-formed and valid, but not appropriate.");
}

/** Before it is parsed: whatever walks the value later, walks it recursively. */
function checkDepth(bytes: Uint8Array): void {
  let depth = 0;
  let fields = 0;
  let inText = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (inText) {
      if (byte === 0x5c) index++;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
    else if (byte === 0x2c) fields++;
    if (depth > MAX_DEPTH || fields > MAX_FIELDS)
      throw new Fault(400, "InappropriateJSON", `expected at most ${MAX_DEPTH} levels and ${MAX_FIELDS} values.`);
  }
}
