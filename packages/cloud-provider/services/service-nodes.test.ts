import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODES } from "@ccm/kube";
import { CloudError } from "../error.ts";
import { newService } from "../testing/harness.ts";
import { start } from "./testing.ts";

describe("a change of nodes", () => {
  it("in a burst is one update of each load balancer", async () => {
    const bench = await start();
    for (const name of ["a", "b", "c"]) await bench.create(newService(name));
    await bench.clock.advance(5000);
    bench.cloud.resetCalls();
    for (let i = 3; i < 53; i++) await bench.addNode(`n${i}`);
    await bench.clock.advance(5000);
    assert.deepEqual(bench.methods(), ["updateBackends", "updateBackends", "updateBackends"]);
    assert.ok(bench.cloud.calls.every(({ about }) => about.length === 53));
    assert.equal(bench.metrics.value("service_controller_loadbalancer_sync_total"), 3);
    assert.deepEqual(await bench.events("a", "UpdatedLoadBalancer"), [
      "Normal UpdatedLoadBalancer: Updated load balancer with new hosts",
    ]);
    await bench.close();
  });

  it("that leaves the backends as they are is none", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.clock.advance(5000);
    bench.cloud.resetCalls();
    const passes = bench.metrics.value("service_controller_nodesync_latency_seconds");
    const body = { status: { conditions: [{ type: "Ready", status: "False" }] } };
    await bench.during(bench.user.patch(NODES, { name: "n1" }, { type: "strategic", body }, { subresource: "status" }));
    await bench.clock.advance(5000);
    assert.equal(bench.cloud.count(), 0);
    assert.equal(bench.metrics.value("service_controller_nodesync_latency_seconds"), passes);
    await bench.close();
  });

  it("that takes the last node is told", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.clock.advance(5000);
    for (const name of ["n1", "n2"]) await bench.during(bench.user.delete(NODES, { name }));
    await bench.clock.advance(5000);
    assert.deepEqual(await bench.events("web", "UnAvailableLoadBalancer"), [
      "Warning UnAvailableLoadBalancer: There are no available nodes for LoadBalancer",
    ]);
    await bench.close();
  });

  it("whose update fails is repaired by an ensure right away", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.clock.advance(5000);
    bench.cloud.resetCalls();
    bench.cloud.fail("updateBackends", new CloudError("retryable", "busy"));
    await bench.addNode("n3");
    await bench.clock.advance(3000);
    assert.deepEqual(bench.methods(), ["updateBackends", "ensure"]);
    assert.deepEqual([...bench.cloud.balancers.values()][0]?.backends, ["n1", "n2", "n3"]);
    assert.equal(bench.metrics.value("service_controller_nodesync_error_total"), 1);
    assert.match((await bench.events("web", "UpdateLoadBalancerFailed"))[0] ?? "", /hosts \[n1 n2 n3\]/);
    await bench.close();
  });

  it("that the cloud is too busy for is looked at when the cloud says", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.seconds(5);
    bench.cloud.resetCalls();
    bench.cloud.fail("updateBackends", new CloudError("throttled", "slow down", { retryAfterMs: 42_000 }));
    await bench.addNode("n3");
    await bench.seconds(10);
    await bench.addNode("n4");
    await bench.seconds(110);
    const [first = 0, second = 0] = bench.cloud.calls.map(({ at }) => at);
    assert.deepEqual([bench.methods(), second - first], [["updateBackends", "ensure"], 42_000]);
    await bench.close();
  });

  it("of a Service with a problem that is known costs one call, with another problem a look at all of it", async () => {
    const bad = { facet: "annotations", reason: "BadAnnotation", message: "expected 1..200", retryable: false };
    const bench = await start();
    bench.cloud.problems.set("default/web", [bad]);
    await bench.create(newService("web"));
    await bench.seconds(5);
    bench.cloud.resetCalls();
    await bench.addNode("n3");
    await bench.seconds(5);
    assert.deepEqual(bench.methods(), ["updateBackends"]);
    bench.cloud.problems.set("default/web", [
      bad,
      { ...bad, facet: "backends", reason: "TooMany", message: "50 at most" },
    ]);
    await bench.addNode("n4");
    await bench.seconds(5);
    assert.deepEqual(bench.methods(), ["updateBackends", "updateBackends", "ensure"]);
    assert.deepEqual(await bench.events("web", "TooMany"), ["Warning TooMany: 50 at most"]);
    await bench.close();
  });

  it("waits for the ensure that is under way, and then is not needed", async () => {
    const bench = await start({ latencyMs: 3000 });
    await bench.create(newService("web"));
    await bench.clock.advance(1000);
    await bench.addNode("n3");
    await bench.clock.advance(20_000);
    assert.deepEqual(
      bench.cloud.calls.map(({ method, about, at }) => [method, about.length - 1, Math.round(at / 1000)]),
      [
        ["ensure", 2, 0],
        ["updateBackends", 3, 3],
      ],
      "one after the other",
    );
    await bench.close();
  });

  it("does not hurry a Service that waits for its retry", async () => {
    const bench = await start();
    bench.cloud.fail("ensure", new CloudError("permanent", "no"), Number.POSITIVE_INFINITY);
    await bench.create(newService("web"));
    await bench.clock.advance(2000);
    for (let i = 3; i < 10; i++) {
      await bench.addNode(`n${i}`);
      await bench.clock.advance(3000);
    }
    assert.deepEqual(bench.methods(), ["ensure"]);
    await bench.close();
  });
});
