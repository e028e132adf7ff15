import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EVENTS, type Event } from "@ccm/kube";
import { CloudError } from "../error.ts";
import { newService } from "../testing/harness.ts";
import { FINALIZER, KEY, start } from "./testing.ts";

describe("a Service of type LoadBalancer", () => {
  it("has our finalizer before the first call to the cloud, then an address and two Events", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.clock.advance(2000);
    const service = await bench.get();
    assert.deepEqual(service.metadata.finalizers, [FINALIZER]);
    assert.deepEqual(service.status?.loadBalancer?.ingress, [{ ip: "192.0.2.1", ipMode: "VIP" }]);
    assert.deepEqual(
      bench.requests.map(({ path, body }) => [path, /finalizers/.test(body)]),
      [
        ["/api/v1/namespaces/default/services/web/status", true],
        ["/api/v1/namespaces/default/services/web/status", false],
      ],
    );
    assert.deepEqual(bench.cloud.calls[0]?.about, [KEY, "n1", "n2"]);
    assert.deepEqual(await bench.events("web"), [
      "Normal EnsuringLoadBalancer: Ensuring load balancer",
      "Normal EnsuredLoadBalancer: Ensured load balancer",
    ]);
    await bench.close();
  });

  it("has Events that name it and who wrote them", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.seconds(2);
    const { items } = await bench.during(bench.user.list<Event>(EVENTS));
    assert.equal(items.length, 2);
    for (const { source, reportingComponent, involvedObject } of items) {
      assert.deepEqual([source?.component, reportingComponent], ["service-controller", "service-controller"]);
      const { apiVersion, kind, namespace, name, uid } = involvedObject;
      assert.deepEqual([apiVersion, kind, namespace, name], ["v1", "Service", "default", "web"]);
      assert.equal(uid, (await bench.get()).metadata.uid);
    }
    await bench.close();
  });

  it("reaches the cloud only when its finalizer could be added", async () => {
    const bench = await start();
    // The API server refuses new finalizers on what is being deleted.
    await bench.create(newService("web", { type: "ClusterIP" }, { finalizers: ["example.com/other"] }));
    await bench.remove();
    await bench.patch({ spec: { type: "LoadBalancer" } });
    await bench.clock.advance(60_000);
    assert.equal(bench.cloud.count(), 0);
    await bench.close();
  });

  it("is converged again when it is edited, and not for what does not concern the load balancer", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.clock.advance(2000);
    await bench.patch({ metadata: { labels: { a: "b" } }, spec: { selector: { app: "web" } } });
    await bench.clock.advance(2000);
    assert.deepEqual(bench.methods(), ["ensure"]);
    await bench.patch({ spec: { ports: [{ name: "http", port: 8080 }] } });
    await bench.clock.advance(2000);
    assert.deepEqual(bench.methods(), ["ensure", "ensure"]);
    assert.deepEqual([...bench.cloud.balancers.values()][0]?.ports, [8080]);
    await bench.close();
  });

  it("has its status again when somebody else has overwritten it, and costs no look for what we wrote ourselves", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.clock.advance(5000);
    assert.deepEqual(bench.methods(), ["ensure"]);
    const conditions = [{ type: "LoadBalancerReady", status: "False", reason: "Stale", message: "of yesterday" }];
    await bench.setStatus({ conditions });
    await bench.clock.advance(5000);
    assert.deepEqual(bench.methods(), ["ensure", "ensure"]);
    assert.equal((await bench.get()).status?.conditions?.[0]?.status, "True");
    await bench.setStatus({ loadBalancer: { ingress: [{ ip: "192.0.2.99" }] } });
    await bench.clock.advance(5000);
    assert.deepEqual(
      (await bench.get()).status?.loadBalancer?.ingress?.map(({ ip }) => ip),
      ["192.0.2.1"],
    );
    await bench.close();
  });

  it("is left alone when kubectl writes its own notes", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.seconds(2);
    await bench.patch({ metadata: { annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" } } });
    await bench.seconds(2);
    assert.deepEqual(bench.methods(), ["ensure"]);
    await bench.close();
  });

  it("is left alone when an annotation changes that is to be ignored", async () => {
    const bench = await start({ ignoredAnnotations: ["argocd.example.com/"] });
    await bench.create(newService("web"));
    await bench.seconds(2);
    await bench.patch({ metadata: { annotations: { "argocd.example.com/sync": "1" } } });
    await bench.seconds(2);
    assert.deepEqual(bench.methods(), ["ensure"]);
    await bench.patch({ metadata: { annotations: { other: "1" } } });
    await bench.seconds(2);
    assert.deepEqual(bench.methods(), ["ensure", "ensure"]);
    await bench.close();
  });

  it("gets its finalizer back when somebody took it off", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.clock.advance(2000);
    await bench.patch({ metadata: { finalizers: null } });
    await bench.clock.advance(2000);
    assert.deepEqual((await bench.get()).metadata.finalizers, [FINALIZER]);
    await bench.close();
  });

  it("that the provider leaves to another controller costs no write and no call, with a finalizer too, until it takes it", async () => {
    const bench = await start({
      cloud: () => ({ handles: ({ metadata }) => metadata.annotations?.ours === "true" }),
    });
    await bench.create(newService("web", {}, { finalizers: [FINALIZER] }));
    await bench.create(newService("plain", { type: "ClusterIP" }, { finalizers: [FINALIZER] }));
    await bench.seconds(60);
    assert.deepEqual([bench.cloud.count(), bench.requests, await bench.events("web")], [0, [], []]);
    await bench.patch({ metadata: { annotations: { ours: "true" } } });
    await bench.seconds(5);
    assert.deepEqual(bench.methods(), ["ensure"]);
    await bench.close();
  });

  it("is not looked at again for a note that its provider wrote to it", async () => {
    const bench = await start({
      cloud: () => ({ isOwnNote: (key, annotations) => key === "note" && annotations.theirs !== "true" }),
    });
    await bench.create(newService("web"));
    await bench.seconds(5);
    await bench.patch({ metadata: { annotations: { note: "lb-1" } } });
    await bench.seconds(5);
    assert.deepEqual(bench.methods(), ["ensure"]);
    await bench.patch({ metadata: { annotations: { note: "lb-2", theirs: "true" } } });
    await bench.seconds(5);
    assert.deepEqual(bench.methods(), ["ensure", "ensure"]);
    await bench.close();
  });

  it("of another class, or of none of ours, costs no call", async () => {
    const bench = await start();
    await bench.create(newService("web", { loadBalancerClass: "example.com/other" }));
    await bench.create(newService("plain", { type: "ClusterIP" }));
    await bench.clock.advance(60_000);
    assert.equal(bench.cloud.count(), 0);
    assert.deepEqual(bench.requests, []);
    await bench.close();
  });
});

