import { BceError } from "./error.ts";
import type { BceCall, Scheduler } from "./scheduler.ts";

/** The largest page that the API gives. */
const MAX_KEYS = 1000;
/** A list of a million entries: beyond it a server that never ends its pages is at work. */
const MAX_PAGES = 1000;

/** Follows marker paging and returns the entries of `field` of all pages. */
export async function allPages<T>(call: Scheduler, request: BceCall, field: string): Promise<readonly T[]> {
  const entries: T[] = [];
  const seen = new Set<string>();
  let marker: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = [...(request.query ?? []), ["maxKeys", String(MAX_KEYS)] as const];
    if (marker) query.push(["marker", marker]);
    const answer = await call({ ...request, query });
    entries.push(...listAt<T>(request, answer, field));
    const next = answer.nextMarker;
    if (answer.isTruncated !== true) return entries;
    if (typeof next !== "string" || next === "" || seen.has(next)) break;
    seen.add(next);
    marker = next;
  }
  throw new BceError("unavailable", request.operation, `${request.operation}: the pages of the list do not end`);
}

/** Follows page numbers (CCE): `pageNo` from 1, until `totalCount` entries have come. */
export async function allNumberedPages<T>(
  call: Scheduler,
  request: BceCall,
  open: (answer: Readonly<Record<string, unknown>>) => { readonly entries: readonly T[]; readonly total: number },
): Promise<readonly T[]> {
  const entries: T[] = [];
  for (let pageNo = 1; pageNo <= MAX_PAGES; pageNo++) {
    const query = [["pageNo", String(pageNo)] as const, ["pageSize", "100"] as const];
    const page = open(await call({ ...request, query: [...(request.query ?? []), ...query] }));
    entries.push(...page.entries);
    if (entries.length >= page.total || page.entries.length === 0) return entries;
  }
  throw new BceError("unavailable", request.operation, `${request.operation}: the pages of the list do not end`);
}

/** The list under `field`; null and absent are an empty list. Anything else is no answer to trust. */
export function listAt<T>(
  request: Pick<BceCall, "operation">,
  answer: Readonly<Record<string, unknown>>,
  field: string,
): readonly T[] {
  const value = answer[field] ?? [];
  if (Array.isArray(value)) return value as T[];
  throw new BceError("unavailable", request.operation, `${request.operation}: the answer's ${field} is not a list`);
}
