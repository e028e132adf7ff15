import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createProgress } from "./progress.ts";

function draw(isTTY: boolean, fractions: readonly number[]): string {
  const parts: string[] = [];
  const progress = createProgress({ isTTY, write: (part) => parts.push(part) });
  for (const fraction of fractions) progress.update("building", fraction);
  progress.line("built");
  return parts.join("");
}

describe("progress", () => {
  it("is one line that is drawn anew on a terminal", () => {
    const text = draw(true, [0.5, 0.5, 1.2]);
    assert.equal(text.split("\r").length - 1, 2);
    assert.match(text, /█{12}░{12} {2}50 % {2}building/);
    assert.match(text, /█{24} 100 % {2}building.*\nbuilt\n$/);
  });

  it("is a line at each tenth elsewhere", () => {
    const fractions = Array.from({ length: 101 }, (_, i) => i / 100);
    const lines = draw(false, fractions).trimEnd().split("\n");
    assert.equal(lines.length, 12);
    assert.deepEqual(
      [lines[0], lines[5], lines[10], lines[11]],
      ["building: 0 %", "building: 50 %", "building: 100 %", "built"],
    );
  });
});
