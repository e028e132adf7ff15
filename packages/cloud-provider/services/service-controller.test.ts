import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODES, SERVICES, type Service } from "@ccm/kube";
import { CloudError } from "../error.ts";
import { createHarness, type Harness, newNode, newService } from "../testing/harness.ts";
import { createServiceController } from "./service-controller.ts";

const FINALIZER = "service.kubernetes.io/load-balancer-cleanup";
const WEB = { namespace: "default", name: "web" };
const KEY = "default/web";
const HOUR = 3_600_000;

async function start(options: { readonly driftPeriodMs?: number; readonly latencyMs?: number } = {}): Promise<Harness> {
  const harness = await createHarness({ latencyMs: options.latencyMs ?? 0 });
  for (const name of ["n1", "n2"]) await addNode(harness, name);
  await harness.run("service-controller", (context) =>
    createServiceController(context, {
      loadBalancers: harness.cloud.loadBalancers,
      clusterName: "kubernetes",
      workers: 10,
      driftPeriodMs: options.driftPeriodMs ?? 0,
    }),
  );
  return harness;
}
const addNode = (harness: Harness, name: string) =>
  harness.during(harness.user.create(NODES, newNode(name, { spec: { providerID: `fake://${name}` } })));
const create = (harness: Harness, service: Service) => harness.during(harness.user.create(SERVICES, service));
const get = (harness: Harness): Promise<Service> => harness.during(harness.user.get(SERVICES, WEB));
const patch = (harness: Harness, body: unknown) =>
  harness.during(harness.user.patch(SERVICES, WEB, { type: "merge", body }));
const remove = (harness: Harness) => harness.during(harness.user.delete(SERVICES, WEB));
const methods = (harness: Harness) => harness.cloud.calls.map(({ method }) => method);
const exists = (harness: Harness) =>
  harness.during(
    harness.user.get(SERVICES, WEB).then(
      () => true,
      () => false,
    ),
  );

describe("a Service of type LoadBalancer", () => {
  it("has our finalizer before the first call to the cloud, then an address and two Events", async () => {
    const harness = await start();
    await create(harness, newService("web"));
    await harness.clock.advance(2000);
    const service = await get(harness);
    assert.deepEqual(service.metadata.finalizers, [FINALIZER]);
    assert.deepEqual(service.status?.loadBalancer?.ingress, [{ ip: "192.0.2.1", ipMode: "VIP" }]);
    assert.deepEqual(
      harness.requests.map(({ path, body }) => [path, /finalizers/.test(body)]),
      [
        ["/api/v1/namespaces/default/services/web/status", true],
        ["/api/v1/namespaces/default/services/web/status", false],
      ],
    );
    assert.deepEqual(harness.cloud.calls[0]?.about, [KEY, "n1", "n2"]);
    assert.deepEqual(await harness.events("web"), [
      "Normal EnsuringLoadBalancer: Ensuring load balancer",
      "Normal EnsuredLoadBalancer: Ensured load balancer",
    ]);
    await harness.close();
  });

  it("reaches the cloud only when its finalizer could be added", async () => {
    const harness = await start();
    // The API server refuses new finalizers on what is being deleted.
    await create(harness, newService("web", { type: "ClusterIP" }, { finalizers: ["example.com/other"] }));
    await remove(harness);
    await patch(harness, { spec: { type: "LoadBalancer" } });
    await harness.clock.advance(60_000);
    assert.equal(harness.cloud.count(), 0);
    await harness.close();
  });

  it("is converged again when it is edited, and not for what does not concern the load balancer", async () => {
    const harness = await start();
    await create(harness, newService("web"));
    await harness.clock.advance(2000);
    await patch(harness, { metadata: { labels: { a: "b" } }, spec: { selector: { app: "web" } } });
    await harness.clock.advance(2000);
    assert.deepEqual(methods(harness), ["ensure"]);
    await patch(harness, { spec: { ports: [{ name: "http", port: 8080 }] } });
    await harness.clock.advance(2000);
    assert.deepEqual(methods(harness), ["ensure", "ensure"]);
    assert.deepEqual([...harness.cloud.balancers.values()][0]?.ports, [8080]);
    await harness.close();
  });

  it("gets its finalizer back when somebody took it off", async () => {
    const harness = await start();
    await create(harness, newService("web"));
    await harness.clock.advance(2000);
    await patch(harness, { metadata: { finalizers: null } });
    await harness.clock.advance(2000);
    assert.deepEqual((await get(harness)).metadata.finalizers, [FINALIZER]);
    await harness.close();
  });

  it("of another class, or of none of ours, costs no call", async () => {
    const harness = await start();
    await create(harness, newService("web", { loadBalancerClass: "example.com/other" }));
    await create(harness, newService("plain", { type: "ClusterIP" }));
    await harness.clock.advance(60_000);
    assert.equal(harness.cloud.count(), 0);
    assert.deepEqual(harness.requests, []);
    await harness.close();
  });
});

