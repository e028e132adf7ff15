import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { scrollTo, visibleRange } from "./visible-range.ts";

describe("visibleRange", () => {
  it("has every row that is seen, and few others, wherever the list is scrolled", () => {
    const lists = fc.tuple(fc.nat(100_000), fc.integer({ min: 20, max: 60 }), fc.nat(), fc.nat(2000));
    fc.assert(
      fc.property(lists, ([count, rowHeight, anywhere, height]) => {
        const scrollTop = anywhere % (count * rowHeight + 1);
        const { first, end } = visibleRange(count, rowHeight, scrollTop, height);
        assert.ok(first >= 0 && end <= count && first <= end);
        assert.ok(end - first <= height / rowHeight + 18);
        const firstSeen = Math.floor(scrollTop / rowHeight);
        const lastSeen = Math.ceil((scrollTop + height) / rowHeight);
        assert.ok(first <= firstSeen && end >= Math.min(count, lastSeen));
      }),
    );
  });
});

describe("scrollTo", () => {
  it("scrolls as little as shows the whole row", () => {
    assert.equal(scrollTo(5, 20, 60, 100), 60);
    assert.equal(scrollTo(1, 20, 60, 100), 20);
    assert.equal(scrollTo(9, 20, 60, 100), 100);
  });
});
