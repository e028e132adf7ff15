import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EVENTS, SERVICES } from "@ccm/kube";
import { createWorld, type World } from "./world.ts";

const WEB = { namespace: "default", name: "web" };
const FINALIZER = "service.kubernetes.io/load-balancer-cleanup";

async function inWorld(seed: string, test: (world: World) => Promise<void>): Promise<void> {
  const world = await createWorld({ seed });
  world.startCcm();
  await world.clock.advance(10_000);
  await test(world);
  await world.close();
}
const createWeb = (world: World, spec: Record<string, unknown> = {}) =>
  world.client.create(SERVICES, {
    apiVersion: "v1",
    kind: "Service",
    metadata: WEB,
    spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80 }], ...spec },
  });
const patch = (world: World, body: unknown) => world.client.patch(SERVICES, WEB, { type: "merge", body });
const made = (world: World) => {
  const { blbs, eips } = world.simulator.inventory();
  return [blbs.length, eips.length];
};

describe("a Service and the framework", () => {
  it("row 20: has the finalizer before anything is made, and loses it after everything is gone", async () => {
    await inWorld("finalizer", async (world) => {
      await createWeb(world);
      await world.clock.advance(30_000);
      assert.deepEqual((await world.client.get(SERVICES, WEB)).metadata.finalizers, [FINALIZER]);
      const finalizerAt = world.trace.lines.findIndex(
        (line) => line.includes("→ kube PATCH") && line.includes(FINALIZER),
      );
      const createdAt = world.trace.lines.findIndex((line) => line.includes("→ cloud POST /v1/blb?"));
      assert.ok(finalizerAt >= 0 && finalizerAt < createdAt);
      await world.client.delete(SERVICES, WEB);
      await world.clock.advance(30_000);
      await assert.rejects(world.client.get(SERVICES, WEB), { code: "not_found" });
      assert.deepEqual(made(world), [0, 0]);
    });
  });

  it("row 20: that becomes another type loses its load balancer and all that was noted of it, and gets another when it comes back", async () => {
    await inWorld("type", async (world) => {
      await createWeb(world);
      await world.clock.advance(30_000);
      const first = world.simulator.inventory().blbs[0]?.id;
      await patch(world, { spec: { type: "ClusterIP" } });
      await world.clock.advance(30_000);
      assert.deepEqual(made(world), [0, 0]);
      const { annotations = {} } = (await world.client.get(SERVICES, WEB)).metadata;
      assert.deepEqual(
        Object.keys(annotations).filter((key) => key.includes("cce-")),
        [],
      );
      await patch(world, { spec: { type: "LoadBalancer" } });
      await world.clock.advance(30_000);
      assert.deepEqual(made(world), [1, 1]);
      assert.notEqual(world.simulator.inventory().blbs[0]?.id, first);
    });
  });

  it("row 20: with a class is somebody else's, and nothing is made", async () => {
    await inWorld("class", async (world) => {
      await createWeb(world, { loadBalancerClass: "example.com/other" });
      await world.clock.advance(30_000);
      assert.deepEqual(made(world), [0, 0]);
    });
  });

  it("row 35: is told what happens to it under the former controller's reasons", async () => {
    await inWorld("events", async (world) => {
      await createWeb(world);
      await world.clock.advance(30_000);
      await world.client.delete(SERVICES, WEB);
      await world.clock.advance(30_000);
      const events = (await world.client.list(EVENTS, { namespace: "default" })).items;
      const reasons = new Set(
        events.filter(({ involvedObject }) => involvedObject.name === "web").map(({ reason }) => reason),
      );
      for (const reason of [
        "EnsuringLoadBalancer",
        "EnsuredLoadBalancer",
        "DeletingLoadBalancer",
        "DeletedLoadBalancer",
      ]) {
        assert.ok(reasons.has(reason), `${reason}: ${[...reasons]}`);
      }
      // What we note on the Service ourselves is no edit of it.
      assert.ok(events.every(({ involvedObject, count = 1 }) => involvedObject.name !== "web" || count === 1));
    });
  });
});