describe("a Service's load balancer is removed", () => {
  it("when the Service is deleted, which is gone only afterwards", async () => {
    const harness = await start({ latencyMs: 1000 });
    await create(harness, newService("web"));
    await harness.clock.advance(5000);
    await remove(harness);
    await harness.clock.advance(500);
    assert.equal(await exists(harness), true);
    await harness.clock.advance(5000);
    assert.equal(await exists(harness), false);
    assert.equal(harness.cloud.balancers.size, 0);
    const told = await harness.events("web");
    assert.deepEqual(told.slice(2), [
      "Normal DeletingLoadBalancer: Deleting load balancer",
      "Normal DeletedLoadBalancer: Deleted load balancer",
    ]);
    await harness.close();
  });

  it("when the Service becomes another type, with its finalizer and its status", async () => {
    const harness = await start();
    await create(harness, newService("web"));
    await harness.clock.advance(2000);
    await patch(harness, { spec: { type: "ClusterIP" } });
    await harness.clock.advance(2000);
    const service = await get(harness);
    assert.deepEqual([service.metadata.finalizers ?? [], service.status?.loadBalancer?.ingress ?? []], [[], []]);
    assert.equal(harness.cloud.balancers.size, 0);
    await harness.close();
  });

  it("when the Service becomes another type and loses its finalizer in one go", async () => {
    const harness = await start();
    await create(harness, newService("web"));
    await harness.clock.advance(2000);
    await patch(harness, { metadata: { finalizers: null }, spec: { type: "ClusterIP" } });
    await harness.clock.advance(2000);
    assert.equal(harness.cloud.balancers.size, 0);
    await harness.close();
  });

  it("when the Service was forced away while it was being made", async () => {
    const harness = await start({ latencyMs: 1000 });
    await create(harness, newService("web"));
    await harness.clock.advance(500);
    await remove(harness);
    await patch(harness, { metadata: { finalizers: null } });
    assert.equal(await exists(harness), false);
    await harness.clock.advance(10_000);
    assert.equal(harness.cloud.balancers.size, 0);
    assert.equal(harness.cloud.writes, 2, "made and removed");
    await harness.close();
  });

  it("when another Service takes its name, which gets one of its own", async () => {
    const harness = await start({ latencyMs: 1000 });
    await create(harness, newService("web"));
    await harness.clock.advance(500);
    await remove(harness);
    await patch(harness, { metadata: { finalizers: null } });
    await create(harness, newService("web"));
    await harness.clock.advance(10_000);
    const uid = (await get(harness)).metadata.uid;
    assert.deepEqual([...harness.cloud.balancers.keys()], [uid]);
    assert.equal(harness.cloud.writes, 3);
    await harness.close();
  });

  it("after a restart that found it half deleted, with no Deleted Event when nothing was left", async () => {
    const harness = await start();
    await create(harness, newService("web", { type: "ClusterIP" }, { finalizers: [FINALIZER] }));
    await harness.clock.advance(2000);
    assert.deepEqual(methods(harness), ["ensureDeleted"]);
    assert.deepEqual((await get(harness)).metadata.finalizers ?? [], []);
    assert.deepEqual(await harness.events("web", "DeletedLoadBalancer"), []);
    await harness.close();
  });

  it("again and again until it works, told of once", async () => {
    const harness = await start();
    await create(harness, newService("web"));
    await harness.clock.advance(2000);
    harness.cloud.fail("ensureDeleted", new CloudError("retryable", "busy"), 3);
    await remove(harness);
    await harness.clock.advance(4000);
    assert.equal(await exists(harness), true);
    await harness.clock.advance(60_000);
    assert.equal(await exists(harness), false);
    assert.equal(harness.cloud.count("ensureDeleted"), 4);
    assert.deepEqual(await harness.events("web", "SyncLoadBalancerFailed"), [
      "Warning SyncLoadBalancerFailed: Error syncing load balancer: failed to delete load balancer: busy",
    ]);
    assert.equal((await harness.events("web", "DeletingLoadBalancer")).length, 1);
    await harness.close();
  });

  it("and made anew when the Service wants one again in the same moment, never without a finalizer", async () => {
    const harness = await start({ latencyMs: 500 });
    await create(harness, newService("web"));
    await harness.clock.advance(3000);
    await patch(harness, { spec: { type: "ClusterIP" } });
    await harness.clock.advance(250);
    await patch(harness, { spec: { type: "LoadBalancer" } });
    await harness.clock.advance(20_000);
    assert.equal(harness.cloud.balancers.size, 1);
    assert.deepEqual((await get(harness)).metadata.finalizers, [FINALIZER]);
    const removals = harness.requests.filter(({ body }) => body.includes("$deleteFromPrimitiveList"));
    assert.deepEqual(
      removals.map(({ status }) => status),
      [409],
      "refused, for somebody has changed the Service",
    );
    await harness.close();
  });
});

