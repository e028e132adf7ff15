import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODES, type Node } from "@ccm/kube";
import { CloudError } from "../error.ts";
import type { Harness } from "../testing/harness.ts";
import { UNINITIALIZED } from "../testing/harness.ts";
import { CREATED, conditionOf, presentRoute, routedNode, startScene } from "./testing/scene.ts";

const node = (name: string): Node =>
  routedNode(name, [`10.244.${name.slice(1)}.0/24`], undefined, { providerID: `fake://${name}` });
const add = (harness: Harness, name: string) => harness.during(harness.user.create(NODES, node(name)));
const remove = (harness: Harness, name: string) => harness.during(harness.user.delete(NODES, { name }));
const table = (harness: Harness) => [...harness.cloud.routeTable.keys()].sort();
const change = (harness: Harness, name: string, body: Partial<Node>, subresource?: "status") =>
  harness.during(
    harness.user.patch(NODES, { name }, { type: "strategic", body }, subresource ? { subresource } : undefined),
  );

describe("the route controller", () => {
  it("makes a route for each node, says so in its condition, and does nothing more while nothing happens", async () => {
    const harness = await startScene({ nodes: [node("n1"), node("n2")] });
    await harness.clock.advance(10_000);
    assert.deepEqual(table(harness), ["n1 10.244.1.0/24", "n2 10.244.2.0/24"]);
    assert.equal(await conditionOf(harness, "n1"), CREATED);
    harness.cloud.resetCalls();
    const writes = harness.requests.length;
    await harness.clock.advance(590_000);
    assert.equal(harness.cloud.count(), 0);
    assert.equal(harness.requests.length, writes);
    await harness.close();
  });

  it("reacts to new nodes and deleted ones within a second, with one list for a burst of them", async () => {
    const harness = await startScene({ nodes: [node("n1")] });
    await harness.clock.advance(10_000);
    harness.cloud.resetCalls();
    for (const name of ["n2", "n3", "n4"]) await add(harness, name);
    await remove(harness, "n1");
    await harness.clock.advance(1000);
    assert.deepEqual(table(harness), ["n2 10.244.2.0/24", "n3 10.244.3.0/24", "n4 10.244.4.0/24"]);
    assert.ok(harness.cloud.count("listRoutes") <= 2);
    await harness.close();
  });

  it("removes what is left of nodes that are gone when it starts, also when there is no node at all", async () => {
    const harness = await startScene({ present: [presentRoute("gone", "10.244.9.0/24")] });
    await harness.clock.advance(1000);
    assert.deepEqual(table(harness), []);
    await harness.close();
  });

  it("makes no call because of a heartbeat, an annotation or a node that has no Pod CIDR yet", async () => {
    const harness = await startScene({ nodes: [node("n1")] });
    await harness.clock.advance(10_000);
    harness.cloud.resetCalls();
    await change(harness, "n1", { status: { conditions: [{ type: "Ready", status: "True" }] } }, "status");
    await change(harness, "n1", { metadata: { annotations: { beat: "1" } } });
    await harness.during(harness.user.create(NODES, routedNode("n2", [])));
    await harness.clock.advance(60_000);
    assert.equal(harness.cloud.count(), 0);
    await harness.close();
  });

  it("lists at most once in five seconds however often nodes change", async () => {
    const harness = await startScene({ nodes: [node("n1")] });
    await harness.clock.advance(60_000);
    harness.cloud.resetCalls();
    for (let second = 0; second < 120; second++) {
      const address = `10.0.0.${second}`;
      await change(harness, "n1", { status: { addresses: [{ type: "InternalIP", address }] } }, "status");
      await harness.clock.advance(1000);
    }
    const lists = harness.cloud.count("listRoutes");
    assert.ok(lists >= 20 && lists <= 30, `${lists} lists in two minutes`);
    await harness.close();
  });

  it("repairs what was changed in the cloud after ten minutes, and leaves foreign routes alone", async () => {
    const harness = await startScene({ nodes: [node("n1")] });
    await harness.clock.advance(10_000);
    const foreign = presentRoute("", "192.168.0.0/16");
    harness.cloud.routeTable.clear();
    harness.cloud.routeTable.set(foreign.name, foreign);
    await harness.clock.advance(660_000);
    assert.deepEqual(table(harness), ["n1 10.244.1.0/24", foreign.name]);
    await harness.close();
  });

  it("looks less often when --route-reconciliation-period says so", async () => {
    const harness = await startScene({ nodes: [node("n1")], periodMs: 3_600_000 });
    await harness.clock.advance(10_000);
    harness.cloud.resetCalls();
    await harness.clock.advance(3_500_000);
    assert.equal(harness.cloud.count(), 0);
    await harness.clock.advance(500_000);
    assert.equal(harness.cloud.count("listRoutes"), 1);
    await harness.close();
  });

  it("waits with the route of a new node until the node has met the cloud, and says nothing in between", async () => {
    const fresh = routedNode("n1", ["10.244.1.0/24"], undefined, { taints: [UNINITIALIZED] });
    const harness = await startScene({ nodes: [fresh] });
    await harness.clock.advance(60_000);
    assert.equal(harness.cloud.count("createRoute"), 0);
    assert.equal(await conditionOf(harness, "n1"), "");
    await change(harness, "n1", { spec: { providerID: "fake://n1" } });
    await harness.clock.advance(1000);
    assert.equal(await conditionOf(harness, "n1"), CREATED);
    await harness.close();
  });

  it("makes the route of a node without provider ID once nobody is about to initialise it any more", async () => {
    const fresh = routedNode("n1", ["10.244.1.0/24"], undefined, { taints: [UNINITIALIZED] });
    const harness = await startScene({ nodes: [fresh] });
    await harness.clock.advance(60_000);
    const body = [{ op: "remove", path: "/spec/taints" }];
    await harness.during(harness.user.patch(NODES, { name: "n1" }, { type: "json", body }));
    await harness.clock.advance(1000);
    assert.equal(await conditionOf(harness, "n1"), CREATED);
    await harness.close();
  });

  it("makes no route for a node that the provider wants none for, and lets it be used", async () => {
    const excluded = node("n1");
    const harness = await startScene({
      nodes: [{ ...excluded, metadata: { ...excluded.metadata, annotations: { routes: "no" } } }],
      present: [presentRoute("n1", "10.244.1.0/24")],
      wrap: (routes) => ({ ...routes, wants: ({ metadata }) => metadata.annotations?.routes !== "no" }),
    });
    await harness.clock.advance(10_000);
    assert.deepEqual(table(harness), []);
    assert.equal(await conditionOf(harness, "n1"), CREATED);
    await change(harness, "n1", { metadata: { annotations: { routes: "yes" } } });
    await harness.clock.advance(1000);
    assert.deepEqual(table(harness), ["n1 10.244.1.0/24"]);
    await harness.close();
  });

  it("deletes before it creates, so that a CIDR can move to another node", async () => {
    const harness = await startScene({ nodes: [node("n1")], present: [presentRoute("gone", "10.244.1.0/24")] });
    await harness.clock.advance(5000);
    const calls = harness.cloud.calls.map(({ method }) => method);
    assert.deepEqual(calls, ["listRoutes", "deleteRoute", "createRoute"]);
    await harness.close();
  });

  it("leaves no timer behind when it ends", async () => {
    const harness = await startScene({ nodes: [node("n1")] });
    await harness.clock.advance(10_000);
    await harness.close();
    assert.equal(harness.clock.pending, 0);
  });

  it("counts its passes by trigger and outcome, and its queue as upstream's", async () => {
    const harness = await startScene({ nodes: [node("n1")] });
    await harness.clock.advance(10_000);
    await change(harness, "n1", { status: { addresses: [{ type: "InternalIP", address: "10.0.0.1" }] } }, "status");
    await harness.clock.advance(10_000);
    harness.cloud.routeTable.clear();
    await harness.clock.advance(1_300_000);
    const passes = (trigger: string, outcome: string) =>
      harness.metrics.value("route_controller_route_sync_total", { trigger, outcome });
    assert.deepEqual(
      [passes("node_change", "changed"), passes("node_change", "noop"), passes("periodic", "changed")],
      [1, 1, 1],
    );
    assert.ok(passes("periodic", "noop") >= 1);
    assert.equal(harness.metrics.value("route_controller_routes"), 1);
    assert.ok(harness.metrics.value("workqueue_adds_total", { name: "Routes" }) >= 4);
    await harness.close();
  });
});

