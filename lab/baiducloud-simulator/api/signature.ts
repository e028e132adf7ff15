import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { ServerRequest } from "@ccm/base";
import { Fault } from "./fault.ts";
import type { Target } from "./wire.ts";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials: must come with each request. */
  readonly sessionToken?: string;
}

/** How far a client's clock may be ahead. Not published; a sane default. */
const SKEW_MS = 900_000;

/** Checks bce-auth-v1 and returns the key that signed. Throws a Fault. */
export function verifySignature(
  request: ServerRequest,
  target: Target,
  nowMs: number,
  keyFor: (accessKeyId: string) => AccessKey | undefined,
): AccessKey {
  const given = target.query.find(([name]) => name.toLowerCase() === "authorization")?.[1];
  const header = request.headers.authorization ?? given;
  if (!header) throw new Fault(403, "AccessDenied", "Access denied: the request is not signed.");
  const parts = header.split("/");
  const [version, accessKeyId = "", time = "", expire = "", names = "", signature = ""] = parts;
  const at = Date.parse(time);
  if (parts.length !== 6 || version !== "bce-auth-v1" || !/^\d{1,9}$/.test(expire) || !Number.isFinite(at)) {
    throw new Fault(
      400,
      "InvalidHTTPAuthHeader",
      "The HTTP authorization header is invalid. Consult the service documentation for details.",
    );
  }
  const key = keyFor(accessKeyId);
  if (!key) throw new Fault(403, "InvalidAccessKeyId", "The Access Key ID you provided does not exist in our records.");
  if (at + Number(expire) * 1000 < nowMs) throw new Fault(400, "RequestExpired", "Request has expired.");
  if (at > nowMs + SKEW_MS) {
    throw new Fault(
      403,
      "RequestTimeTooSkewed",
      "The difference between the request time and the server's time is too large.",
    );
  }
  const md5 = request.headers["content-md5"];
  if (md5 && md5.trim() !== createHash("md5").update(request.body).digest("base64")) {
    throw new Fault(400, "BadDigest", "The Content-MD5 you specified did not match what we received.");
  }
  if (key.sessionToken !== undefined && request.headers["x-bce-security-token"] !== key.sessionToken) {
    throw new Fault(403, "InvalidAccessKeyId", "The session token does not belong to this access key.");
  }
  const signingKey = hmac(key.secretAccessKey, `bce-auth-v1/${accessKeyId}/${time}/${expire}`);
  const named = names === "" ? undefined : new Set(names.toLowerCase().split(";"));
  // Some SDKs sign every x-bce-* header whether they name it or not: both readings are accepted.
  const readings = named
    ? [(name: string) => named.has(name), (name: string) => named.has(name) || isBce(name)]
    : [isDefault];
  const matches = readings.some((included) => equal(hmac(signingKey, canonical(request, target, included)), signature));
  if (matches) return key;
  throw new Fault(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided.",
  );
}

/** The Authorization header of a request that signs all its headers, in lower case: as CCE's gateway signs for others. */
export function signatureOf(
  request: Pick<ServerRequest, "method" | "headers">,
  target: Target,
  key: AccessKey,
  nowMs: number,
): string {
  const time = new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z");
  const prefix = `bce-auth-v1/${key.accessKeyId}/${time}/1800`;
  const names = Object.keys(request.headers).sort(byBytes);
  const text = canonical(request, target, (name) => names.includes(name));
  return `${prefix}/${names.join(";")}/${hmac(hmac(key.secretAccessKey, prefix), text)}`;
}

function canonical(
  request: Pick<ServerRequest, "method" | "headers">,
  target: Target,
  included: (name: string) => boolean,
): string {
  const path = percent(target.path).replaceAll("%2F", "/");
  const query = target.query
    .filter(([name]) => name.toLowerCase() !== "authorization")
    .map(([name, value]) => `${percent(name)}=${percent(value)}`)
    .sort(byBytes)
    .join("&");
  const lines = Object.entries(request.headers)
    .filter(([name, value]) => included(name) && value.trim() !== "")
    .map(([name, value]) => `${percent(name)}:${percent(value.trim())}`)
    .sort(byBytes);
  return [
    request.method.toUpperCase(),
    path.startsWith("/") ? path : `/${path}`,
    query,
    ...(lines.length > 0 ? lines : [""]),
  ].join("\n");
}

function isBce(name: string): boolean {
  return name.startsWith("x-bce-") && name !== "x-bce-request-id";
}

function isDefault(name: string): boolean {
  // Without a list of names every x-bce-* header counts, the request id included.
  return ["host", "content-length", "content-type", "content-md5"].includes(name) || name.startsWith("x-bce-");
}

/** UTF-8 bytes; only A–Z a–z 0–9 - _ . ~ stay as they are. */
function percent(value: string): string {
  if (/^[A-Za-z0-9\-_.~]*$/.test(value)) return value;
  let out = "";
  for (const byte of new TextEncoder().encode(value)) {
    const char = String.fromCharCode(byte);
    out += /[A-Za-z0-9\-_.~]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}

function hmac(key: string, message: string): string {
  return createHmac("sha256", key).update(message).digest("hex");
}

function equal(expected: string, given: string): boolean {
  const a = new TextEncoder().encode(expected);
  const b = new TextEncoder().encode(given);
  return a.length === b.length && timingSafeEqual(a, b);
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