describe("a Service that cannot be satisfied", () => {
  const problem = {
    facet: "annotations",
    reason: "BadAnnotation",
    message: "bandwidth: expected 1..200",
    retryable: false,
  };

  it("in a part gets one Event for it, and another when it comes back after it was healed", async () => {
    const harness = await start({ driftPeriodMs: 60_000 });
    harness.cloud.problems.set(KEY, [problem]);
    await create(harness, newService("web"));
    await harness.clock.advance(600_000);
    assert.ok(harness.cloud.count("ensure") >= 8);
    assert.ok((await get(harness)).status?.loadBalancer?.ingress, "the rest works");
    const bad = "Warning BadAnnotation: bandwidth: expected 1..200";
    assert.deepEqual(await harness.events("web", "BadAnnotation"), [bad]);
    assert.equal(harness.metrics.value("service_controller_services_with_problems"), 1);

    harness.cloud.problems.delete(KEY);
    await harness.clock.advance(120_000);
    assert.equal(harness.metrics.value("service_controller_services_with_problems"), 0);
    assert.equal((await harness.events("web", "EnsuredLoadBalancer")).length, 1);
    await harness.close();
  });

  it("in a part can be deleted all the same", async () => {
    const harness = await start();
    harness.cloud.problems.set(KEY, [problem]);
    await create(harness, newService("web"));
    await harness.clock.advance(2000);
    await remove(harness);
    await harness.clock.advance(2000);
    assert.equal(await exists(harness), false);
    assert.equal(harness.metrics.value("service_controller_services_with_problems"), 0);
    await harness.close();
  });

  it("for now is tried after 5, 10, 20 … seconds", async () => {
    const harness = await start();
    harness.cloud.fail("ensure", new CloudError("retryable", "busy"), 3);
    await create(harness, newService("web"));
    await harness.clock.advance(60_000);
    const [first = 0, ...rest] = harness.cloud.calls.map(({ at }) => Math.round(at / 1000));
    assert.deepEqual(
      rest.map((at) => at - first),
      [5, 15, 35],
    );
    assert.deepEqual(await harness.events("web"), [
      "Normal EnsuringLoadBalancer: Ensuring load balancer",
      "Warning SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: busy",
      "Normal EnsuredLoadBalancer: Ensured load balancer",
    ]);
    await harness.close();
  });

  it("before a time that the cloud names is tried exactly then", async () => {
    const harness = await start();
    harness.cloud.fail("ensure", new CloudError("throttled", "slow down", { retryAfterMs: 42_000 }));
    await create(harness, newService("web"));
    await harness.clock.advance(60_000);
    const [first = 0, second = 0] = harness.cloud.calls.map(({ at }) => at);
    assert.equal(second - first, 42_000);
    await harness.close();
  });

  it("at all is tried each five minutes, and at once when the user edits it", async () => {
    const harness = await start();
    harness.cloud.fail("ensure", new CloudError("permanent", "no such subnet"), Number.POSITIVE_INFINITY);
    await create(harness, newService("web"));
    await harness.clock.advance(HOUR);
    assert.ok(harness.cloud.count("ensure") <= 13, `${harness.cloud.count("ensure")} tries in an hour`);
    harness.cloud.heal("ensure");
    await patch(harness, { metadata: { annotations: { subnet: "good" } } });
    await harness.clock.advance(1000);
    assert.ok((await get(harness)).status?.loadBalancer?.ingress);
    await harness.close();
  });

  it("because somebody else does is left to them without a word", async () => {
    const harness = await start();
    harness.cloud.fail("ensure", new CloudError("elsewhere", "not mine"), Number.POSITIVE_INFINITY);
    await create(harness, newService("web"));
    await harness.clock.advance(HOUR);
    assert.equal(harness.cloud.count("ensure"), 1);
    assert.deepEqual(await harness.events("web"), ["Normal EnsuringLoadBalancer: Ensuring load balancer"]);
    await harness.close();
  });

  it("yet is looked at again when the cloud says when", async () => {
    const harness = await start();
    harness.cloud.lookAgain(KEY, 7000);
    await create(harness, newService("web"));
    await harness.clock.advance(6000);
    assert.deepEqual(await harness.events("web", "EnsuredLoadBalancer"), []);
    await harness.clock.advance(5000);
    assert.equal(harness.cloud.count("ensure"), 2);
    assert.equal((await harness.events("web", "EnsuredLoadBalancer")).length, 1);
    await harness.close();
  });
});

