import { createHash, createHmac } from "node:crypto";
import type { Secret } from "@ccm/base";

/** The parts of a request that bce-auth-v1 signs. */
export interface SignableRequest {
  readonly method: string;
  /** Decoded: "/v1/blb". */
  readonly path: string;
  /** Decoded. A parameter without a value has "". */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
}

export interface SigningOptions {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  /** Milliseconds since the epoch; only whole seconds go into the signature. */
  readonly time: number;
  /** How long the signature is good for. Default 1800, as in the SDKs. */
  readonly expireSeconds?: number;
  /** Header names to sign. Default: host, content-length, content-type, content-md5 and every x-bce-* but x-bce-request-id. */
  readonly headersToSign?: readonly string[];
}

const DEFAULT_HEADERS: ReadonlySet<string> = new Set(["host", "content-length", "content-type", "content-md5"]);

/** `YYYY-MM-DDThh:mm:ssZ`: how this API writes times. */
export function bceTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d+Z$/, "Z");
}

/** The Authorization header of a request. */
export function authorization(request: SignableRequest, options: SigningOptions): string {
  const { accessKeyId, secretAccessKey, time, expireSeconds = 1800, headersToSign } = options;
  const prefix = `bce-auth-v1/${accessKeyId}/${bceTime(time)}/${expireSeconds}`;
  const { text, signedHeaders } = canonicalRequest(request, headersToSign);
  // The key is used as its hex text, not as the bytes it stands for.
  const signingKey = hmac(secretAccessKey.reveal(), prefix);
  return `${prefix}/${signedHeaders}/${hmac(signingKey, text)}`;
}

/** What the signature covers, and the names of the headers in it. */
export function canonicalRequest(
  request: SignableRequest,
  headersToSign?: readonly string[],
): { readonly text: string; readonly signedHeaders: string } {
  const chosen = headersToSign ? new Set(headersToSign.map((name) => name.toLowerCase())) : undefined;
  const headers = Object.entries(request.headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .filter(([name, value]) => value !== "" && (chosen ? chosen.has(name) : isDefault(name)));
  // Lines are sorted as lines, names as names: ":" sorts after "-", so the two orders differ.
  const lines = headers.map(([name, value]) => `${encode(name)}:${encode(value)}`).sort(bytewise);
  const query = request.query
    .filter(([name]) => name.toLowerCase() !== "authorization")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort(bytewise);
  const path = encodePath(request.path);
  return {
    text: `${request.method.toUpperCase()}\n${path}\n${query.join("&")}\n${lines.join("\n")}`,
    signedHeaders: headers
      .map(([name]) => name)
      .sort(bytewise)
      .join(";"),
  };
}

/** RFC 3986: everything but letters, digits and `-_.~`. encodeURIComponent leaves `!'()*` alone, this API does not. */
export function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export function encodePath(path: string): string {
  const encoded = encode(path).replaceAll("%2F", "/");
  return encoded.startsWith("/") ? encoded : `/${encoded}`;
}

/** Base64 of the MD5 of a body, for content-md5: the only way that the body takes part in the signature. */
export function contentMd5(body: string): string {
  return createHash("md5").update(body, "utf8").digest("base64");
}

function isDefault(name: string): boolean {
  return DEFAULT_HEADERS.has(name) || (name.startsWith("x-bce-") && name !== "x-bce-request-id");
}

function hmac(key: string, message: string): string {
  return createHmac("sha256", key).update(message, "utf8").digest("hex");
}

function bytewise(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
