import {
  anything,
  boolean,
  type InferFields,
  integer,
  list,
  object,
  openObject,
  optional,
  type Schema,
  text,
} from "../../api/schema.ts";

/** What lists by page number take. No source has the default of pageSize but for load balancers. */
export const LISTING = {
  pageNo: optional(integer(1), 1),
  pageSize: optional(integer(1, 1000), 1000),
  order: optional(text()),
  orderBy: optional(text()),
  keywordType: optional(text()),
  keyword: optional(text()),
};
export const PLACED_LISTING = {
  ...LISTING,
  status: optional(text()),
  region: optional(text()),
  city: optional(text()),
  serviceProvider: optional(text()),
  regionId: optional(text()),
};

const MANY = Number.MAX_SAFE_INTEGER;

export function listingOf(item: Schema): Schema {
  return object({
    orders: list(object({ orderBy: text(), order: text() })),
    orderBy: text(),
    order: text(),
    pageNo: integer(),
    pageSize: integer(),
    totalCount: integer(),
    result: list(item, MANY),
  });
}

type View = Readonly<Record<string, unknown>>;

/** One page of those that the query asks for. Filters are compared with the fields of the same names, where they are. */
export function listing(
  query: InferFields<typeof LISTING> & Readonly<Record<string, unknown>>,
  views: readonly View[],
): Record<string, unknown> {
  const { pageNo, pageSize, keyword = "", keywordType = "" } = query;
  const orderBy = query.orderBy || "createTime";
  const order = query.order || "desc";
  const filters = ["status", "city", "serviceProvider", "regionId", "vpcId", "serviceId"].flatMap((name) => {
    const wanted = query[name];
    return typeof wanted === "string" && wanted !== "" ? [{ name, wanted: wanted.toUpperCase() }] : [];
  });
  const found = views.filter(
    (view) =>
      filters.every(({ name, wanted }) => !(name in view) || String(view[name]).toUpperCase() === wanted) &&
      isIn(view, query.region) &&
      contains(view, keywordType, keyword),
  );
  const sorted = query.orderBy ? found.toSorted((a, b) => compare(a[orderBy], b[orderBy])) : found;
  const ordered = query.orderBy && order.toLowerCase() === "desc" ? sorted.toReversed() : sorted;
  const start = (pageNo - 1) * pageSize;
  return {
    orders: [{ orderBy, order }],
    orderBy,
    order,
    pageNo,
    pageSize,
    totalCount: found.length,
    result: ordered.slice(start, start + pageSize),
  };
}

function isIn(view: View, region: unknown): boolean {
  if (typeof region !== "string" || region === "") return true;
  const places = (view.deployInstances as readonly View[] | undefined) ?? [view];
  return places.some((place) => place.region === region || place.regionId === region);
}

/** A keywordType that is no field searches them all. */
function contains(view: View, keywordType: string, keyword: string): boolean {
  if (keyword === "") return true;
  const texts = keywordType in view ? [view[keywordType]] : Object.values(view);
  return texts.some((value) => typeof value === "string" && value.includes(keyword));
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

/** What changes answer. `result` false with status 200 exists in the real one, for refusals that come late. */
export function writeOf(details: Schema): Schema {
  return object({ result: boolean(), action: text(), details });
}
export const ACTION = writeOf(openObject({}));
export const OUTCOMES = writeOf(list(object({ resourceId: text(), success: boolean(), error: text() }), MANY));

export function written(action: string, details: unknown = {}): Record<string, unknown> {
  return { result: true, action, details };
}

/** Each of them by itself: one that is refused does not keep the others. */
export function each(action: string, ids: readonly string[], change: (id: string) => void): Record<string, unknown> {
  const outcomes = ids.map((resourceId) => {
    try {
      change(resourceId);
      return { resourceId, success: true, error: "" };
    } catch (error) {
      return { resourceId, success: false, error: error instanceof Error ? error.message : "" };
    }
  });
  return written(action, outcomes);
}

/** Some clients write the first letter of a list's parameters in upper case. */
export const CAPITALISED = {
  PageNo: optional(integer(1)),
  PageSize: optional(integer(1, 1000)),
  Order: optional(text()),
  OrderBy: optional(text()),
  Type: optional(text()),
};
export const ANY = optional(anything());
