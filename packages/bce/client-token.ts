import { createHash } from "node:crypto";

/**
 * The clientToken of a mutation, from what it is for (the Service's UID, the facet, the attempt): the same purpose gives
 * the same token after a crash, and the cloud then answers with what it did before. 64 hex digits, the API's limit.
 */
export function clientToken(...purpose: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(purpose)).digest("hex");
}
