import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { scrollTo, visibleRange } from "../../visible-range.ts";

export interface VirtualListProps {
  /** The id of the scrolling element; rows have "<id>-<index>". */
  readonly id: string;
  readonly role: "tree" | "grid";
  readonly label: string;
  readonly count: number;
  /** Stays at the top; as high as a row. */
  readonly header?: ComponentChildren;
  /** The row that the keyboard is at. */
  readonly active: number;
  /** A key was pressed, with how many rows are seen at once. Returns whether it was used. */
  onKey(key: string, page: number): boolean;
  /** Draws a row. It must have the id `<id>-<index>` and the class "row". */
  renderRow(index: number): ComponentChildren;
}

/**
 * A list of any length that draws only the rows that are seen. The list has the focus, aria-activedescendant names the
 * active row: rows come and go while it scrolls, and the focus must not go with them.
 */
export function VirtualList(props: VirtualListProps) {
  const { id, role, label, count, header, active, onKey, renderRow } = props;
  const box = useRef<HTMLDivElement>(null);
  const scrollTop = useSignal(0);
  const height = useSignal(600);
  const rowHeight = useSignal(36);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      rowHeight.value = Number.parseFloat(getComputedStyle(element).getPropertyValue("--row-height")) || 36;
      height.value = element.clientHeight - (header ? rowHeight.value : 0);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [height, rowHeight, header !== undefined]);
  useLayoutEffect(() => {
    if (box.current && document.activeElement === box.current)
      box.current.scrollTop = scrollTo(active, rowHeight.value, box.current.scrollTop, height.value);
  }, [active, height, rowHeight]);
  const { first, end } = visibleRange(count, rowHeight.value, scrollTop.value, height.value);
  const indexes = Array.from({ length: end - first }, (_, offset) => first + offset);
  const isDrawn = active >= first && active < end;
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the role, tree or grid, takes a label
    // biome-ignore lint/a11y/noStaticElementInteractions: its role is one with keys
    <div
      ref={box}
      id={id}
      class="list"
      role={role}
      aria-label={label}
      {...(role === "grid" ? { "aria-rowcount": count + 1 } : {})}
      tabIndex={0}
      {...(isDrawn ? { "aria-activedescendant": `${id}-${active}` } : {})}
      onScroll={(event) => {
        scrollTop.value = event.currentTarget.scrollTop;
      }}
      onKeyDown={(event) => {
        if (event.altKey || event.ctrlKey || event.metaKey) return;
        const page = Math.max(1, Math.floor(height.value / rowHeight.value) - 1);
        if (onKey(event.key, page)) event.preventDefault();
      }}
    >
      {header}
      <div
        class="list-space"
        role={role === "grid" ? "rowgroup" : "presentation"}
        style={{ height: `${count * rowHeight.value}px` }}
      >
        <div class="list-rows" role="presentation" style={{ transform: `translateY(${first * rowHeight.value}px)` }}>
          {indexes.map(renderRow)}
        </div>
      </div>
    </div>
  );
}
