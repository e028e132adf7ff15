/** biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, aria-activedescendant names the row */
/** biome-ignore-all lint/a11y/useSemanticElements: an HTML table cannot leave out the rows that are not seen */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { listMove } from "../../tree-keys.ts";
import { VirtualList } from "./virtual-list.tsx";

export interface Column<T> {
  readonly label: string;
  /** A track of a CSS grid: "8rem", "1fr". */
  readonly width: string;
  /** Not on a phone. */
  readonly isMinor?: boolean;
  readonly isNumber?: boolean;
  cell(record: T): ComponentChildren;
}

interface GridProps<T> {
  readonly id: string;
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly records: readonly T[];
  keyOf(record: T): string;
  readonly selected: string;
  onSelect(key: string): void;
  /** Said when there are no records. */
  readonly empty: string;
}

/** A table of any length, one line for each record; arrows move, Enter selects. */
export function Grid<T>({ id, label, columns, records, keyOf, selected, onSelect, empty }: GridProps<T>) {
  const activeKey = useSignal("");
  const found = records.findIndex((record) => keyOf(record) === activeKey.value);
  const active = Math.max(0, found);
  const onKey = (key: string, page: number): boolean => {
    const target = listMove(key, active, records.length, page);
    const record = records[target ?? active];
    if (!record) return false;
    if (target !== undefined) activeKey.value = keyOf(record);
    else if (key === "Enter" || key === " ") onSelect(keyOf(record));
    else return false;
    return true;
  };
  const header = (
    <div role="rowgroup" class="grid-header">
      <div role="row" class="row header" aria-rowindex={1}>
        {columns.map((column) => (
          <span key={column.label} role="columnheader" class={classOf(column)}>
            {column.label}
          </span>
        ))}
      </div>
    </div>
  );
  const renderRow = (index: number) => {
    const record = records[index];
    if (record === undefined) return null;
    const key = keyOf(record);
    const isSelected = key === selected;
    const classes = ["row", isSelected && "selected", index === active && "active"];
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the grid hears the keys
      <div
        key={key}
        id={`${id}-${index}`}
        role="row"
        class={classes.filter(Boolean).join(" ")}
        aria-rowindex={index + 2}
        aria-selected={isSelected}
        onClick={() => {
          activeKey.value = key;
          onSelect(key);
        }}
      >
        {columns.map((column) => (
          <span key={column.label} role="gridcell" class={classOf(column)}>
            {column.cell(record)}
          </span>
        ))}
      </div>
    );
  };
  if (records.length === 0) return <p class="empty">{empty}</p>;
  const tracks = (all: readonly Column<T>[]) => all.map(({ width }) => width).join(" ");
  return (
    <div
      class="grid"
      style={{
        "--columns": tracks(columns),
        "--columns-narrow": tracks(columns.filter(({ isMinor }) => !isMinor)),
      }}
    >
      <VirtualList
        id={id}
        role="grid"
        label={label}
        count={records.length}
        header={header}
        active={active}
        onKey={onKey}
        renderRow={renderRow}
      />
    </div>
  );
}

function classOf<T>({ isMinor, isNumber }: Column<T>): string {
  return ["cell", isMinor && "minor", isNumber && "number"].filter(Boolean).join(" ");
}
