const COMPARED = 64;

/** Of those that there are, the one that is fewest edits away; "" of none. */
export function nearest(given: string, known: Iterable<string>): string {
  const short = given.slice(0, COMPARED).toLowerCase();
  let best = "";
  let least = Number.POSITIVE_INFINITY;
  for (const one of known) {
    const edits = distance(short, one.slice(0, COMPARED).toLowerCase());
    if (edits >= least) continue;
    least = edits;
    best = one;
  }
  return best;
}

/** Levenshtein's: the least insertions, deletions and replacements from one to the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let line = 1; line <= one.length; line++) {
    const next = [line];
    for (let column = 1; column <= other.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (one[line - 1] === other[column - 1] ? 0 : 1);
      next[column] = Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1);
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
