import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { ServerRequest } from "@ccm/base";
import { type Refusal, refusal } from "../strictness.ts";
import { Fault } from "./fault.ts";
import { percentEncode, type Target } from "./wire.ts";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials: must come with each request. */
  readonly sessionToken?: string;
}

export interface Verifier {
  readonly nowMs: number;
  readonly clockAheadMs: number;
  readonly badDigest: Refusal;
  keyFor(accessKeyId: string): AccessKey | undefined;
}

const SECURITY_TOKEN = "x-bce-security-token";
const DEFAULT_NAMES = new Set(["host", "content-length", "content-type", "content-md5"]);

/** Checks bce-auth-v1 and returns the key that signed. Throws a Fault. */
export function verifySignature(request: ServerRequest, target: Target, verifier: Verifier): AccessKey {
  const header = request.headers.authorization ?? queryValue(target, "authorization");
  if (!header) throw new Fault(403, "AccessDenied", "Access denied: the request is not signed.");
  const { accessKeyId, time, expire, names, signature } = parse(header);
  const key = verifier.keyFor(accessKeyId);
  if (!key) throw new Fault(403, "InvalidAccessKeyId", "The Access Key ID you provided does not exist in our records.");
  checkTime(Date.parse(time), Number(expire) * 1000, verifier);
  const md5 = request.headers["content-md5"]?.trim();
  if (md5 && md5 !== createHash("md5").update(request.body).digest("base64")) {
    throw refusal(verifier.badDigest, "The Content-MD5 you specified did not match what we received.");
  }
  if (key.sessionToken !== undefined) {
    const token = request.headers[SECURITY_TOKEN] ?? queryValue(target, SECURITY_TOKEN) ?? "";
    if (!equal(key.sessionToken, token)) {
      throw new Fault(403, "InvalidAccessKeyId", "The session token does not belong to this access key.");
    }
  }
  const signingKey = hmac(key.secretAccessKey, `bce-auth-v1/${accessKeyId}/${time}/${expire}`);
  const matches = readingsOf(names).some((includes) =>
    equal(hmac(signingKey, canonicalRequest(request, target, includes)), signature),
  );
  if (matches) return key;
  throw new Fault(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided.",
  );
}

function parse(header: string) {
  const parts = header.trim().split("/");
  const [version, accessKeyId = "", time = "", expire = "", names = "", signature = ""] = parts;
  const wellFormed =
    parts.length === 6 &&
    version === "bce-auth-v1" &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time) &&
    Number.isFinite(Date.parse(time)) &&
    /^\d{1,9}$/.test(expire);
  if (wellFormed) return { accessKeyId, time, expire, names, signature };
  throw new Fault(
    400,
    "InvalidHTTPAuthHeader",
    "The HTTP authorization header is invalid. Consult the service documentation for details.",
  );
}

function checkTime(signedAt: number, validMs: number, { nowMs, clockAheadMs }: Verifier): void {
  if (signedAt + validMs < nowMs) throw new Fault(400, "RequestExpired", "Request has expired.");
  if (signedAt <= nowMs + clockAheadMs) return;
  throw new Fault(
    403,
    "RequestTimeTooSkewed",
    "The difference between the request time and the server's time is too large.",
  );
}

/** Which headers the signature may cover. Official SDKs differ: some sign every x-bce-* header, named or not. */
function readingsOf(names: string): readonly ((name: string) => boolean)[] {
  const isBce = (name: string) => name.startsWith("x-bce-") && name !== "x-bce-request-id";
  if (names === "") {
    return [
      (name) => DEFAULT_NAMES.has(name) || isBce(name),
      (name) => DEFAULT_NAMES.has(name) || name.startsWith("x-bce-"),
    ];
  }
  const named = new Set(names.toLowerCase().split(";"));
  return [(name) => named.has(name), (name) => named.has(name) || isBce(name)];
}

function canonicalRequest(request: ServerRequest, target: Target, includes: (name: string) => boolean): string {
  const path = percentEncode(target.path).replaceAll("%2F", "/");
  const query = target.query
    .filter(([name]) => name.toLowerCase() !== "authorization")
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort(byBytes)
    .join("&");
  const lines = Object.entries(request.headers)
    .filter(([name, value]) => includes(name) && value.trim() !== "")
    .map(([name, value]) => `${percentEncode(name)}:${percentEncode(value.trim())}`)
    .sort(byBytes);
  return [request.method.toUpperCase(), path, query, lines.join("\n")].join("\n");
}

function queryValue({ query }: Target, wanted: string): string | undefined {
  return query.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

function hmac(key: string, message: string): string {
  return createHmac("sha256", key).update(message).digest("hex");
}

function equal(expected: string, given: string): boolean {
  const a = new TextEncoder().encode(expected);
  const b = new TextEncoder().encode(given);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Both are ASCII by then. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
