import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeSourceOf } from "@ccm/baiducloud";
import { look, node, sourced } from "./node-scene.ts";
import { createProviderScene, type ProviderScene, refusal } from "./provider-scene.ts";

describe("the choice of where nodes are looked up", () => {
  const logged = (scene: ProviderScene) => scene.logs.filter((line) => line.includes("nodes are looked up"));

  it("is CCE for a cluster that CCE knows, and is logged once", async () => {
    const scene = await createProviderScene();
    const { id } = scene.simulator.createInstance({ name: "a" });
    for (let i = 0; i < 3; i++) await look(scene, node("a", { providerID: `cce://${id}` }));
    assert.deepEqual(logged(scene), [
      'info nodes are looked up in one place {"source":"cce","why":"CCE knows cluster cce-scene"}',
    ]);
  });

  it("is BCC for another cluster, and where CCE may not be asked", async () => {
    const own = await createProviderScene({ clusterId: "my-cluster" });
    await look(own, node("a"));
    assert.match(logged(own)[0] ?? "", /"source":"bcc","why":"cluster ID my-cluster is not one of CCE's/);
    assert.ok(!own.calls.some((call) => call.includes(" cce/")));
    const refused = await createProviderScene();
    refused.intercept = (call) => (call.includes(" cce/") ? refusal(403, "cce.warning.Unauthorized") : undefined);
    await look(refused, node("a"));
    assert.match(logged(refused)[0] ?? "", /"source":"bcc","why":"CCE cannot be asked: .*Unauthorized/);
  });

  it("waits for a better day when CCE is down", async () => {
    const scene = await createProviderScene();
    scene.intercept = (call) => (call.includes(" cce/") ? refusal(503, "Unavailable") : undefined);
    await assert.rejects(look(scene, node("a")));
    assert.deepEqual(logged(scene), []);
    scene.intercept = undefined;
    await look(scene, node("a"));
    assert.match(logged(scene)[0] ?? "", /"source":"cce"/);
  });

  it("can be asked for by whoever wants to show it", async () => {
    const scene = await sourced("bcc");
    const cce = { listInstances: () => Promise.reject(new Error("must not be asked")) };
    const choice = await nodeSourceOf(scene.config, { cce });
    assert.deepEqual(choice, { source: "bcc", why: "NodeSource of the cloud config" });
  });
});

describe("row 42: the Cluster API", () => {
  it("stays unsupported: the provider has instances, routes and load balancers, and no clusters", async () => {
    const { provider } = await createProviderScene();
    assert.deepEqual(
      ["instances", "routes", "loadBalancers", "clusters"].map((capability) => capability in provider),
      [true, true, true, false],
    );
  });
});
