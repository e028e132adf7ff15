import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODES } from "@ccm/kube";
import { foreignRule, refusal } from "./provider-scene.ts";
import { createRouteScene, eventsOf, MARK, machineOf } from "./route-scene.ts";

describe("CCE's own network plugin", () => {
  const EXTERNAL = "cloud-provider-baiducloud/routes";

  it("takes a Node's routes over and hands them back: whoever comes next finds them as they have to be", async () => {
    const scene = await createRouteScene();
    const node = await scene.add("a", ["10.0.1.0/24"]);
    await scene.create(node, "10.0.1.0/24");
    scene.writes.length = 0;
    const annotate = (value: string | null) => {
      const body = { metadata: { annotations: { [EXTERNAL]: value } } };
      return scene.during(scene.client.patch(NODES, { name: "a" }, { type: "merge", body }));
    };
    const taken = await annotate("external");
    assert.equal(scene.routes.wants?.(taken), false);
    assert.deepEqual(await scene.list(), []);
    await scene.create(taken, "10.0.1.0/24");
    // The plugin's own rule, for a range that Kubernetes knows nothing of: also left alone.
    await foreignRule(scene, { destinationAddress: "10.0.77.0/24", nexthopId: machineOf(node), description: MARK });
    assert.deepEqual(await scene.list(), []);
    const back = await annotate(null);
    assert.equal(scene.routes.wants?.(back), true);
    assert.deepEqual((await scene.list()).map(({ destinationCidr }) => destinationCidr).sort(), [
      "10.0.1.0/24",
      "10.0.77.0/24",
    ]);
    await scene.create(back, "10.0.1.0/24");
    assert.deepEqual(scene.writes, []);
  });

  it("has made a route with our mark already: it is ours without a call", async () => {
    const scene = await createRouteScene();
    const node = await scene.add("a", ["10.0.1.0/24"]);
    await foreignRule(scene, { destinationAddress: "10.0.1.0/24", nexthopId: machineOf(node), description: MARK });
    assert.equal((await scene.list())[0]?.targetNode, "a");
    await scene.create(node, "10.0.1.0/24");
    assert.deepEqual(scene.writes, []);
  });

  it("is meant by one value of the annotation; another is an error that names it", async () => {
    const scene = await createRouteScene();
    const node = await scene.add("a", ["10.0.1.0/24"], { [EXTERNAL]: "cni" });
    await assert.rejects(
      scene.create(node, "10.0.1.0/24"),
      /annotation cloud-provider-baiducloud\/routes: expected external, got "cni"/,
    );
  });
});

describe("row 35: events of routes", () => {
  it("tell once that the cloud throttles, and again only after it has let calls pass", async () => {
    const scene = await createRouteScene();
    const { intercept } = scene;
    await scene.add("n", ["10.0.9.0/24"]);
    await scene.list();
    for (let i = 0; i < 2; i++) {
      scene.intercept = () => refusal(429, "RateLimitExceeded");
      for (let j = 0; j < 2; j++) await assert.rejects(scene.list(), /RateLimitExceeded/);
      scene.intercept = intercept;
      await scene.add(`n${i}`, [`10.0.${i}.0/24`]);
      await scene.list();
    }
    const events = await eventsOf(scene, "RouteTableThrottled");
    const times = events.reduce((sum, { count = 1 }) => sum + count, 0);
    assert.equal(times, 2);
  });
});
