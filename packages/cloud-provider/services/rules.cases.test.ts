/** Rules that upstream follows and does not test (group DX), as far as they concern Services. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Service } from "@ccm/kube";
import { CloudError } from "../error.ts";
import { NOT_READY, newNode, newService, UNINITIALIZED } from "../testing/harness.ts";
import { isBackend } from "./backends.ts";
import { needsUpdate, wantsLoadBalancer } from "./needs-update.ts";
import { type Bench, FINALIZER, KEY, readyNode, start } from "./testing.ts";

const ELSEWHERE = new CloudError("elsewhere", "implemented by alternate to cloud provider");
const later = (seconds: number) => new CloudError("retryable", "later", { retryAfterMs: seconds * 1000 });
const wrapped = (cause: Error) => new Error(`the provider says: ${cause.message}`, { cause });
const gaps = (bench: Bench, method: string): readonly number[] => {
  const at = bench.cloud.calls.filter((call) => call.method === method).map((call) => call.at / 1000);
  return at.slice(1).map((time, i) => Math.round((time - (at[i] ?? 0)) * 10) / 10);
};
const events = async (bench: Bench, from = 0) =>
  (await bench.events("web")).slice(from).map((text) => text.split(":")[0] ?? "");

/** A Service with its load balancer; the calls so far are forgotten. */
async function healthy(options: Parameters<typeof start>[0] = {}): Promise<Bench> {
  const bench = await start(options);
  await bench.create(newService("web"));
  await bench.seconds(10);
  bench.cloud.resetCalls();
  return bench;
}
/** A Service that is gone although its load balancer is there: it was forced away while it was being made. */
async function vanished(error?: Error): Promise<Bench> {
  const bench = await start({ latencyMs: 1000 });
  await bench.create(newService("web"));
  await bench.clock.advance(500);
  await bench.remove();
  await bench.patch({ metadata: { finalizers: null } });
  if (error) bench.cloud.fail("ensureDeleted", error);
  return bench;
}

describe("a load balancer that somebody else implements", () => {
  for (const [id, error] of [
    ["DX-462: (DX01) is no failure: no status, no Ensured event, and the finalizer stays", ELSEWHERE],
    ["DX-463: (DX02) deviates: is recognised in another error, too (Q18)", wrapped(ELSEWHERE)],
  ] as const) {
    it(id, async () => {
      const bench = await start();
      bench.cloud.fail("ensure", error, 100);
      await bench.create(newService("web"));
      await bench.seconds(600);
      assert.deepEqual(bench.methods(), ["ensure"]);
      assert.equal(bench.writes().length, 1);
      assert.deepEqual((await bench.get()).metadata.finalizers, [FINALIZER]);
      assert.deepEqual(await events(bench), ["Normal EnsuringLoadBalancer"]);
      await bench.addNode("n3");
      await bench.seconds(60);
      assert.deepEqual(bench.methods(), ["ensure"], "deviates: nor is it asked after a change of nodes (Q25)");
      await bench.close();
    });
  }

  it("DX-464: (DX03) is let go on deletion; deviates: no Deleted event, for nothing was (Q16)", async () => {
    const bench = await healthy();
    bench.cloud.fail("ensureDeleted", ELSEWHERE, 100);
    await bench.remove();
    await bench.seconds(60);
    assert.deepEqual(bench.methods(), ["ensureDeleted"]);
    assert.equal(await bench.exists(), false);
    assert.deepEqual(await events(bench, 2), ["Normal DeletingLoadBalancer"]);
    await bench.close();
  });

  it("DX-465: (DX04) deviates: is no failure either when the Service is gone already", async () => {
    const bench = await vanished(ELSEWHERE);
    await bench.seconds(600);
    assert.equal(bench.cloud.count("ensureDeleted"), 1);
    assert.deepEqual(await bench.events("web", "DeleteLoadBalancerFailed"), []);
    await bench.close();
  });

  it("DX-466: (DX05) is no failure, and no event, after a change of nodes", async () => {
    const bench = await healthy();
    bench.cloud.fail("updateBackends", ELSEWHERE, 100);
    await bench.addNode("n3");
    await bench.seconds(60);
    assert.deepEqual(bench.methods(), ["updateBackends"]);
    assert.deepEqual(await events(bench, 2), []);
    await bench.close();
  });
});

