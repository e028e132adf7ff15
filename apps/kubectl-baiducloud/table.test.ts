import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sectionText } from "./table.ts";

describe("a table", () => {
  const columns = ["NAME", "WHAT"];

  it("has columns as wide as their widest cell, and no blanks at the end of a line", () => {
    const rows = [{ cells: ["a", ""] }, { cells: ["longer", "x"] }];
    assert.equal(sectionText({ columns, rows }, false), "NAME     WHAT\na\nlonger   x\n");
  });

  it("counts Chinese characters as two columns", () => {
    const rows = [{ cells: ["节点", "x"] }, { cells: ["abcd", "y"] }];
    assert.equal(sectionText({ columns, rows }, false), "NAME   WHAT\n节点   x\nabcd   y\n");
  });

  it("keeps what others wrote from breaking lines or moving the cursor", () => {
    const rows = [{ cells: ["a\n\u001b[2Jb", "x\ty"] }];
    assert.equal(sectionText({ columns, rows }, false).split("\n")[1], "a [2Jb   x y");
  });

  it("is coloured by line, and only where that is wanted", () => {
    const rows = [{ cells: ["a", "gone"], tone: "alarm" as const }];
    const [red, end] = ["\u001b[1;31m", "\u001b[0m"];
    assert.equal(sectionText({ columns, rows }, true), `NAME   WHAT\n${red}a      gone${end}\n`);
    assert.equal(sectionText({ columns, rows }, false), "NAME   WHAT\na      gone\n");
  });
});