describe("a change of nodes", () => {
  it("in a burst is one update of each load balancer", async () => {
    const harness = await start();
    for (const name of ["a", "b", "c"]) await create(harness, newService(name));
    await harness.clock.advance(5000);
    harness.cloud.resetCalls();
    for (let i = 3; i < 53; i++) await addNode(harness, `n${i}`);
    await harness.clock.advance(5000);
    assert.deepEqual(methods(harness), ["updateBackends", "updateBackends", "updateBackends"]);
    assert.ok(harness.cloud.calls.every(({ about }) => about.length === 53));
    assert.equal(harness.metrics.value("service_controller_loadbalancer_sync_total"), 3);
    assert.deepEqual(await harness.events("a", "UpdatedLoadBalancer"), [
      "Normal UpdatedLoadBalancer: Updated load balancer with new hosts",
    ]);
    await harness.close();
  });

  it("that leaves the backends as they are is none", async () => {
    const harness = await start();
    await create(harness, newService("web"));
    await harness.clock.advance(5000);
    harness.cloud.resetCalls();
    const passes = harness.metrics.value("service_controller_nodesync_latency_seconds");
    const body = { status: { conditions: [{ type: "Ready", status: "False" }] } };
    await harness.during(
      harness.user.patch(NODES, { name: "n1" }, { type: "strategic", body }, { subresource: "status" }),
    );
    await harness.clock.advance(5000);
    assert.equal(harness.cloud.count(), 0);
    assert.equal(harness.metrics.value("service_controller_nodesync_latency_seconds"), passes);
    await harness.close();
  });

  it("that takes the last node is told", async () => {
    const harness = await start();
    await create(harness, newService("web"));
    await harness.clock.advance(5000);
    for (const name of ["n1", "n2"]) await harness.during(harness.user.delete(NODES, { name }));
    await harness.clock.advance(5000);
    assert.deepEqual(await harness.events("web", "UnAvailableLoadBalancer"), [
      "Warning UnAvailableLoadBalancer: There are no available nodes for LoadBalancer",
    ]);
    await harness.close();
  });

  it("whose update fails is repaired by an ensure right away", async () => {
    const harness = await start();
    await create(harness, newService("web"));
    await harness.clock.advance(5000);
    harness.cloud.resetCalls();
    harness.cloud.fail("updateBackends", new CloudError("retryable", "busy"));
    await addNode(harness, "n3");
    await harness.clock.advance(3000);
    assert.deepEqual(methods(harness), ["updateBackends", "ensure"]);
    assert.deepEqual([...harness.cloud.balancers.values()][0]?.backends, ["n1", "n2", "n3"]);
    assert.equal(harness.metrics.value("service_controller_nodesync_error_total"), 1);
    assert.match((await harness.events("web", "UpdateLoadBalancerFailed"))[0] ?? "", /hosts \[n1 n2 n3\]/);
    await harness.close();
  });

  it("waits for the ensure that is under way, and then is not needed", async () => {
    const harness = await start({ latencyMs: 3000 });
    await create(harness, newService("web"));
    await harness.clock.advance(1000);
    await addNode(harness, "n3");
    await harness.clock.advance(20_000);
    assert.deepEqual(
      harness.cloud.calls.map(({ method, about, at }) => [method, about.length - 1, Math.round(at / 1000)]),
      [
        ["ensure", 2, 0],
        ["updateBackends", 3, 3],
      ],
      "one after the other",
    );
    await harness.close();
  });

  it("does not hurry a Service that waits for its retry", async () => {
    const harness = await start();
    harness.cloud.fail("ensure", new CloudError("permanent", "no"), Number.POSITIVE_INFINITY);
    await create(harness, newService("web"));
    await harness.clock.advance(2000);
    for (let i = 3; i < 10; i++) {
      await addNode(harness, `n${i}`);
      await harness.clock.advance(3000);
    }
    assert.deepEqual(methods(harness), ["ensure"]);
    await harness.close();
  });
});

describe("a Service that nobody touches", () => {
  it("is looked at again after the drift period, and changed in the cloud without a word", async () => {
    const harness = await start({ driftPeriodMs: 600_000 });
    await create(harness, newService("web"));
    await harness.clock.advance(5000);
    harness.cloud.balancers.clear();
    await harness.clock.advance(721_000);
    assert.equal(harness.cloud.balancers.size, 1);
    assert.equal(harness.cloud.count("ensure"), 2);
    assert.equal((await harness.events("web", "EnsuringLoadBalancer")).length, 1);
    const { writes } = harness.cloud;
    const requests = harness.requests.length;
    await harness.clock.advance(HOUR);
    assert.ok(harness.cloud.count("ensure") >= 7);
    assert.equal(harness.cloud.writes, writes, "when all is as wanted nothing is written");
    assert.equal(harness.requests.length, requests, "neither there nor here");
    await harness.close();
  });
});