describe("the route controller without its watch", () => {
  const lists = (harness: Harness) =>
    harness.cloud.calls.filter(({ method }) => method === "listRoutes").map(({ at }) => at);

  it("passes once a period, start to start, whatever nodes do", async () => {
    const harness = await startScene({ watch: false, periodMs: 10_000 });
    const [start = 0] = await harness.clock.advance(1).then(() => lists(harness));
    await add(harness, "n1");
    await harness.clock.advance(9000);
    assert.deepEqual(table(harness), []);
    await harness.clock.advance(30_000);
    assert.deepEqual(
      lists(harness).map((at) => at - start),
      [0, 10_000, 20_000, 30_000],
    );
    assert.deepEqual(table(harness), ["n1 10.244.1.0/24"]);
    const changed = harness.metrics.value("route_controller_route_sync_total", {
      trigger: "periodic",
      outcome: "changed",
    });
    assert.equal(changed, 1);
    await harness.close();
  });

  it("tries again in its next pass what failed, be it a list or a route that has waited long enough", async () => {
    const harness = await startScene({
      watch: false,
      periodMs: 10_000,
      nodes: [node("n1")],
      before: ({ cloud }) => {
        cloud.fail("listRoutes", new CloudError("retryable", "down"), 2);
        cloud.fail("createRoute", new CloudError("retryable", "busy"), 2);
      },
    });
    await harness.clock.advance(60_000);
    const at = (method: string) => harness.cloud.calls.filter((call) => call.method === method).map((call) => call.at);
    const [start = 0, ...more] = at("listRoutes");
    assert.deepEqual(
      more.map((time) => time - start),
      [10_000, 20_000, 30_000, 40_000, 50_000, 60_000],
    );
    assert.deepEqual(
      at("createRoute").map((time) => time - start),
      [20_000, 30_000, 50_000],
    );
    await harness.close();
  });

  it("follows a pass that takes longer than the period with the next at once, and never has two", async () => {
    let running = 0;
    let most = 0;
    const harness = await startScene({
      watch: false,
      periodMs: 10_000,
      cloud: { latencyMs: 15_000 },
      wrap: (routes) => ({
        ...routes,
        async list(...args) {
          most = Math.max(most, ++running);
          return routes.list(...args).finally(() => running--);
        },
      }),
    });
    await harness.clock.advance(50_000);
    const [start = 0, ...more] = lists(harness);
    assert.deepEqual(
      more.map((at) => at - start),
      [15_000, 30_000, 45_000],
    );
    assert.equal(most, 1);
    await harness.close();
  });
});
