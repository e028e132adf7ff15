const LARGEST_PAGE = 1000;

/** A page of a list in marker style. Markers are ids: a page starts at the first entry whose id is not before the marker. */
export function page<T>(
  query: { readonly marker?: string | undefined; readonly maxKeys?: number | undefined },
  field: string,
  all: readonly T[],
  idOf: (entry: T) => string,
): Record<string, unknown> {
  const { marker = "", maxKeys = LARGEST_PAGE } = query;
  const sorted = [...all].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const rest = marker === "" ? sorted : sorted.filter((entry) => idOf(entry) >= marker);
  const entries = rest.slice(0, maxKeys);
  const next = rest[maxKeys];
  return {
    marker: marker || (entries[0] ? idOf(entries[0]) : ""),
    isTruncated: next !== undefined,
    ...(next === undefined ? {} : { nextMarker: idOf(next) }),
    maxKeys,
    [field]: entries,
  };
}
