import type { Answer, BceCall, Scheduler } from "./api-call.ts";
import { BceError } from "./error.ts";

/** The largest page that the API gives. */
const MAX_KEYS = 1000;
const PAGE_SIZE = 100;
/** A list of a million entries: beyond it a server that never ends its pages is at work. */
const MAX_PAGES = 1000;

/**
 * Follows marker paging and returns the entries of `field` of all pages. All or nothing: a list with a hole in it would
 * say that what is missing does not exist, so pages that repeat, stop short or do not end are an error ("unavailable").
 */
export async function allPages<T>(call: Scheduler, request: BceCall, field: string): Promise<readonly T[]> {
  const entries: T[] = [];
  const seen = new Set<string>();
  let marker: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = [...(request.query ?? []), ["maxKeys", String(MAX_KEYS)] as const];
    if (marker) query.push(["marker", marker]);
    const answer = await call({ ...request, query });
    for (const entry of listAt<T>(request, answer, field)) entries.push(entry);
    if (answer.isTruncated !== true) return entries;
    const next = answer.nextMarker;
    if (typeof next !== "string" || next === "") throw broken(request, "the list goes on, but not where");
    if (seen.has(next)) throw broken(request, "the list's pages go in a circle");
    seen.add(next);
    marker = next;
  }
  throw broken(request, "the list's pages do not end");
}

export interface NumberedPage<T> {
  readonly entries: readonly T[];
  /** Of all pages; undefined when the answer does not say. */
  readonly total: number | undefined;
}

/** Follows page numbers (CCE): `pageNo` from 1, until `totalCount` entries have come. All or nothing, as above. */
export async function allNumberedPages<T>(
  call: Scheduler,
  request: BceCall,
  open: (answer: Answer) => NumberedPage<T>,
): Promise<readonly T[]> {
  const all: T[] = [];
  const seen = new Set<string>();
  for (let pageNo = 1; pageNo <= MAX_PAGES; pageNo++) {
    const query = [["pageNo", String(pageNo)] as const, ["pageSize", String(PAGE_SIZE)] as const];
    const { entries, total } = open(await call({ ...request, query: [...(request.query ?? []), ...query] }));
    for (const entry of entries) all.push(entry);
    if (total === undefined ? entries.length < PAGE_SIZE : all.length >= total) return all;
    if (entries.length === 0) throw broken(request, `the list ends after ${all.length} of ${total} entries`);
    const first = JSON.stringify(entries[0]);
    if (seen.has(first)) throw broken(request, "the list's pages repeat");
    seen.add(first);
  }
  throw broken(request, "the list's pages do not end");
}

/** The list of objects under `field`; null and absent are an empty list. Anything else is no answer to trust. */
export function listAt<T>(request: Pick<BceCall, "operation">, answer: Answer, field: string): readonly T[] {
  const value = answer[field] ?? [];
  if (!Array.isArray(value)) throw broken(request, `the answer's ${field} is not a list`);
  if (value.some((entry) => typeof entry !== "object" || entry === null)) {
    throw broken(request, `the answer's ${field} has an entry that is not an object`);
  }
  return value as T[];
}

export function broken({ operation }: Pick<BceCall, "operation">, text: string): BceError {
  return new BceError("unavailable", operation, `${operation}: ${text}`);
}