describe("an update of backends", () => {
  it("DX-467: (DX06) deviates: of a load balancer that is gone makes it again, where upstream leaves the Service without", async () => {
    const bench = await healthy();
    bench.cloud.balancers.clear();
    await bench.addNode("n3");
    await bench.seconds(60);
    assert.deepEqual(bench.methods(), ["updateBackends", "ensure"]);
    assert.equal(bench.cloud.balancers.size, 1);
    await bench.close();
  });

  it("DX-469: (DX08) that fails names the first twenty of 25 nodes, sorted", async () => {
    const names = Array.from({ length: 24 }, (_, i) => `n${String(i).padStart(2, "0")}`);
    const bench = await healthy({ nodes: names });
    bench.cloud.fail("updateBackends", new Error("quota"));
    await bench.addNode("n24");
    await bench.seconds(10);
    assert.deepEqual(await bench.events("web", "UpdateLoadBalancerFailed"), [
      `Warning UpdateLoadBalancerFailed: Error updating load balancer with new hosts [${names.slice(0, 20).join(" ")} ` +
        "<5 more>] [node names limited, total number of nodes: 25], error: quota",
    ]);
    await bench.close();
  });

  it("DX-470: (DX09) to no nodes is a warning, not Updated", async () => {
    const bench = await healthy({ nodes: ["n1"] });
    await bench.removeNode("n1");
    await bench.seconds(10);
    assert.deepEqual(bench.calls(), ["updateBackends web"]);
    assert.deepEqual(await events(bench, 2), ["Warning UnAvailableLoadBalancer"]);
    await bench.close();
  });

  it("DX-471: (DX10) an ensure without nodes is a warning, and the cloud is called all the same", async () => {
    const bench = await start({ nodes: [], services: [newService("web")] });
    await bench.seconds(5);
    assert.deepEqual(bench.calls(), ["ensure web"]);
    assert.deepEqual(await bench.events("web", "UnAvailableLoadBalancer"), [
      "Warning UnAvailableLoadBalancer: There are no available nodes for LoadBalancer",
    ]);
    await bench.close();
  });
});

describe("a deletion", () => {
  it("DX-473: (DX12) deviates: is asked of the cloud also when nothing seems to be there (Q3), and told only when something was (Q16)", async () => {
    const bench = await healthy();
    bench.cloud.balancers.clear();
    await bench.patch({ spec: { type: "ClusterIP" } });
    await bench.seconds(5);
    assert.deepEqual(bench.methods(), ["ensureDeleted"]);
    const { metadata, status } = await bench.get();
    assert.deepEqual([metadata.finalizers ?? [], status?.loadBalancer?.ingress ?? []], [[], []]);
    assert.deepEqual(await bench.events("web", "DeletedLoadBalancer"), []);
    await bench.close();
  });

  it("DX-474: (DX13) deviates: that cannot be checked is one failure with the deletion itself; the finalizer stays, and it is retried", async () => {
    const bench = await healthy();
    bench.cloud.fail("ensureDeleted", new Error("cannot look"));
    await bench.remove();
    await bench.seconds(2);
    assert.deepEqual((await bench.get()).metadata.finalizers, [FINALIZER]);
    assert.deepEqual(await bench.events("web", "SyncLoadBalancerFailed"), [
      "Warning SyncLoadBalancerFailed: Error syncing load balancer: failed to delete load balancer: cannot look",
    ]);
    await bench.seconds(10);
    assert.equal(await bench.exists(), false);
    await bench.close();
  });

  it("DX-475: (DX14) deviates: honours the time that the provider names (Q15)", async () => {
    const bench = await healthy();
    bench.cloud.fail("ensureDeleted", later(42));
    await bench.remove();
    await bench.seconds(60);
    assert.deepEqual(gaps(bench, "ensureDeleted"), [42]);
    await bench.close();
  });

  it("DX-476: (DX15) honours it as well when the Service is gone already", async () => {
    const bench = await vanished(later(42));
    await bench.seconds(100);
    // The call that failed took a second.
    assert.deepEqual(gaps(bench, "ensureDeleted"), [43]);
    await bench.close();
  });

  it("DX-477: (DX16) of a Service whose name another one took comes before that one's ensure, and holds it up when it fails", async () => {
    const bench = await vanished(new Error("busy"));
    await bench.create(newService("web"));
    await bench.seconds(60);
    assert.deepEqual(bench.methods(), ["ensure", "ensureDeleted", "ensureDeleted", "ensure"]);
    assert.deepEqual([...bench.cloud.balancers.keys()], [(await bench.get()).metadata.uid]);
    await bench.close();
  });
});