describe("a Service's load balancer is removed", () => {
  it("when the Service is deleted, which is gone only afterwards", async () => {
    const bench = await start({ latencyMs: 1000 });
    await bench.create(newService("web"));
    await bench.clock.advance(5000);
    await bench.remove();
    await bench.clock.advance(500);
    assert.equal(await bench.exists(), true);
    await bench.clock.advance(5000);
    assert.equal(await bench.exists(), false);
    assert.equal(bench.cloud.balancers.size, 0);
    const told = await bench.events("web");
    assert.deepEqual(told.slice(2), [
      "Normal DeletingLoadBalancer: Deleting load balancer",
      "Normal DeletedLoadBalancer: Deleted load balancer",
    ]);
    await bench.close();
  });

  it("when the Service becomes another type, with its finalizer and its status", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.clock.advance(2000);
    await bench.patch({ spec: { type: "ClusterIP" } });
    await bench.clock.advance(2000);
    const service = await bench.get();
    assert.deepEqual([service.metadata.finalizers ?? [], service.status?.loadBalancer?.ingress ?? []], [[], []]);
    assert.equal(bench.cloud.balancers.size, 0);
    await bench.close();
  });

  it("when the Service becomes another type and loses its finalizer in one go", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.clock.advance(2000);
    await bench.patch({ metadata: { finalizers: null }, spec: { type: "ClusterIP" } });
    await bench.clock.advance(2000);
    assert.equal(bench.cloud.balancers.size, 0);
    await bench.close();
  });

  it("when the Service was forced away while it was being made", async () => {
    const bench = await start({ latencyMs: 1000 });
    await bench.create(newService("web"));
    await bench.clock.advance(500);
    await bench.remove();
    await bench.patch({ metadata: { finalizers: null } });
    assert.equal(await bench.exists(), false);
    await bench.clock.advance(10_000);
    assert.equal(bench.cloud.balancers.size, 0);
    assert.equal(bench.cloud.writes, 2, "made and removed");
    await bench.close();
  });

  it("at once when the Service was forced away while nobody could put its finalizer back", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.seconds(5);
    bench.refuse("PATCH", /services\/web/, "Forbidden", 1000);
    await bench.patch({ metadata: { finalizers: null } });
    await bench.clock.advance(500);
    await bench.remove();
    await bench.clock.advance(500);
    assert.equal(bench.cloud.balancers.size, 0);
    await bench.close();
  });

  it("when another Service takes its name, which gets one of its own", async () => {
    const bench = await start({ latencyMs: 1000 });
    await bench.create(newService("web"));
    await bench.clock.advance(500);
    await bench.remove();
    await bench.patch({ metadata: { finalizers: null } });
    await bench.create(newService("web"));
    await bench.clock.advance(10_000);
    const uid = (await bench.get()).metadata.uid;
    assert.deepEqual([...bench.cloud.balancers.keys()], [uid]);
    assert.equal(bench.cloud.writes, 3);
    await bench.close();
  });

  it("after a restart that found it half deleted, with no Deleted Event when nothing was left", async () => {
    const bench = await start();
    await bench.create(newService("web", { type: "ClusterIP" }, { finalizers: [FINALIZER] }));
    await bench.clock.advance(2000);
    assert.deepEqual(bench.methods(), ["ensureDeleted"]);
    assert.deepEqual((await bench.get()).metadata.finalizers ?? [], []);
    assert.deepEqual(await bench.events("web", "DeletedLoadBalancer"), []);
    await bench.close();
  });

  it("in two steps where the provider says so, with the finalizer until the last, and is no failure meanwhile", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.clock.advance(2000);
    bench.cloud.lookAgain(KEY, 30_000);
    await bench.remove();
    await bench.clock.advance(29_000);
    assert.deepEqual((await bench.get()).metadata.finalizers, [FINALIZER]);
    assert.deepEqual(bench.methods(), ["ensure", "ensureDeleted"]);
    assert.deepEqual(await bench.events("web", "DeleteLoadBalancerFailed"), []);
    await bench.clock.advance(2000);
    assert.deepEqual(bench.methods(), ["ensure", "ensureDeleted", "ensureDeleted"]);
    assert.equal(await bench.exists(), false);
    await bench.close();
  });

  it("again and again until it works, told of once", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.clock.advance(2000);
    bench.cloud.fail("ensureDeleted", new CloudError("retryable", "busy"), 3);
    await bench.remove();
    await bench.clock.advance(4000);
    assert.equal(await bench.exists(), true);
    await bench.clock.advance(60_000);
    assert.equal(await bench.exists(), false);
    assert.equal(bench.cloud.count("ensureDeleted"), 4);
    assert.deepEqual(await bench.events("web", "SyncLoadBalancerFailed"), [
      "Warning SyncLoadBalancerFailed: Error syncing load balancer: failed to delete load balancer: busy",
    ]);
    assert.equal((await bench.events("web", "DeletingLoadBalancer")).length, 1);
    await bench.close();
  });

  it("and made anew when the Service wants one again in the same moment, never without a finalizer", async () => {
    const bench = await start({ latencyMs: 500 });
    await bench.create(newService("web"));
    await bench.clock.advance(3000);
    await bench.patch({ spec: { type: "ClusterIP" } });
    await bench.clock.advance(250);
    await bench.patch({ spec: { type: "LoadBalancer" } });
    await bench.clock.advance(20_000);
    assert.equal(bench.cloud.balancers.size, 1);
    assert.deepEqual((await bench.get()).metadata.finalizers, [FINALIZER]);
    const removals = bench.requests.filter(({ body }) => body.includes("$deleteFromPrimitiveList"));
    assert.deepEqual(
      removals.map(({ status }) => status),
      [409],
      "refused, for somebody has changed the Service",
    );
    await bench.close();
  });
});
