import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CloudError } from "../error.ts";
import { newService } from "../testing/harness.ts";
import { KEY, start } from "./testing.ts";

const HOUR = 3_600_000;

describe("a Service that cannot be satisfied", () => {
  const problem = {
    facet: "annotations",
    reason: "BadAnnotation",
    message: "bandwidth: expected 1..200",
    retryable: false,
  };

  it("in a part gets one Event for it, and another when it comes back after it was healed", async () => {
    const bench = await start({ driftPeriodMs: 60_000 });
    bench.cloud.problems.set(KEY, [problem]);
    await bench.create(newService("web"));
    await bench.clock.advance(600_000);
    assert.ok(bench.cloud.count("ensure") >= 8);
    assert.ok((await bench.get()).status?.loadBalancer?.ingress, "the rest works");
    const bad = "Warning BadAnnotation: bandwidth: expected 1..200";
    assert.deepEqual(await bench.events("web", "BadAnnotation"), [bad]);
    assert.equal(bench.metrics.value("service_controller_services_with_problems"), 1);

    bench.cloud.problems.delete(KEY);
    await bench.clock.advance(120_000);
    assert.equal(bench.metrics.value("service_controller_services_with_problems"), 0);
    assert.equal((await bench.events("web", "EnsuredLoadBalancer")).length, 1);
    await bench.close();
  });

  it("in a part can be deleted all the same", async () => {
    const bench = await start();
    bench.cloud.problems.set(KEY, [problem]);
    await bench.create(newService("web"));
    await bench.clock.advance(2000);
    await bench.remove();
    await bench.clock.advance(2000);
    assert.equal(await bench.exists(), false);
    assert.equal(bench.metrics.value("service_controller_services_with_problems"), 0);
    await bench.close();
  });

  it("for now is tried after 5, 10, 20 … seconds", async () => {
    const bench = await start();
    bench.cloud.fail("ensure", new CloudError("retryable", "busy"), 3);
    await bench.create(newService("web"));
    await bench.clock.advance(60_000);
    const [first = 0, ...rest] = bench.cloud.calls.map(({ at }) => Math.round(at / 1000));
    assert.deepEqual(
      rest.map((at) => at - first),
      [5, 15, 35],
    );
    assert.deepEqual(await bench.events("web"), [
      "Normal EnsuringLoadBalancer: Ensuring load balancer",
      "Warning SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: busy",
      "Normal EnsuredLoadBalancer: Ensured load balancer",
    ]);
    await bench.close();
  });

  it("before a time that the cloud names is tried exactly then", async () => {
    const bench = await start();
    bench.cloud.fail("ensure", new CloudError("throttled", "slow down", { retryAfterMs: 42_000 }));
    await bench.create(newService("web"));
    await bench.clock.advance(60_000);
    const [first = 0, second = 0] = bench.cloud.calls.map(({ at }) => at);
    assert.equal(second - first, 42_000);
    await bench.close();
  });

  it("at all is tried each five minutes, and at once when the user edits it", async () => {
    const bench = await start();
    bench.cloud.fail("ensure", new CloudError("permanent", "no such subnet"), Number.POSITIVE_INFINITY);
    await bench.create(newService("web"));
    await bench.clock.advance(HOUR);
    assert.ok(bench.cloud.count("ensure") <= 13, `${bench.cloud.count("ensure")} tries in an hour`);
    bench.cloud.heal("ensure");
    await bench.patch({ metadata: { annotations: { subnet: "good" } } });
    await bench.clock.advance(1000);
    assert.ok((await bench.get()).status?.loadBalancer?.ingress);
    await bench.close();
  });

  it("because somebody else does is left to them without a word", async () => {
    const bench = await start();
    bench.cloud.fail("ensure", new CloudError("elsewhere", "not mine"), Number.POSITIVE_INFINITY);
    await bench.create(newService("web"));
    await bench.clock.advance(HOUR);
    assert.equal(bench.cloud.count("ensure"), 1);
    assert.deepEqual(await bench.events("web"), ["Normal EnsuringLoadBalancer: Ensuring load balancer"]);
    await bench.close();
  });

  it("yet is looked at again when the cloud says when", async () => {
    const bench = await start();
    bench.cloud.lookAgain(KEY, 7000);
    await bench.create(newService("web"));
    await bench.clock.advance(6000);
    assert.deepEqual(await bench.events("web", "EnsuredLoadBalancer"), []);
    await bench.clock.advance(5000);
    assert.equal(bench.cloud.count("ensure"), 2);
    assert.equal((await bench.events("web", "EnsuredLoadBalancer")).length, 1);
    await bench.close();
  });
});
