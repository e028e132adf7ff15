import { inspect } from "node:util";
import { type Authority, secretsOf } from "./credentials.ts";
import { encode } from "./signing.ts";

/** Shorter texts are not keys, and would be found by chance in the middle of words. */
const SHORTEST_KEY = 8;
const REDACTED = "[redacted]";

/**
 * Removes what a text from outside may quote of our request: keys, tokens and the Authorization header. Clouds and
 * proxies do quote them, above all when they explain why a signature is wrong.
 */
export function redactor(authority: Authority | undefined): (text: string) => string {
  const secrets = secretsOf(authority).filter((secret) => secret.length >= SHORTEST_KEY);
  return (text) => {
    let clean = text.replace(/bce-auth-v1\/[^\s"']*/g, `bce-auth-v1/${REDACTED}`);
    for (const secret of secrets) clean = clean.replaceAll(secret, REDACTED).replaceAll(encode(secret), REDACTED);
    return clean;
  };
}

/** The cause of an error, unless printing it would show a secret. */
export function safeCause(cause: unknown, redact: (text: string) => string): { readonly cause?: unknown } {
  const printed = inspect(cause, { depth: 8, showHidden: true, maxStringLength: null, maxArrayLength: null });
  return redact(printed) === printed ? { cause } : {};
}
