import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { scenarioNamed } from "../scenarios/index.ts";
import { allFaults, disturbed, disturbedEffects, undisturbed } from "./enumerate.ts";
import { MODES } from "./modes.ts";

const SCENARIO = scenarioNamed("service-create");

describe("a run of the world", () => {
  it("is the same, byte for byte, for the same seed and the same fault", async () => {
    const calm = await undisturbed(SCENARIO, "twice");
    const faults = [{ at: 8, mode: "lost-reset" }] as const;
    const one = await disturbed(SCENARIO, "twice", faults, calm);
    const two = await disturbed(SCENARIO, "twice", faults, await undisturbed(SCENARIO, "twice"));
    assert.equal(one.timeline.join("\n"), two.timeline.join("\n"));
    assert.ok(one.timeline.length > 100);
  });

  it("does its fault once, at the effect that the undisturbed run had there, in every mode", async () => {
    const calm = await undisturbed(SCENARIO, "modes");
    const created = calm.effects.findIndex(({ method, path }) => method === "POST" && path.startsWith("/v1/blb?"));
    for (const mode of MODES) {
      const { fired, problems } = await disturbed(SCENARIO, "modes", [{ at: created + 1, mode }], calm);
      assert.deepEqual(problems, [], mode);
      assert.deepEqual(
        fired.map(({ effect }) => effect.path),
        [calm.effects[created]?.path],
      );
    }
  });

  it("enumerates every effect in every mode", () => {
    const write = { to: "cloud", path: "/v1/blb" } as const;
    const renewal = { to: "kube", path: "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x" } as const;
    assert.deepEqual(disturbedEffects([write, renewal, write]), [1, 2, 3]);
    assert.equal(allFaults([1, 2, 3]).length, 3 * MODES.length);
    assert.deepEqual(disturbedEffects([write, ...Array(9).fill(renewal), write]), [1, 2, 3, 4, 11], "renewals alone");
  });
});
