import { badRequest } from "../../api/fault.ts";
import { integer, list, object, oneOf, optional, type Schema, text } from "../../api/schema.ts";

/** What CNAP's lists take, and the page that they give. */
export const PAGES = {
  orderBy: optional(text()),
  order: optional(oneOf("asc", "desc"), "desc"),
  pageSize: optional(integer(1, 1000), 10),
  pageNo: optional(integer(1), 1),
};
/** Of deletions: what stays of the objects in Kubernetes, and whether a failure there matters. No value is a failure here. */
export const UNDERLAY = { skipDeleteUnderlay: optional(text()), ignoreUnderlayError: optional(text()) };

export function pageSchema(item: Schema): Schema {
  return object({ pageNo: integer(), pageSize: integer(), totalCount: integer(), result: list(item) });
}

interface Paging {
  readonly orderBy?: string | undefined;
  readonly order: "asc" | "desc";
  readonly pageSize: number;
  readonly pageNo: number;
}

/** Sorted by a field of the entries; in the order of their making without one. */
export function pageOf({ orderBy, order, pageSize, pageNo }: Paging, entries: readonly object[]): object {
  const fieldOf = (entry: object): string | number => {
    const value = Object.entries(entry).find(([name]) => name === orderBy)?.[1];
    if (typeof value !== "string" && typeof value !== "number")
      throw badRequest(`orderBy: "${orderBy}" is no field to sort by.`);
    return value;
  };
  const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);
  const keyed = entries.map((entry) => ({ entry, key: orderBy ? fieldOf(entry) : 0 }));
  const sorted = keyed.sort((a, b) => compare(a.key, b.key)).map(({ entry }) => entry);
  if (order === "desc") sorted.reverse();
  const start = (pageNo - 1) * pageSize;
  return { pageNo, pageSize, totalCount: entries.length, result: sorted.slice(start, start + pageSize) };
}
