import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import fc from "fast-check";
import { createAbsenceTracker, fuseBlows } from "./absence.ts";

describe("an absence", () => {
  it("is confirmed by a second answer that is late enough", async () => {
    const clock = new VirtualClock();
    const absence = createAbsenceTracker(clock, 5000);
    assert.equal(absence.confirm("a"), false);
    await clock.advance(4999);
    assert.equal(absence.confirm("a"), false);
    await clock.advance(1);
    assert.equal(absence.confirm("a"), true);
    assert.equal(absence.confirm("b"), false, "each node for itself");
  });

  it("begins anew after the instance was seen, and after the node was forgotten", async () => {
    const clock = new VirtualClock();
    const absence = createAbsenceTracker(clock, 5000);
    for (const interruption of [() => absence.reset("a"), () => absence.keep(new Set(["b"]))]) {
      absence.confirm("a");
      await clock.advance(5000);
      interruption();
      assert.equal(absence.confirm("a"), false);
      await clock.advance(5000);
      assert.equal(absence.confirm("a"), true);
      absence.reset("a");
    }
  });
});

describe("the stop of deletions", () => {
  it("never comes for fewer than three nodes, nor for the share that is allowed", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 50 }),
        fc.nat({ max: 50 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (gone, rest, share) => {
          const blows = fuseBlows(gone, gone + rest, share);
          assert.equal(blows, gone >= 3 && gone > (gone + rest) * share);
        },
      ),
    );
    assert.equal(fuseBlows(3, 6, 0.5), false);
    assert.equal(fuseBlows(4, 6, 0.5), true);
    assert.equal(fuseBlows(2, 2, 0.5), false);
    assert.equal(fuseBlows(100, 100, 1), false);
  });
});
