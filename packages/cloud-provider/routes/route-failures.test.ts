import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KubeError, NODES, type Node } from "@ccm/kube";
import type { ControllerContext } from "../context.ts";
import type { Route } from "../contract.ts";
import { CloudError } from "../error.ts";
import type { Harness } from "../testing/harness.ts";
import { CREATED, conditionOf, FAILED, presentRoute, routedNode, startScene } from "./testing/scene.ts";

const node = (name: string): Node =>
  routedNode(name, [`10.244.${name.slice(1)}.0/24`], undefined, { providerID: `fake://${name}` });
const quota = new CloudError("permanent", "RouteQuotaExceeded: 50 of 50 routes");
const failing =
  (method: "createRoute" | "deleteRoute" | "listRoutes", error: Error, times: number) =>
  ({ cloud }: Harness) =>
    cloud.fail(method, error, times);
const times = (harness: Harness, method: string) =>
  harness.cloud.calls.filter((call) => call.method === method).map(({ at }) => Math.round(at / 1000));

describe("a route that cannot be created", () => {
  it("is tried again on its own with growing pauses, told of once, and clears the condition in the end", async () => {
    const before = failing("createRoute", quota, 4);
    const harness = await startScene({ nodes: [node("n1")], before });
    await harness.clock.advance(9000);
    assert.equal(await conditionOf(harness, "n1"), FAILED);
    assert.equal(harness.metrics.value("route_controller_routes_with_problems", { operation: "create" }), 1);
    const outcome = { trigger: "node_change", outcome: "error" };
    assert.equal(harness.metrics.value("route_controller_route_sync_total", outcome), 1);
    await harness.clock.advance(300_000);
    assert.equal(await conditionOf(harness, "n1"), CREATED);
    assert.equal(harness.metrics.value("route_controller_routes_with_problems", { operation: "create" }), 0);
    assert.equal(harness.metrics.value("route_controller_errors_total", { operation: "create" }), 4);
    assert.deepEqual(times(harness, "createRoute"), [0, 10, 30, 70, 150]);
    const events = await harness.events("n1");
    assert.equal(events.length, 1);
    assert.match(
      events[0] ?? "",
      /^Warning FailedToCreateRoute: Could not create route [-0-9a-f]{36} 10\.244\.1\.0\/24 for node n1 after \d+ ms: RouteQuotaExceeded: 50 of 50 routes$/,
    );
    await harness.close();
  });

  it("is news again, and waits no longer than the first time, when it was created in between", async () => {
    const harness = await startScene({ nodes: [node("n1")], before: failing("createRoute", quota, 3) });
    await harness.clock.advance(80_000);
    harness.cloud.routeTable.clear();
    harness.cloud.resetCalls();
    harness.cloud.fail("createRoute", quota, 1);
    await harness.clock.advance(660_000);
    const [first = 0, second = 0, ...more] = times(harness, "createRoute");
    assert.deepEqual([second - first, more], [10, []]);
    const [told = ""] = await harness.events("n1", "FailedToCreateRoute");
    assert.match(told, / \(×2\)$/);
    await harness.close();
  });

  it("is forgotten with its node", async () => {
    const harness = await startScene({ nodes: [node("n1")], before: failing("createRoute", quota, 9) });
    await harness.clock.advance(15_000);
    await harness.during(harness.user.delete(NODES, { name: "n1" }));
    await harness.clock.advance(1000);
    harness.cloud.resetCalls();
    await harness.clock.advance(400_000);
    assert.ok(harness.cloud.count() <= 1, `${harness.cloud.count()} calls`);
    assert.equal(harness.metrics.value("route_controller_routes_with_problems", { operation: "create" }), 0);
    await harness.close();
  });

  it("is told of again when the cloud says something else", async () => {
    const harness = await startScene({ nodes: [node("n1")], before: failing("createRoute", quota, 3) });
    await harness.clock.advance(35_000);
    harness.cloud.fail("createRoute", new CloudError("permanent", "the route table is locked"), 1);
    await harness.clock.advance(100_000);
    const events = await harness.events("n1", "FailedToCreateRoute");
    assert.deepEqual(
      events.map((event) => event.replace(/^.* ms: /, "")),
      ["RouteQuotaExceeded: 50 of 50 routes", "the route table is locked"],
    );
    await harness.close();
  });

  it("does not hold up the others, nor is it called in their passes", async () => {
    const harness = await startScene({
      nodes: [node("n1")],
      wrap: (routes) => ({
        ...routes,
        create: async (cluster, to, cidr, signal) => {
          if (to.metadata.name === "n1") throw quota;
          await routes.create(cluster, to, cidr, signal);
        },
      }),
    });
    await harness.clock.advance(31_000);
    const failures = () => harness.metrics.value("route_controller_errors_total", { operation: "create" });
    assert.equal(failures(), 3);
    await harness.during(harness.user.create(NODES, node("n2")));
    await harness.clock.advance(2000);
    assert.equal(await conditionOf(harness, "n2"), CREATED);
    assert.equal(failures(), 3);
    await harness.close();
  });

  it("is tried again at once when its node changes", async () => {
    const harness = await startScene({ nodes: [node("n1")], before: failing("createRoute", quota, 5) });
    await harness.clock.advance(100_000);
    harness.cloud.heal("createRoute");
    const body = { status: { addresses: [{ type: "InternalIP", address: "10.0.0.1" }] } } as const;
    const patch = { type: "strategic", body } as const;
    await harness.during(harness.user.patch(NODES, { name: "n1" }, patch, { subresource: "status" }));
    await harness.clock.advance(1000);
    assert.equal(await conditionOf(harness, "n1"), CREATED);
    await harness.close();
  });

  it("is tried again at once when the deletion of another made room for it", async () => {
    const harness = await startScene({ nodes: [node("n1")] });
    await harness.clock.advance(60_000);
    harness.cloud.fail("createRoute", quota, 5);
    await harness.during(harness.user.create(NODES, node("n2")));
    await harness.clock.advance(100_000);
    harness.cloud.heal("createRoute");
    await harness.during(harness.user.delete(NODES, { name: "n1" }));
    await harness.clock.advance(1000);
    assert.equal(await conditionOf(harness, "n2"), CREATED);
    await harness.close();
  });

  it("waits as long as the cloud asks for", async () => {
    const throttled = new CloudError("throttled", "slow down", { retryAfterMs: 42_000 });
    const harness = await startScene({ nodes: [node("n1")], before: failing("createRoute", throttled, 1) });
    await harness.clock.advance(100_000);
    assert.deepEqual(times(harness, "createRoute"), [0, 42]);
    await harness.close();
  });

  it("is one that is there already, when the cloud says conflict and lists it", async () => {
    const harness = await startScene({
      nodes: [node("n1")],
      wrap: (routes) => ({
        ...routes,
        async create(cluster, to, cidr, signal) {
          await routes.create(cluster, to, cidr, signal);
          throw new CloudError("conflict", "RouteAlreadyExists");
        },
      }),
    });
    await harness.clock.advance(5000);
    assert.equal(await conditionOf(harness, "n1"), CREATED);
    assert.deepEqual(await harness.events("n1"), []);
    assert.equal(harness.cloud.count("createRoute"), 1);
    await harness.close();
  });

  it("is a failure after five conflicts when what is there is somebody else's", async () => {
    const conflict = new CloudError("conflict", "RouteAlreadyExists");
    const harness = await startScene({ nodes: [node("n1")], before: failing("createRoute", conflict, 99) });
    await harness.clock.advance(9000);
    assert.equal(harness.cloud.count("createRoute"), 5);
    assert.equal(await conditionOf(harness, "n1"), FAILED);
    assert.match((await harness.events("n1")).join(), /: RouteAlreadyExists$/);
    await harness.close();
  });
});

