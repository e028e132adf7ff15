import type { Account } from "../../account.ts";
import { ANY_TEXT } from "../../api/common.ts";
import { Fault } from "../../api/fault.ts";
import { integer, object, oneOf, optional, text } from "../../api/schema.ts";

/** The public documentation's prefix, and the SDKs'. */
export function v2<const Path extends string>(path: Path) {
  return { path: `/v2${path}` as `/v2${Path}`, aliases: [`/api/cce/service/v2${path}`] };
}

export const REQUEST_ID = { requestID: text() };
/** The answer of calls that only do something. */
export const DONE = object(REQUEST_ID);

export const done = (account: Account) => ({ requestID: account.random.uuid() });

export const ORDER = optional(oneOf("ASC", "DESC", "asc", "desc"));
/** 0 is how clients send none. */
export const PAGE = { pageNo: optional(integer(0), 1), pageSize: optional(integer(0, 1000), 10) };
export const SEARCH = { keywordType: ANY_TEXT, keyword: ANY_TEXT, orderBy: ANY_TEXT, order: ORDER };

interface Search {
  readonly keywordType?: string | undefined;
  readonly keyword?: string | undefined;
  readonly orderBy?: string | undefined;
  readonly order?: string | undefined;
}

export interface NumberedPage<T> {
  readonly pageNo: number;
  readonly pageSize: number;
  readonly totalCount: number;
  readonly entries: readonly T[];
}

export function numbered<T>(
  { pageNo: no, pageSize: size }: { readonly pageNo: number; readonly pageSize: number },
  all: readonly T[],
): NumberedPage<T> {
  const pageNo = no || 1;
  const pageSize = size || 10;
  const entries = all.slice((pageNo - 1) * pageSize, pageNo * pageSize);
  return { pageNo, pageSize, totalCount: all.length, entries };
}

/** What a keyword is looked for in, and what lists are ordered by, as the query names it. */
export type Fields<T> = Readonly<Record<string, (entry: T) => string>>;

/** Names are found by a part of them, as the SDK says of clusters; IDs and addresses whole, which the product decides in `fields`. */
export function search<T>(all: readonly T[], query: Search, keywords: Fields<T>, orders: Fields<T>): readonly T[] {
  const { keywordType, keyword, orderBy, order = "ASC" } = query;
  const matches = pick(keywords, "keywordType", keywordType || Object.keys(keywords)[0] || "");
  const found = keyword ? all.filter((entry) => matches(entry).includes(keyword)) : [...all];
  if (!orderBy) return found;
  const by = pick(orders, "orderBy", orderBy);
  const sign = order.toUpperCase() === "DESC" ? -1 : 1;
  return found.toSorted((a, b) => (by(a) < by(b) ? -sign : by(a) > by(b) ? sign : 0));
}

function pick<T>(fields: Fields<T>, where: string, name: string): (entry: T) => string {
  const found = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!found) throw invalid(`${where}: "${name}" is unknown: expected one of ${Object.keys(fields).join(", ")}.`);
  return found;
}

export function invalid(message: string): Fault {
  return new Fault(400, "cce.warning.InvalidParam", message);
}

export function notFound(kind: "Cluster" | "Instance" | "InstanceGroup", id: string): Fault {
  return new Fault(404, `cce.warning.${kind}NotFound`, `${kind} ${id} is not found.`);
}

export function noSuchObject(what: string): Fault {
  return new Fault(404, "cce.warning.NoSuchObject", `${what} is not found.`);
}

/** The state does not allow it. */
export function unmet(message: string): Fault {
  return new Fault(412, "PreconditionFailed", message);
}

export function exists(message: string): Fault {
  return new Fault(409, "cce.warning.AlreadyExist", message);
}

export function quotaExceeded(what: string): Fault {
  return new Fault(403, "cce.warning.QuotaExceeded", `The quota of ${what} is used up.`);
}
