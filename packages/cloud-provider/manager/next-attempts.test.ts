import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kubeTime, LEASES, NODES, SERVICES } from "@ccm/kube";
import { CloudError } from "../error.ts";
import { ANNOTATION_NEXT_ATTEMPTS, createNextAttempts, nextAttemptIn } from "../next-attempts.ts";
import { newNode, newService } from "../testing/harness.ts";
import { createWorld } from "./testing/world.ts";

const LEASE = { namespace: "kube-system", name: "cloud-controller-manager" };
const TAINT = { key: "node.cloudprovider.kubernetes.io/uninitialized", value: "true", effect: "NoSchedule" as const };

describe("when what failed is tried again", () => {
  const start = async () => {
    const world = createWorld();
    const manager = world.launch("one");
    const { clock, user, during } = world;
    const shown = async () => (await during(user.get(LEASES, LEASE))).metadata.annotations?.[ANNOTATION_NEXT_ATTEMPTS];
    const ensures = () => manager.cloud.calls.filter(({ method }) => method === "ensure").map(({ at }) => at);
    await clock.advance(5000);
    return { ...world, manager, shown, ensures };
  };

  it("is on the Lease, to the second, for each attempt, and costs no write", async () => {
    const { clock, user, during, manager, shown, ensures, close } = await start();
    manager.cloud.fail("ensure", new CloudError("retryable", "busy"), 5);
    await during(user.create(SERVICES, newService("web")));
    for (let attempt = 1; attempt <= 4; attempt++) {
      // The next renewal of the Lease, which is every two seconds, tells of it.
      await clock.advance(2100);
      const next = nextAttemptIn(await shown(), "Service", "default/web");
      assert.equal(ensures().length, attempt);
      await clock.advanceUntil(() => ensures().length > attempt, 600_000);
      assert.equal(next, kubeTime(clock.now()), `attempt ${attempt + 1}`);
    }
    const { metadata } = await during(user.get(SERVICES, { namespace: "default", name: "web" }));
    const before = metadata.resourceVersion;
    assert.equal(ensures().length, 5);
    await clock.advance(20_000);
    const after = await during(user.get(SERVICES, { namespace: "default", name: "web" }));
    assert.equal(after.metadata.resourceVersion, before, "nothing was written to the Service");
    await manager.terminate();
    close();
  });

  it("is told of a Node too, whether it is its initialisation or its route that failed", async () => {
    const { clock, user, during, manager, shown, close } = await start();
    manager.cloud.fail("createRoute", new CloudError("retryable", "busy"), 100);
    manager.cloud.machines.set("n2", { name: "n2" });
    const routed = newNode("n2", {
      spec: { podCIDR: "10.244.1.0/24", podCIDRs: ["10.244.1.0/24"], providerID: "fake://n2" },
    });
    await during(user.create(NODES, newNode("n1", { spec: { taints: [TAINT] } })));
    await during(user.create(NODES, routed));
    await clock.advance(10_000);
    const text = await shown();
    for (const name of ["n1", "n2"])
      assert.match(nextAttemptIn(text, "Node", name), /^2\d{3}-.*Z$/, `${name}: ${text}`);
    await manager.terminate();
    close();
  });

  it("goes from the Lease when nothing waits any more, and when its manager ends", async () => {
    const { clock, user, during, manager, shown, close } = await start();
    assert.equal(await shown(), undefined);
    manager.cloud.fail("ensure", new CloudError("retryable", "busy"));
    await during(user.create(SERVICES, newService("web")));
    await clock.advance(3000);
    assert.notEqual(await shown(), undefined);
    await clock.advance(10_000);
    assert.equal(await shown(), undefined);
    manager.cloud.fail("ensure", new CloudError("retryable", "busy"), 100);
    await during(user.create(SERVICES, newService("other")));
    await clock.advance(3000);
    assert.notEqual(await shown(), undefined);
    await manager.terminate();
    assert.equal(await shown(), undefined);
    close();
  });
});

describe("the annotation", () => {
  const clock = { now: () => Date.parse("2026-01-01T00:00:00Z") } as Parameters<typeof createNextAttempts>[0];

  it("has the soonest of each, and no more than a hundred when all the cloud is down", () => {
    const attempts = createNextAttempts(clock);
    assert.equal(attempts.text(), undefined);
    const end = attempts.publish("Node", () => [["n1", 5000]]);
    attempts.publish("Node", () => [["n1", 2000]]);
    assert.equal(attempts.text(), '{"Node n1":"2026-01-01T00:00:02Z"}');
    end();
    attempts.publish("Service", () => Array.from({ length: 1000 }, (_, i) => [`default/s${i}`, 10_000 - i] as const));
    const names = Object.keys(JSON.parse(attempts.text() ?? ""));
    assert.deepEqual([names.length, names[0], names[1]], [100, "Node n1", "Service default/s999"]);
  });

  it("says nothing where it is not ours to read", () => {
    for (const text of [undefined, "", "no JSON", "null", "[]", '{"Node n1": 7}', '{"Node n1": "soon"}']) {
      assert.equal(nextAttemptIn(text, "Node", "n1"), "", String(text));
    }
  });
});
