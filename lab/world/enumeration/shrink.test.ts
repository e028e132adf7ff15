import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SERVICES } from "@ccm/kube";
import type { Fault } from "./injector.ts";
import type { Scenario } from "./scenario.ts";
import { shrink } from "./shrink.ts";

/** Its end depends on whether the CCM ever died: what no scenario may. */
const FRAGILE: Scenario = {
  name: "fragile",
  summary: "A Service is created, and notes how many replicas have failed or died.",
  async act(scene) {
    await scene.service("web");
    await scene.pause(8000);
    const died = scene.replicas.running.some(({ name }) => name !== "ccm-1");
    await scene.world.client.create(SERVICES, {
      metadata: { namespace: "default", name: died ? "somebody-died" : "nobody-died" },
      spec: { ports: [{ port: 80 }] },
    });
  },
};

describe("shrink", () => {
  it("leaves out the fault that does not matter, and finds the earliest place for the one that does", async () => {
    const tried: (readonly Fault[])[] = [];
    const faults: readonly Fault[] = [
      { at: 4, mode: "refused-500" },
      { at: 9, mode: "dies-after" },
    ];
    assert.deepEqual(await shrink(FRAGILE, "s", faults, (those) => void tried.push(those)), [
      { at: 1, mode: "dies-after" },
    ]);
    assert.deepEqual(tried[0], faults);
  });

  it("says when there is nothing to shrink", async () => {
    assert.equal(await shrink(FRAGILE, "s", [{ at: 4, mode: "refused-500" }]), undefined);
  });
});