describe("a route that cannot be deleted", () => {
  it("is tried again with growing pauses and told of once, on the node's name when the node is gone", async () => {
    const present = [presentRoute("n9", "10.244.9.0/24")];
    const before = failing("deleteRoute", new CloudError("retryable", "the table is busy"), 3);
    const harness = await startScene({ nodes: [node("n1")], present, before });
    await harness.clock.advance(9000);
    assert.equal(harness.metrics.value("route_controller_routes_with_problems", { operation: "delete" }), 1);
    assert.equal(await conditionOf(harness, "n1"), CREATED);
    await harness.clock.advance(3000);
    // Another node's pass does not try it.
    await harness.during(harness.user.create(NODES, node("n2")));
    await harness.clock.advance(100_000);
    assert.deepEqual(times(harness, "deleteRoute"), [0, 10, 30, 70]);
    assert.deepEqual([...harness.cloud.routeTable.keys()], ["n1 10.244.1.0/24", "n2 10.244.2.0/24"]);
    const [event, ...more] = await harness.events("n9");
    assert.match(
      event ?? "",
      /^Warning FailedToDeleteRoute: Could not delete route present n9 .+ 10\.244\.9\.0\/24 of node n9 after .+: the table is busy$/,
    );
    assert.deepEqual(more, []);
    await harness.close();
  });

  it("is none when the cloud says that it is gone", async () => {
    const before = failing("deleteRoute", new CloudError("absent", "no such route"), 1);
    const harness = await startScene({ present: [presentRoute("n9", "10.244.9.0/24")], before });
    await harness.clock.advance(9000);
    assert.equal(harness.cloud.count("deleteRoute"), 1);
    assert.deepEqual(await harness.events("n9"), []);
    await harness.close();
  });
});

