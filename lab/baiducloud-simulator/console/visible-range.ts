/** Rows drawn beyond each edge, so that a scroll shows none missing. */
const MARGIN = 8;

export interface VisibleRange {
  readonly first: number;
  /** One after the last. */
  readonly end: number;
}

/** Which of many rows of equal height have to be drawn. All lengths in pixels. */
export function visibleRange(count: number, rowHeight: number, scrollTop: number, height: number): VisibleRange {
  const first = Math.min(count, Math.max(0, Math.floor(scrollTop / rowHeight) - MARGIN));
  const end = Math.min(count, Math.max(first, Math.ceil((scrollTop + height) / rowHeight) + MARGIN));
  return { first, end };
}

/** Where to scroll so that a row is seen as a whole: no further than needed. */
export function scrollTo(index: number, rowHeight: number, scrollTop: number, height: number): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop;
}
