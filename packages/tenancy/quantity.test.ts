import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { canonicalQuantity, formatQuantity, parseQuantity } from "./quantity.ts";

describe("a quantity", () => {
  it("is written as the API server writes it", () => {
    for (const [given, canonical] of [
      ["1000m", "1"],
      ["1500m", "1500m"],
      ["0.5", "500m"],
      ["1024Mi", "1Gi"],
      ["1.5Gi", "1536Mi"],
      ["2000Mi", "2000Mi"],
      ["0.5Ki", "512"],
      ["2000", "2k"],
      [4, "4"],
      ["0", "0"],
      ["0Gi", "0"],
    ] as const) {
      assert.equal(canonicalQuantity(given), canonical, String(given));
    }
  });

  it("keeps its value in any form", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 30n), fc.constantFrom("", "1", "1Gi"), (value, like) => {
        assert.equal(parseQuantity(formatQuantity(value, like)), value);
      }),
    );
  });

  it("that is none is refused in one line", () => {
    for (const bad of ["", "-1", "1e3", "1 Gi", "Gi"]) {
      assert.throws(
        () => parseQuantity(bad),
        new RangeError(`"${bad}" is no quantity: expected a number such as 500m, 2 or 1.5Gi`),
      );
    }
  });
});