describe("a pass that fails", () => {
  it("because routes cannot be listed is made again with growing pauses, and changes nothing", async () => {
    const before = failing("listRoutes", new CloudError("retryable", "down"), 4);
    const harness = await startScene({ nodes: [node("n1")], before });
    await harness.clock.advance(1000);
    assert.equal(await conditionOf(harness, "n1"), "");
    await harness.clock.advance(60_000);
    assert.deepEqual(times(harness, "listRoutes"), [0, 2, 6, 14, 30]);
    assert.equal(await conditionOf(harness, "n1"), CREATED);
    const errors = { trigger: "node_change", outcome: "error" };
    assert.equal(harness.metrics.value("route_controller_route_sync_total", errors), 1);
    assert.equal(harness.metrics.value("route_controller_errors_total", { operation: "list" }), 4);
    assert.equal(harness.metrics.value("workqueue_retries_total", { name: "Routes" }), 4);
    harness.cloud.resetCalls();
    harness.cloud.fail("listRoutes", new CloudError("retryable", "down"), 1);
    await harness.clock.advance(660_000);
    const [first = 0, second = 0] = times(harness, "listRoutes");
    assert.equal(second - first, 2);
    await harness.close();
  });

  it("because routes cannot be listed comes back when the cloud asks it to", async () => {
    const throttled = new CloudError("throttled", "slow down", { retryAfterMs: 42_000 });
    const harness = await startScene({ nodes: [node("n1")], before: failing("listRoutes", throttled, 1) });
    await harness.clock.advance(60_000);
    assert.deepEqual(times(harness, "listRoutes"), [0, 42]);
    await harness.close();
  });

  it("while a route waits for its next try does not become a loop", async () => {
    const harness = await startScene({ nodes: [node("n1")], before: failing("createRoute", quota, 1) });
    await harness.clock.advance(5000);
    harness.cloud.fail("listRoutes", new CloudError("retryable", "down"), 3);
    await harness.clock.advance(60_000);
    assert.equal(await conditionOf(harness, "n1"), CREATED);
    assert.ok(harness.cloud.count("listRoutes") <= 6, `${harness.cloud.count("listRoutes")} lists`);
    await harness.close();
  });

  /** The API server refuses the first writes of a condition. */
  const refusing = (error: Error, count: number) => {
    let left = count;
    return (given: ControllerContext): ControllerContext => ({
      ...given,
      client: {
        ...given.client,
        patch: async (...args) => {
          if (left-- > 0) throw error;
          return given.client.patch(...args);
        },
      },
    });
  };

  it("because a condition could not be written is made again", async () => {
    const context = refusing(new KubeError("unavailable", "the API server is away"), 2);
    const harness = await startScene({ nodes: [node("n1")], context });
    await harness.clock.advance(20_000);
    assert.equal(await conditionOf(harness, "n1"), CREATED);
    assert.equal(harness.cloud.count("createRoute"), 1);
    await harness.close();
  });

  it("is not made because a condition met conflicts: its write is tried five times", async () => {
    const harness = await startScene({ nodes: [node("n1")], context: refusing(new KubeError("conflict", "old"), 4) });
    await harness.clock.advance(1500);
    assert.equal(await conditionOf(harness, "n1"), CREATED);
    assert.equal(harness.cloud.count("listRoutes"), 1);
    await harness.close();
  });

  it("is not made because a node went away", async () => {
    const harness = await startScene({ nodes: [node("n1")], context: refusing(new KubeError("not_found", "gone"), 1) });
    await harness.clock.advance(9000);
    assert.equal(harness.cloud.count("listRoutes"), 1);
    await harness.close();
  });

  it("tells nobody when it was ended", async () => {
    const slow: { signal?: AbortSignal } = {};
    const harness = await startScene({
      nodes: [node("n1")],
      cloud: { latencyMs: 5000 },
      wrap: (routes) => ({
        ...routes,
        create: async (cluster, to, cidr, signal): Promise<void> => {
          slow.signal = signal;
          await routes.create(cluster, to, cidr, signal);
        },
        list: async (): Promise<readonly Route[]> => [],
      }),
    });
    await harness.clock.advance(1000);
    assert.ok(slow.signal);
    await harness.close();
    assert.equal(slow.signal.aborted, true);
    const counted = harness.metrics.names().filter((name) => /^route_controller_(errors|route_sync)/.test(name));
    assert.deepEqual(counted, []);
  });
});
