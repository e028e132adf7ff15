import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { LineSplitter } from "./lines.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("a character whose bytes come in two chunks comes out whole", () => {
  const splitter = new LineSplitter();
  const line = bytes("节点\n");
  assert.deepEqual(splitter.push(line.subarray(0, 4)), []);
  assert.deepEqual(splitter.push(line.subarray(4)), ["节点"]);
  assert.equal(splitter.end(), undefined);
});

test("what follows the last newline is told at the end, and empty lines are not told at all", () => {
  const splitter = new LineSplitter();
  assert.deepEqual(splitter.push(bytes("\n\na\n\nb")), ["a"]);
  assert.equal(splitter.end(), "b");
});

test("property: the same lines come out wherever the stream is cut", () => {
  const line = fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replace(/\n/g, ""));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.array(fc.nat(200)), fc.boolean(), (lines, cuts, ended) => {
      const all = bytes(lines.join("\n") + (ended ? "\n" : ""));
      const at = [...new Set(cuts.map((cut) => Math.min(cut, all.length))), all.length].sort((a, b) => a - b);
      const splitter = new LineSplitter();
      const out: string[] = [];
      let start = 0;
      for (const end of at) {
        // A view into a larger buffer, as a socket gives them.
        out.push(...splitter.push(all.subarray(start, end)));
        start = end;
      }
      const last = splitter.end();
      if (last !== undefined) out.push(last);
      assert.deepEqual(
        out,
        lines.filter((text) => text !== ""),
      );
    }),
    { numRuns: 300 },
  );
});
