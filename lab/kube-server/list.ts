/** Lists, page by page; all pages show the state of the first one's revision. */
import { type Fields, isFields, type Stored } from "./json.ts";
import type { Resource } from "./resource.ts";
import type { Selection } from "./selection.ts";
import { ApiError, badRequest, expired } from "./status-errors.ts";
import { lowerBound, type Store } from "./store.ts";

export interface Page {
  readonly items: readonly Stored[];
  /** The list's metadata. */
  readonly metadata: Fields;
}

interface Token {
  /** -1: continue in the newest state. */
  readonly revision: number;
  /** The first key of the next page. */
  readonly start: string;
}

const TOO_OLD =
  "The provided continue parameter is too old to display a consistent list result. Start a new list without it, or use the continue token in this response to go on with an inconsistent list.";

/** Throws a 400 for parameters that make no sense and a 410 for a page or revision that is forgotten. */
export function listPage(store: Store, resource: Resource, selection: Selection, query: URLSearchParams): Page {
  const limit = count(query.get("limit"));
  const token = query.get("continue") ? readToken(query.get("continue") ?? "") : undefined;
  const wanted = wantedRevision(store, query, token);
  const snapshot = store.snapshot(resource.table, wanted);
  if (!snapshot || (wanted !== undefined && !store.remembers(resource.table, wanted))) {
    if (!token) throw expired(`The resourceVersion for the provided list is too old (${wanted})`);
    throw expired(TOO_OLD, { continue: writeToken({ revision: -1, start: token.start }) });
  }
  const revision = wanted ?? store.revision;
  const { keys, get } = snapshot;
  const { from, to } = range(keys, selection.namespace);
  const items: Stored[] = [];
  let index = token ? Math.max(from, lowerBound(keys, token.start)) : from;
  for (; index < to && !(limit > 0 && items.length === limit); index++) {
    const object = get(keys[index] as string);
    if (object && selection.matches(object)) items.push(object);
  }
  const next = keys.slice(index, to).find((key) => {
    const object = get(key);
    return object !== undefined && selection.matches(object);
  });
  const more =
    next === undefined
      ? {}
      : {
          continue: writeToken({ revision, start: next }),
          ...(selection.everything ? { remainingItemCount: to - index } : {}),
        };
  return { items, metadata: { resourceVersion: String(revision), ...more } };
}

/** Undefined: the newest state. */
function wantedRevision(store: Store, query: URLSearchParams, token: Token | undefined): number | undefined {
  const version = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch");
  if (token) {
    if (version !== "" && version !== "0")
      throw badRequest("specifying resource version is not allowed when using continue");
    return token.revision < 0 ? undefined : token.revision;
  }
  if (match && version === "") {
    throw badRequest("resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  if (version === "") return undefined;
  const revision = revisionOf(version);
  if (revision > store.revision) throw tooLarge(revision, store.revision);
  return match === "Exact" && revision > 0 ? revision : undefined;
}

/** 504, as for a replica that has not caught up: the client is to ask again. */
function tooLarge(revision: number, current: number): Error {
  return new ApiError(504, "Timeout", `Too large resource version: ${revision}, current: ${current}`, {
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
  });
}

/** Throws a 400 for a text that is not a resourceVersion. */
export function revisionOf(text: string): number {
  if (!/^\d+$/.test(text)) throw badRequest(`invalid resource version "${text}": expected a whole number`);
  return Number(text);
}

function count(text: string | null): number {
  if (text === null || text === "") return 0;
  if (!/^\d+$/.test(text)) throw badRequest(`invalid limit "${text}": expected a whole number`);
  return Number(text);
}

/** Where the keys of a namespace are. "0" is the character after "/". */
function range(keys: readonly string[], namespace: string | undefined): { from: number; to: number } {
  if (namespace === undefined) return { from: 0, to: keys.length };
  return { from: lowerBound(keys, `${namespace}/`), to: lowerBound(keys, `${namespace}0`) };
}

function writeToken(token: Token): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: token.revision, start: token.start })).toString(
    "base64url",
  );
}

function readToken(text: string): Token {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    if (isFields(token) && Number.isInteger(token.rv) && typeof token.start === "string") {
      return { revision: Number(token.rv), start: token.start };
    }
  } catch {
    // Falls through to the same answer as for a token of another shape.
  }
  throw badRequest("continue key is not valid: it was not made by this server");
}
