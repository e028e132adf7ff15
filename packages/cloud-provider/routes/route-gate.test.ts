import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultConfig } from "../manager/config.ts";
import { BUILT_IN_CONTROLLERS } from "../manager/controllers.ts";
import { createHarness } from "../testing/harness.ts";

/** How often routes are listed in 65 idle seconds. */
async function listsInAMinute(flags: Readonly<Record<string, boolean>>): Promise<number> {
  const harness = await createHarness();
  const config = { ...defaultConfig("fake"), clusterCidr: "10.244.0.0/16", featureGates: flags };
  await harness.run("route_controller", (context) => {
    const entry = BUILT_IN_CONTROLLERS.find(({ canonical }) => canonical === "node-route-controller");
    const controller = entry?.create(context, { config, provider: harness.cloud, instances: undefined });
    assert.ok(controller);
    return controller;
  });
  await harness.clock.advance(65_000);
  await harness.close();
  return harness.cloud.count("listRoutes");
}

describe("the gate CloudControllerManagerWatchBasedRoutesReconciliation", () => {
  it("is on by default: an idle cluster's routes are not listed", async () => {
    assert.equal(await listsInAMinute({}), 1);
  });

  it("off means one pass each --route-reconciliation-period, as upstream by default", async () => {
    assert.equal(await listsInAMinute({ CloudControllerManagerWatchBasedRoutesReconciliation: false }), 7);
  });
});
