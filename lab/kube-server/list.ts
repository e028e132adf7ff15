/** Lists, page by page; all pages show the state of the first one's revision. */
import { type Fields, isFields, type Stored, textOf } from "./json.ts";
import type { Resource } from "./resource.ts";
import type { Selection } from "./selection.ts";
import { ApiError, badRequest, expired, unexpected } from "./status-errors.ts";
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
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/** Throws a 400 for parameters that make no sense and a 410 for a page or revision that is forgotten. */
export function listPage(store: Store, resource: Resource, selection: Selection, query: URLSearchParams): Page {
  // Version 0 is answered from the cache, which gives no pages.
  const limit = count(query.get("limit")) * (query.get("resourceVersion") === "0" ? 0 : 1);
  const token = query.get("continue") ? readToken(query.get("continue") ?? "") : undefined;
  const wanted = wantedRevision(store, query, token);
  const snapshot = store.snapshot(resource.table, wanted);
  if (!snapshot || (wanted !== undefined && !store.remembers(resource.table, wanted))) {
    if (!token) throw expired("The resourceVersion for the provided list is too old.");
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
  const next = nextMatch(index, to, keys, get, selection);
  const more =
    next === undefined
      ? {}
      : {
          continue: writeToken({ revision, start: next }),
          ...(selection.everything ? { remainingItemCount: to - index } : {}),
        };
  return { items, metadata: { resourceVersion: String(revision), ...more } };
}

function nextMatch(
  from: number,
  to: number,
  keys: readonly string[],
  get: (key: string) => Stored | undefined,
  selection: Selection,
): string | undefined {
  for (let i = from; i < to; i++) {
    const object = get(keys[i] as string);
    if (object && selection.matches(object)) return keys[i];
  }
  return undefined;
}

/** Undefined: the newest state. */
function wantedRevision(store: Store, query: URLSearchParams, token: Token | undefined): number | undefined {
  const version = query.get("resourceVersion") ?? "";
  if (token) {
    if (version !== "" && version !== "0") {
      throw badRequest("specifying resource version is not allowed when using continue");
    }
    return token.revision < 0 ? undefined : token.revision;
  }
  if (version === "") return undefined;
  const problem = versionProblem(version);
  if (problem) throw badRequest(`invalid resource version: ${problem}`);
  checkNotFuture(store, Number(version));
  return query.get("resourceVersionMatch") === "Exact" ? Number(version) : undefined;
}

/** 504, as for a replica that has not caught up: the client is to ask again. */
export function checkNotFuture(store: Store, revision: number): void {
  if (revision <= store.revision) return;
  const message = `Timeout: Too large resource version: ${revision}, current: ${store.revision}`;
  throw new ApiError(504, "Timeout", message, {
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
  });
}

function versionProblem(text: string): string | undefined {
  if (/^\d+$/.test(text)) return undefined;
  const quoted = JSON.stringify(text);
  return `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`;
}

/** 0 for none. Throws what the real server answers outside of lists: a 500. */
export function revisionOf(text: string): number {
  const problem = text === "" ? undefined : versionProblem(text);
  if (problem) throw unexpected(problem);
  return Number(text);
}

/** Below 1: no limit. */
function count(text: string | null): number {
  if (text === null || text === "") return 0;
  if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
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
  let token: unknown;
  try {
    token = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    throw badToken("invalid character: it is no JSON");
  }
  if (!isFields(token) || token.v !== "meta.k8s.io/v1") {
    throw badToken(`server does not recognize this encoded version ${textOf(isFields(token) ? token.v : "")}`);
  }
  if (!Number.isInteger(token.rv) || typeof token.start !== "string") throw badToken("it was not made by this server");
  return { revision: Number(token.rv), start: token.start };
}

const badToken = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);
