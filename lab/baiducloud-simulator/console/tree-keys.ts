import type { Row } from "./tree.ts";

/** What a key does in a tree: the tree pattern of the WAI-ARIA authoring practices. */
export interface TreeMove {
  readonly active: number;
  /** Opens or closes this row. */
  readonly toggle?: boolean;
  readonly select?: boolean;
}

/** Undefined when the key is not the tree's. `page` is how many rows are seen at once. */
export function treeMove(key: string, active: number, rows: readonly Row[], page: number): TreeMove | undefined {
  const row = rows[active];
  const next = listMove(key, active, rows.length, page);
  if (next !== undefined) return { active: next };
  if (!row) return undefined;
  const canOpen = row.item.childCount > 0;
  if (key === "ArrowRight" && canOpen) return row.isOpen ? { active: active + 1 } : { active, toggle: true };
  if (key === "ArrowLeft" && row.isOpen) return { active, toggle: true };
  if (key === "ArrowLeft" && row.parent >= 0) return { active: row.parent };
  if (key === "Enter") return { active, select: true };
  if (key === " ") return canOpen ? { active, toggle: true, select: true } : { active, select: true };
  return key === "ArrowRight" || key === "ArrowLeft" ? { active } : undefined;
}

/** Where a key leads in a list; undefined when it leads nowhere. */
export function listMove(key: string, active: number, count: number, page: number): number | undefined {
  const to = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: count - 1 }[key];
  const target = to ?? { PageDown: active + page, PageUp: active - page }[key];
  return target === undefined || count === 0 ? undefined : Math.min(count - 1, Math.max(0, target));
}
