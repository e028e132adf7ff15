import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODES, type Node } from "@ccm/kube";
import { CloudError } from "../error.ts";
import { createHarness, type Harness, newNode } from "../testing/harness.ts";
import { parseClusterCidrs } from "./cluster-cidrs.ts";
import { createRouteController } from "./route-controller.ts";

async function start(nodes: readonly string[], periodMs = 3_600_000): Promise<Harness> {
  const harness = await createHarness();
  for (const name of nodes) await add(harness, name);
  await harness.run("route_controller", (context) =>
    createRouteController(context, {
      routes: harness.cloud.routes,
      clusterName: "kubernetes",
      clusterCidrs: parseClusterCidrs("10.244.0.0/16"),
      periodMs,
    }),
  );
  return harness;
}
async function add(harness: Harness, name: string): Promise<void> {
  const podCIDR = `10.244.${name.slice(1)}.0/24`;
  const spec = { providerID: `fake://${name}`, podCIDR, podCIDRs: [podCIDR] };
  await harness.during(harness.user.create(NODES, newNode(name, { spec })));
}
async function condition(harness: Harness, name: string): Promise<string> {
  const node: Node = await harness.during(harness.user.get(NODES, { name }));
  const found = node.status?.conditions?.find(({ type }) => type === "NetworkUnavailable");
  return `${found?.status} ${found?.reason} ${found?.message}`;
}
const CREATED = "False RouteCreated RouteController created a route";
const FAILED = "True NoRouteCreated RouteController failed to create a route";

describe("the route controller", () => {
  it("makes a route for each node, says so in its condition, and does nothing more while nothing happens", async () => {
    const harness = await start(["n1", "n2"]);
    await harness.clock.advance(10_000);
    assert.deepEqual([...harness.cloud.routeTable.keys()], ["n1 10.244.1.0/24", "n2 10.244.2.0/24"]);
    assert.equal(await condition(harness, "n1"), CREATED);
    harness.cloud.resetCalls();
    const writes = harness.requests.length;
    await harness.clock.advance(3_500_000);
    assert.equal(harness.cloud.count(), 0);
    assert.equal(harness.requests.length, writes);
    await harness.close();
  });

  it("reacts to new nodes and deleted ones within a second, with one list for a burst of them", async () => {
    const harness = await start(["n1"]);
    await harness.clock.advance(10_000);
    harness.cloud.resetCalls();
    for (const name of ["n2", "n3", "n4"]) await add(harness, name);
    await harness.during(harness.user.delete(NODES, { name: "n1" }));
    await harness.clock.advance(1000);
    assert.deepEqual([...harness.cloud.routeTable.keys()].sort(), [
      "n2 10.244.2.0/24",
      "n3 10.244.3.0/24",
      "n4 10.244.4.0/24",
    ]);
    assert.ok(harness.cloud.count("listRoutes") <= 2);
    await harness.close();
  });

  it("does not list because of a heartbeat", async () => {
    const harness = await start(["n1"]);
    await harness.clock.advance(10_000);
    harness.cloud.resetCalls();
    const body = { status: { conditions: [{ type: "Ready", status: "True" }] } };
    await harness.during(
      harness.user.patch(NODES, { name: "n1" }, { type: "strategic", body }, { subresource: "status" }),
    );
    await harness.clock.advance(60_000);
    assert.equal(harness.cloud.count(), 0);
    await harness.close();
  });

  it("lists at most once in five seconds however often nodes change", async () => {
    const harness = await start(["n1"]);
    await harness.clock.advance(60_000);
    harness.cloud.resetCalls();
    for (let second = 0; second < 120; second++) {
      const body = { metadata: { annotations: { beat: String(second) } } };
      await harness.during(harness.user.patch(NODES, { name: "n1" }, { type: "merge", body }));
      await harness.clock.advance(1000);
    }
    assert.ok(harness.cloud.count("listRoutes") <= 30, `${harness.cloud.count("listRoutes")} lists in two minutes`);
    await harness.close();
  });

  it("repairs at the end of the period what was changed in the cloud, and leaves foreign routes alone", async () => {
    const harness = await start(["n1"], 60_000);
    await harness.clock.advance(10_000);
    const foreign = { name: "x", targetNode: "", destinationCidr: "192.168.0.0/16", blackhole: true };
    harness.cloud.routeTable.clear();
    harness.cloud.routeTable.set("x", foreign);
    await harness.clock.advance(60_000);
    assert.deepEqual([...harness.cloud.routeTable.keys()], ["x", "n1 10.244.1.0/24"]);
    await harness.close();
  });

  it("tries a failed creation again without waiting for the period, tells of it once, and clears the condition", async () => {
    const harness = await start([]);
    await harness.clock.advance(5000);
    harness.cloud.fail("createRoute", new CloudError("permanent", "quota exceeded"), 3);
    await add(harness, "n1");
    await harness.clock.advance(9000);
    assert.equal(await condition(harness, "n1"), FAILED);
    await harness.clock.advance(120_000);
    assert.equal(await condition(harness, "n1"), CREATED);
    assert.equal(harness.cloud.count("createRoute"), 4);
    const events = await harness.events("n1");
    assert.equal(events.length, 1);
    assert.match(
      events[0] ?? "",
      /^Warning FailedToCreateRoute: Could not create route [-0-9a-f]+ 10\.244\.1\.0\/24 for node n1 after .+: quota exceeded$/,
    );
    await harness.close();
  });

  it("keeps trying when routes cannot be listed, and not in a loop", async () => {
    const harness = await start(["n1"]);
    harness.cloud.fail("listRoutes", new CloudError("retryable", "down"), 3);
    await add(harness, "n2");
    await harness.clock.advance(120_000);
    assert.equal(harness.cloud.routeTable.size, 2);
    assert.ok(harness.cloud.count("listRoutes") <= 6);
    await harness.close();
  });

  it("deletes before it creates, so that a CIDR can move to another node", async () => {
    const harness = await createHarness();
    const route = { name: "old", targetNode: "gone", destinationCidr: "10.244.1.0/24", blackhole: false };
    harness.cloud.routeTable.set("old", route);
    await add(harness, "n1");
    await harness.run("route_controller", (context) =>
      createRouteController(context, {
        routes: harness.cloud.routes,
        clusterName: "kubernetes",
        clusterCidrs: parseClusterCidrs("10.244.0.0/16"),
        periodMs: 10_000,
      }),
    );
    await harness.clock.advance(5000);
    assert.deepEqual(harness.cloud.calls.map(({ method }) => method).slice(0, 3), [
      "listRoutes",
      "deleteRoute",
      "createRoute",
    ]);
    await harness.close();
  });
});
