/** How well something is; shown by colour, shape and words. */
export type Tone = "good" | "busy" | "bad" | "idle";

export interface Share {
  readonly tone: Tone;
  readonly count: number;
}

/** A thing of a tree, before it is known which of its branches are open. */
export interface Item {
  /** Of all items of all trees: "instance/i-1". */
  readonly key: string;
  /** "VPC", "zone", … */
  readonly kind: string;
  readonly label: string;
  /** Shown beside the label. */
  readonly detail: string;
  /** The state in words; "" for things without one. */
  readonly status: string;
  readonly tone: Tone;
  /** What a filter looks at, in lower case. */
  readonly search: string;
  /** How the things below it are. */
  readonly shares: readonly Share[];
  readonly isOpen: boolean;
  readonly childCount: number;
  children(): readonly Item[];
}

/** A line of the tree as it is shown. */
export interface Row {
  readonly item: Item;
  readonly level: number;
  /** From 1, among its siblings that are shown. */
  readonly position: number;
  readonly siblings: number;
  /** Index of the row that it is under; -1 at the top. */
  readonly parent: number;
  readonly isOpen: boolean;
}

/**
 * The rows of the open branches. `toggled` has the keys of the items that are not as they are by default. A filter shows
 * the items that contain it with all that is under and above them.
 */
export function rowsOf(items: readonly Item[], toggled: ReadonlySet<string>, filter: string): readonly Row[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const rows: Row[] = [];
  const visit = (siblings: readonly Item[], level: number, parent: number, wanted: readonly string[]): void => {
    const shown = wanted.length === 0 ? siblings : siblings.filter((item) => matches(item, wanted));
    shown.forEach((item, index) => {
      const rest = wanted.filter((word) => !item.search.includes(word));
      // What a filter has found under an item must be seen; what it found is opened as always.
      const isOpen = item.childCount > 0 && (rest.length > 0 || item.isOpen !== toggled.has(item.key));
      const row = rows.push({ item, level, position: index + 1, siblings: shown.length, parent, isOpen }) - 1;
      if (isOpen) visit(item.children(), level + 1, row, rest);
    });
  };
  visit(items, 1, -1, words);
  return rows;
}

/** Each word must be in the item or in one thing under it, all together on one path. */
function matches(item: Item, words: readonly string[]): boolean {
  const rest = words.filter((word) => !item.search.includes(word));
  return rest.length === 0 || (item.childCount > 0 && item.children().some((child) => matches(child, rest)));
}
