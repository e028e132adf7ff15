import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Item, rowsOf } from "./tree.ts";
import { treeMove } from "./tree-keys.ts";

const item = (label: string, children: readonly Item[] = [], isOpen = true): Item => ({
  key: label,
  kind: "",
  label,
  detail: "",
  status: "",
  tone: "idle",
  search: label,
  shares: [],
  isOpen,
  childCount: children.length,
  children: () => children,
});

const TREE = [
  item("vpc", [item("zone-a", [item("node-1"), item("node-2")]), item("zone-b", [item("node-3")], false)]),
  item("other"),
];
const labels = (rows: ReturnType<typeof rowsOf>) => rows.map((row) => `${"-".repeat(row.level)}${row.item.label}`);

describe("rowsOf", () => {
  it("lists the items of open branches with their place among their siblings", () => {
    const rows = rowsOf(TREE, new Set(), "");
    assert.deepEqual(labels(rows), ["-vpc", "--zone-a", "---node-1", "---node-2", "--zone-b", "-other"]);
    assert.deepEqual(
      rows.map(({ position, siblings, parent }) => [position, siblings, parent]),
      [
        [1, 2, -1],
        [1, 2, 0],
        [1, 2, 1],
        [2, 2, 1],
        [2, 2, 0],
        [2, 2, -1],
      ],
    );
  });

  it("opens what is closed and closes what is open when it is toggled", () => {
    const rows = rowsOf(TREE, new Set(["zone-a", "zone-b"]), "");
    assert.deepEqual(labels(rows), ["-vpc", "--zone-a", "--zone-b", "---node-3", "-other"]);
  });

  it("shows what fits a filter with its ancestors, also in closed branches", () => {
    assert.deepEqual(labels(rowsOf(TREE, new Set(["vpc"]), " Node-3 ")), ["-vpc", "--zone-b", "---node-3"]);
  });

  it("finds words on one path, and shows what is under the last of them", () => {
    assert.deepEqual(labels(rowsOf(TREE, new Set(), "zone-a 2")), ["-vpc", "--zone-a", "---node-2"]);
    assert.deepEqual(labels(rowsOf(TREE, new Set(), "zone-a")), ["-vpc", "--zone-a", "---node-1", "---node-2"]);
    assert.deepEqual(rowsOf(TREE, new Set(), "zone-b node-1"), []);
  });
});

describe("the keys of a tree", () => {
  const rows = rowsOf(TREE, new Set(), "");
  const move = (key: string, active: number) => treeMove(key, active, rows, 2);

  it("move by row, by page and to both ends, and stop there", () => {
    assert.deepEqual(
      ["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"].map((key) => move(key, 3)?.active),
      [4, 2, 5, 1, 0, 5],
    );
    assert.equal(move("ArrowUp", 0)?.active, 0);
    assert.equal(move("PageDown", 5)?.active, 5);
  });

  it("open, enter, close and leave a branch with the arrows to the side", () => {
    assert.deepEqual(move("ArrowRight", 4), { active: 4, toggle: true });
    assert.deepEqual(move("ArrowRight", 1), { active: 2 });
    assert.deepEqual(move("ArrowLeft", 1), { active: 1, toggle: true });
    assert.deepEqual(move("ArrowLeft", 3), { active: 1 });
    assert.deepEqual(move("ArrowLeft", 5), { active: 5 });
  });

  it("select with Enter, and leave the others to the page", () => {
    assert.deepEqual(move("Enter", 2), { active: 2, select: true });
    assert.equal(move("Tab", 2), undefined);
    assert.equal(move("x", 2), undefined);
  });

  it("never lead out of the rows", () => {
    const keys = ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "PageDown", "PageUp", "Home", "End", "Enter", " "];
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.nat(rows.length - 1), (key, active) => {
        const target = move(key, active)?.active ?? 0;
        return target >= 0 && target < rows.length;
      }),
    );
  });
});
