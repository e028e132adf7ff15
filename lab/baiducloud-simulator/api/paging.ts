import { badRequest } from "./fault.ts";
import type { Input } from "./wire.ts";

const LARGEST_PAGE = 1000;

/** A page of a list in marker style. Markers are ids: a page starts at the first entry whose id is not before the marker. */
export function page<T>(
  input: Input,
  field: string,
  all: readonly T[],
  idOf: (entry: T) => string,
): Record<string, unknown> {
  const asked = input.param("maxKeys");
  const maxKeys = asked === undefined || asked === "" ? LARGEST_PAGE : Number(asked);
  if (!Number.isInteger(maxKeys) || maxKeys < 1 || maxKeys > LARGEST_PAGE) {
    throw badRequest(`maxKeys: "${asked}" is not valid, expected 1 to ${LARGEST_PAGE}.`);
  }
  const sorted = [...all].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const marker = input.param("marker") ?? "";
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
