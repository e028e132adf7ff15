import { useSignal } from "@preact/signals";
import { treeMove } from "../../tree-keys.ts";
import type { Model, TreeState } from "../model.ts";
import { Bar, Status } from "./status.tsx";
import { VirtualList } from "./virtual-list.tsx";

interface TreeProps {
  readonly id: string;
  readonly label: string;
  readonly tree: TreeState;
  readonly model: Model;
}

export function Tree({ id, label, tree, model }: TreeProps) {
  const activeKey = useSignal("");
  const rows = tree.rows.value;
  const active = Math.max(
    0,
    rows.findIndex(({ item }) => item.key === activeKey.value),
  );
  const toggle = (key: string) => {
    const next = new Set(tree.toggled.value);
    if (!next.delete(key)) next.add(key);
    tree.toggled.value = next;
  };
  const onKey = (key: string, page: number): boolean => {
    const move = treeMove(key, active, rows, page);
    const target = move && rows[move.active]?.item.key;
    if (!move || target === undefined) return false;
    activeKey.value = target;
    if (move.toggle) toggle(target);
    if (move.select) model.select(target);
    return true;
  };
  const renderRow = (index: number) => {
    const row = rows[index];
    if (!row) return null;
    const { item, level, position, siblings, isOpen } = row;
    const canOpen = item.childCount > 0;
    const isSelected = model.selected.value === item.key;
    const classes = ["row", `level-${level}`, isSelected && "selected", index === active && "active"];
    return (
      // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus, aria-activedescendant names the row
      // biome-ignore lint/a11y/useKeyWithClickEvents: the tree hears the keys
      <div
        key={item.key}
        id={`${id}-${index}`}
        class={classes.filter(Boolean).join(" ")}
        role="treeitem"
        aria-level={level}
        aria-posinset={position}
        aria-setsize={siblings}
        aria-selected={isSelected}
        {...(canOpen ? { "aria-expanded": isOpen } : {})}
        onClick={(event) => {
          const isTwisty = event.target instanceof Element && event.target.closest(".twisty") !== null;
          activeKey.value = item.key;
          if (canOpen && isTwisty) toggle(item.key);
          else model.select(item.key);
        }}
      >
        <span class="twisty" aria-hidden="true">
          {canOpen && (
            <svg viewBox="0 0 10 10" class={isOpen ? "open" : ""} aria-hidden="true">
              <path d="M3 1.5 6.5 5 3 8.5" />
            </svg>
          )}
        </span>
        <span class="kind">{item.kind}</span>
        <span class="label">{item.label}</span>
        <span class="detail">{item.detail}</span>
        <span class="end">
          {item.shares.length > 0 && <Bar shares={item.shares} />}
          {item.status !== "" && <Status tone={item.tone}>{item.status}</Status>}
        </span>
      </div>
    );
  };
  if (rows.length === 0) return <p class="empty">{tree.filter.value ? "Nothing fits this filter." : "Nothing yet."}</p>;
  return (
    <VirtualList
      id={id}
      role="tree"
      label={label}
      count={rows.length}
      active={active}
      onKey={onKey}
      renderRow={renderRow}
    />
  );
}
