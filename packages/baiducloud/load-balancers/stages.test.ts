import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { planDeletion, planService } from "./plan.ts";
import { stagesOf } from "./stages.ts";
import type { Step } from "./steps.ts";
import { worldArb } from "./testing/arbitrary.ts";

const keep = { keepLoadBalancer: false, keepAddress: false, mayUnprotect: true, mayUnprotectEip: true };

describe("the stages of a plan", () => {
  it("have every step once, those of a facet in the plan's order, and what makes or removes a load balancer alone", () => {
    fc.assert(
      fc.property(worldArb, ([desired, observed]) => {
        for (const { steps } of [planService(desired, observed), planDeletion(observed, keep)]) {
          const stages = stagesOf(steps);
          const flat = stages.flat(2);
          assert.equal(flat.length, steps.length);
          for (const facet of ["listeners", "backends", "address", "load-balancer", "source-ranges"] as const) {
            const ofFacet = (some: readonly Step[]) => some.filter((step) => step.facet === facet);
            assert.deepEqual(ofFacet(flat), ofFacet(steps));
          }
          for (const stage of stages) {
            const alone = stage.flat().some(({ facet }) => facet === "load-balancer" || facet === "source-ranges");
            if (alone) assert.equal(stage.flat().length, 1);
          }
        }
      }),
    );
  });
  it("let listeners and backends of one load balancer take turns, and the address go beside them", () => {
    const step = (facet: "listeners" | "backends" | "address"): Step =>
      ({ facet, do: "unbindEip", eip: facet }) as unknown as Step;
    const [stage, ...more] = stagesOf([
      step("listeners"),
      step("listeners"),
      step("backends"),
      step("backends"),
      step("address"),
    ]);
    assert.deepEqual(more, []);
    assert.deepEqual(
      stage?.map((lane) => lane.map(({ facet }) => facet)),
      [["backends", "listeners", "backends", "listeners"], ["address"]],
    );
  });
});
