import { type Fields, integer, list, object, optional, type Schema, text } from "../../api/schema.ts";

/** Pages by number, as Harbor has them. */
export const NUMBERED = { pageNo: optional(integer(1), 1), pageSize: optional(integer(1, 1000), 10) };

export function numberedPageOf(field: string, item: Schema, more: Fields = {}): Schema {
  return object({
    total: integer(),
    pageNo: integer(),
    pageSize: integer(),
    [field]: list(item, Number.MAX_SAFE_INTEGER),
    ...more,
  });
}

export function numberedPage<T>(
  { pageNo, pageSize }: { readonly pageNo: number; readonly pageSize: number },
  field: string,
  all: readonly T[],
): Record<string, unknown> {
  const start = (pageNo - 1) * pageSize;
  return { total: all.length, pageNo, pageSize, [field]: all.slice(start, start + pageSize) };
}

/** Names of what goes. */
export const ITEMS = object({ items: list(text()) });