describe("a retry", () => {
  it("DX-478: (DX17) that the provider asks for in another error comes when it says, and the failure is told", async () => {
    const bench = await start();
    bench.cloud.fail("ensure", wrapped(later(42)));
    await bench.create(newService("web"));
    await bench.seconds(60);
    assert.deepEqual(gaps(bench, "ensure"), [42]);
    assert.equal((await bench.events("web", "SyncLoadBalancerFailed")).length, 1);
    await bench.close();
  });

  it("DX-479: (DX18) at a named time neither counts as a failure nor clears the count: 5, 10, 42, 20 seconds", async () => {
    const bench = await start();
    bench.cloud.fail("ensure", new Error("first"), 2);
    await bench.create(newService("web"));
    await bench.seconds(6);
    bench.cloud.fail("ensure", later(42));
    await bench.seconds(12);
    bench.cloud.fail("ensure", new Error("last"));
    await bench.seconds(100);
    assert.deepEqual(gaps(bench, "ensure"), [5, 10, 42, 20]);
    await bench.close();
  });

  it("DX-481: (DX20) deviates: of a cleanup comes from its own backoff, not from a resync each thirty seconds", async () => {
    const bench = await start();
    bench.cloud.fail("ensureDeleted", new Error("busy"), 100);
    await bench.create(newService("web", { type: "ClusterIP" }, { finalizers: [FINALIZER] }));
    await bench.seconds(80);
    assert.deepEqual(gaps(bench, "ensureDeleted"), [5, 10, 20, 40]);
    await bench.close();
  });
});

describe("an edit", () => {
  type Body = { metadata?: object; spec?: object };
  const rows: readonly (readonly [id: string, from: Service["spec"], body: Body, ensures: number])[] = [
    [
      "DX-482: (DX21) of labels and selector",
      {},
      { metadata: { labels: { a: "b" } }, spec: { selector: { a: "b" } } },
      0,
    ],
    ["DX-483: (DX22) of an annotation that nobody knows", {}, { metadata: { annotations: { a: "b" } } }, 1],
    ["DX-486: (DX25) of allocateLoadBalancerNodePorts", {}, { spec: { allocateLoadBalancerNodePorts: false } }, 0],
    [
      "DX-487: (DX26) of the session affinity's timeout",
      { sessionAffinity: "ClientIP" },
      { spec: { sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } } },
      1,
    ],
    [
      "DX-489: (DX28) from ClusterIP to a load balancer of a class",
      { type: "ClusterIP" },
      { spec: { type: "LoadBalancer", loadBalancerClass: "example.com/other" } },
      0,
    ],
  ];
  for (const [id, from, body, ensures] of rows) {
    it(`${id} is ${ensures === 0 ? "no sync" : "a sync"}`, async () => {
      const bench = await start({ services: [newService("web", from)] });
      await bench.seconds(5);
      bench.cloud.resetCalls();
      await bench.patch(body);
      await bench.seconds(5);
      assert.equal(bench.cloud.count(), ensures);
      await bench.close();
    });
  }

  it("DX-485: (DX24) of the only family is no sync: their number counts", () => {
    const of = (family: "IPv4" | "IPv6") => newService("web", { ipFamilies: [family] });
    assert.equal(needsUpdate(of("IPv4"), of("IPv6")), false);
  });

  it("DX-490: (DX29) to an empty class makes the Service somebody else's", () => {
    assert.equal(wantsLoadBalancer(newService("web", { loadBalancerClass: "" })), false);
  });
});

describe("a node", () => {
  it("DX-491: (DX30) stays a backend with an exclude label that says no", () => {
    for (const value of ["0", "f", "F", "FALSE", "False"]) {
      const labels = { "node.kubernetes.io/exclude-from-external-load-balancers": value };
      assert.equal(isBackend(newNode("a", { labels })), true, value);
    }
  });

  it("DX-493: (DX32) that is new, not ready and unschedulable is a backend", async () => {
    const bench = await start({ nodes: [] });
    const spec = { taints: [UNINITIALIZED], unschedulable: true };
    await bench.addNode(newNode("new", { spec, status: { conditions: [NOT_READY] } }));
    await bench.create(newService("web"));
    await bench.seconds(5);
    assert.deepEqual(bench.calls(), ["ensure web: new"]);
    await bench.close();
  });

  it("DX-494: (DX33) that the autoscaler marks is no reason to call, and drops out at the next one", async () => {
    const bench = await healthy();
    const taints = [{ key: "ToBeDeletedByClusterAutoscaler", effect: "NoSchedule" }];
    await bench.patchNode("n1", { spec: { taints } });
    await bench.seconds(10);
    assert.deepEqual(bench.calls(), []);
    await bench.addNode(readyNode("n3"));
    await bench.seconds(10);
    assert.deepEqual(bench.calls(), ["updateBackends web: n2 n3"]);
    await bench.close();
  });
});

describe("the finalizer", () => {
  it("DX-495: (DX34) is a strategic merge patch of the status subresource, of any version of the Service", async () => {
    const bench = await start({ services: [newService("web")] });
    await bench.seconds(5);
    const [first] = bench.writes();
    assert.deepEqual(
      [first?.method, first?.path, first?.contentType],
      [
        "PATCH",
        `/api/v1/namespaces/${KEY.replace("/", "/services/")}/status`,
        "application/strategic-merge-patch+json",
      ],
    );
    assert.equal(first?.body.includes("resourceVersion"), false);
    await bench.close();
  });
});
