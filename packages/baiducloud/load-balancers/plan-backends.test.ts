import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BACKENDS_PER_BLB } from "./backends.ts";
import type { ObservedLoadBalancer } from "./observed.ts";
import { planBackends } from "./plan-backends.ts";
import type { Draft } from "./steps.ts";

const BLB = "lb-1";
const present = (ids: readonly string[]) =>
  ({
    id: BLB,
    ours: true,
    backends: ids.map((instanceId) => ({ instanceId, weight: 100 })),
    clusterInstances: new Set<string>(),
  }) as unknown as ObservedLoadBalancer;

function stepsFor(before: readonly string[], wanted: readonly string[]) {
  const draft: Draft = { steps: [], problems: [] };
  const candidates = wanted.map((id) => ({ id, zone: "", weight: 100 }));
  planBackends({ candidates, limit: BACKENDS_PER_BLB, seed: "x" }, present(before), BLB, draft);
  return draft.steps;
}

describe("the plan for backends", () => {
  it("lets new ones come first, and the last old ones go only when they have come", () => {
    assert.deepEqual(stepsFor(["i-old"], ["i-new"]), [
      { facet: "backends", do: "addBackends", blbId: BLB, instanceIds: ["i-new"], weight: 100 },
      { facet: "backends", do: "removeBackends", blbId: BLB, instanceIds: ["i-old"], onlyWhenReplaced: true },
    ]);
  });

  it("lets old ones go in any case when others stay, or when nobody is to come", () => {
    const [, removal] = stepsFor(["i-old", "i-stays"], ["i-new", "i-stays"]);
    assert.deepEqual(removal, { facet: "backends", do: "removeBackends", blbId: BLB, instanceIds: ["i-old"] });
    assert.deepEqual(stepsFor(["i-old"], []), [
      { facet: "backends", do: "removeBackends", blbId: BLB, instanceIds: ["i-old"] },
    ]);
  });

  it("makes room in a full load balancer before it fills it", () => {
    const names = (prefix: string) => Array.from({ length: BACKENDS_PER_BLB }, (_, i) => `i-${prefix}${i}`);
    const [first, second, ...others] = stepsFor(names("old"), names("new"));
    assert.deepEqual([first?.do, second?.do], ["removeBackends", "addBackends"]);
    const last = others.at(-1);
    assert.ok(last?.do === "addBackends" || last?.do === "removeBackends");
  });
});
