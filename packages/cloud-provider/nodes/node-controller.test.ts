import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODES, type Node } from "@ccm/kube";
import { CloudError } from "../error.ts";
import { createInstanceSource } from "../instance-source.ts";
import { createHarness, type Harness, newNode, UNINITIALIZED } from "../testing/harness.ts";
import { createNodeController } from "./node-controller.ts";

const OTHER = { key: "other", value: "x", effect: "NoSchedule" };
const INTERNAL = { type: "InternalIP", address: "10.0.0.1" } as const;
const EXTERNAL = { type: "ExternalIP", address: "132.143.154.163" } as const;
const HOSTNAME = { type: "Hostname", address: "kubelet" } as const;

async function start(options: Parameters<typeof createHarness>[0] = {}): Promise<Harness> {
  const harness = await createHarness(options);
  const { cloud, clock, signal } = harness;
  await harness.run("cloud-node-controller", (context) =>
    createNodeController(context, {
      instances: createInstanceSource(cloud.instances, clock, signal),
      providerName: cloud.name,
      workers: 10,
      statusWorkers: 10,
      addressPeriodMs: 300_000,
    }),
  );
  return harness;
}

const get = (harness: Harness, name: string): Promise<Node> => harness.during(harness.user.get(NODES, { name }));
const add = async (harness: Harness, node: Node): Promise<void> => {
  const { status } = node;
  const made = await harness.during(harness.user.create(NODES, node));
  if (status) await harness.during(harness.user.update(NODES, { ...made, status }, { subresource: "status" }));
};

describe("a new node", () => {
  it("gets addresses before its taint goes, then provider ID, labels and an Event", async () => {
    const harness = await start();
    const addresses = [INTERNAL, EXTERNAL];
    harness.cloud.machines.set("a", { name: "a", addresses, zone: "z", region: "r", instanceType: "t" });
    await add(harness, newNode("a", { spec: { taints: [OTHER, UNINITIALIZED] }, status: { addresses: [HOSTNAME] } }));
    await harness.clock.advance(1000);

    const writes = harness.requests.map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(writes, ["PATCH /api/v1/nodes/a/status", "PATCH /api/v1/nodes/a"]);
    assert.match(harness.requests[0]?.body ?? "", /10\.0\.0\.1/);
    assert.match(harness.requests[1]?.body ?? "", /taints/);
    const node = await get(harness, "a");
    assert.deepEqual(node.status?.addresses, [INTERNAL, EXTERNAL, HOSTNAME]);
    assert.deepEqual(node.spec?.taints, [OTHER]);
    assert.equal(node.spec?.providerID, "fake://a");
    assert.equal(node.metadata.labels?.["topology.kubernetes.io/zone"], "z");
    assert.equal(node.metadata.labels?.["beta.kubernetes.io/instance-type"], "t");
    assert.deepEqual(await harness.events("a"), ["Normal Synced: Node synced successfully"]);
    assert.equal(harness.metrics.value("node_controller_cloud_provider_taint_removal_delay_seconds"), 1);
    assert.equal(harness.metrics.value("node_controller_initial_node_sync_delay_seconds"), 1);
    await harness.close();
  });

  it("keeps its own provider ID", async () => {
    const harness = await start();
    harness.cloud.machines.set("a", { name: "a", providerId: "fake://i-1" });
    await add(harness, newNode("a", { spec: { taints: [UNINITIALIZED], providerID: "fake://i-1" } }));
    await harness.clock.advance(1000);
    assert.equal((await get(harness, "a")).spec?.providerID, "fake://i-1");
    assert.deepEqual((await get(harness, "a")).spec?.taints ?? [], []);
    await harness.close();
  });

  it("whose provided IP the cloud does not have keeps its taint, and one Event says which addresses there are", async () => {
    const harness = await start();
    harness.cloud.machines.set("a", { name: "a", addresses: [INTERNAL] });
    const annotations = { "alpha.kubernetes.io/provided-node-ip": "10.0.0.2" };
    await add(harness, newNode("a", { annotations, spec: { taints: [UNINITIALIZED] } }));
    await harness.clock.advance(60_000);
    assert.deepEqual((await get(harness, "a")).spec?.taints, [UNINITIALIZED]);
    assert.deepEqual(harness.requests, []);
    assert.deepEqual(await harness.events("a"), [
      'Warning FailedToInitializeNode: failed to get node modifiers from cloud provider: provided node ip for node "a" is not valid: ' +
        "failed to get node address from cloud provider that matches ip: 10.0.0.2 (the cloud's addresses: InternalIP 10.0.0.1)",
    ]);
    assert.ok(harness.cloud.count("lookup") > 3, "it is tried again");

    harness.cloud.machines.set("a", { name: "a", addresses: [{ type: "InternalIP", address: "10.0.0.2" }] });
    await harness.clock.advance(120_000);
    assert.deepEqual((await get(harness, "a")).spec?.taints ?? [], []);
    await harness.close();
  });

  it("that the cloud does not know yet is tried again, later and later, and told of once", async () => {
    const harness = await start();
    await add(harness, newNode("a", { spec: { taints: [UNINITIALIZED] } }));
    await harness.clock.advance(30_000);
    const tries = harness.cloud.count("lookup");
    assert.ok(tries >= 5 && tries <= 8, `${tries} tries in 30 s`);
    assert.deepEqual(await harness.events("a"), [
      "Warning FailedToInitializeNode: failed to get instance metadata for node a: the cloud has no such instance (no machine a)",
    ]);
    harness.cloud.machines.set("a", { name: "a" });
    await harness.clock.advance(60_000);
    assert.equal((await get(harness, "a")).spec?.providerID, "fake://a");
    await harness.close();
  });

  it("is not asked for again because of its heartbeats", async () => {
    const harness = await start();
    harness.cloud.fail("lookup", new CloudError("permanent", "no permission"), Number.POSITIVE_INFINITY);
    await add(harness, newNode("a", { spec: { taints: [UNINITIALIZED] } }));
    await harness.clock.advance(100_000);
    const before = harness.cloud.count("lookup");
    for (let beat = 0; beat < 20; beat++) {
      const labels = { beat: String(beat) };
      await harness.during(harness.user.patch(NODES, { name: "a" }, { type: "merge", body: { metadata: { labels } } }));
      await harness.clock.advance(100);
    }
    assert.equal(harness.cloud.count("lookup"), before);
    await harness.close();
  });

  it("of another cloud is left to that cloud's controller", async () => {
    const harness = await start();
    await add(harness, newNode("a", { spec: { taints: [UNINITIALIZED], providerID: "aws:///i-1" } }));
    await harness.clock.advance(600_000);
    assert.deepEqual([harness.cloud.count(), harness.requests.length], [0, 0]);
    assert.deepEqual(await harness.events("a"), []);
    await harness.close();
  });

  it("that changes while it is initialised loses nothing of the change", async () => {
    const harness = await start({ latencyMs: 500 });
    harness.cloud.machines.set("a", { name: "a" });
    await add(harness, newNode("a", { spec: { taints: [UNINITIALIZED] } }));
    await harness.clock.advance(100);
    const body = { spec: { taints: [UNINITIALIZED, OTHER] } };
    await harness.during(harness.user.patch(NODES, { name: "a" }, { type: "merge", body }));
    await harness.clock.advance(2000);
    assert.deepEqual((await get(harness, "a")).spec?.taints, [OTHER]);
    await harness.close();
  });

  it("is told of once although it is looked at again before our copy shows that it is done", async () => {
    const harness = await createHarness();
    const { cloud, clock, signal, user } = harness;
    await harness.run("cloud-node-controller", (context) => {
      const stale = { value: undefined as Node | undefined };
      // A copy that never shows more than the first state.
      const get = (key: string) => {
        stale.value ??= context.nodes.get(key);
        return stale.value;
      };
      return createNodeController(
        { ...context, nodes: { ...context.nodes, subscribe: context.nodes.subscribe, get } },
        {
          instances: createInstanceSource(cloud.instances, clock, signal),
          providerName: "fake",
          workers: 1,
          statusWorkers: 1,
          addressPeriodMs: 300_000,
        },
      );
    });
    cloud.machines.set("a", { name: "a", addresses: [INTERNAL] });
    await add(harness, newNode("a", { spec: { taints: [UNINITIALIZED] } }));
    await clock.advance(1000);
    for (const zone of ["1", "2"]) {
      const body = { metadata: { labels: { "failure-domain.beta.kubernetes.io/zone": zone } } };
      await harness.during(user.patch(NODES, { name: "a" }, { type: "merge", body }));
      await clock.advance(3000);
    }
    assert.ok(cloud.count("lookup") > 1);
    assert.deepEqual(await harness.events("a"), ["Normal Synced: Node synced successfully"]);
    await harness.close();
  });

  it("among a hundred costs one call to the cloud, not a hundred", async () => {
    const harness = await start();
    for (let i = 0; i < 100; i++) {
      harness.cloud.machines.set(`n${i}`, { name: `n${i}` });
      await harness.during(harness.user.create(NODES, newNode(`n${i}`, { spec: { taints: [UNINITIALIZED] } })));
    }
    await harness.clock.advance(5000);
    assert.equal((await get(harness, "n99")).spec?.providerID, "fake://n99");
    assert.ok(harness.cloud.count("lookup", "lookupMany") <= 12, `${harness.cloud.count()} calls`);
    await harness.close();
  });
});

describe("the periodic address pass", () => {
  it("asks for all nodes in one call, writes only what differs, and never for a node it cannot find", async () => {
    const harness = await createHarness();
    const addresses = [INTERNAL, { type: "InternalIP", address: "fc00::1" } as const];
    for (const name of ["a", "b", "c", "d"]) {
      harness.cloud.machines.set(name, { name, addresses });
      await add(harness, newNode(name, { status: { addresses: name === "b" ? [EXTERNAL] : addresses } }));
    }
    harness.cloud.machines.delete("c");
    harness.cloud.uncertain.add("d");
    const { cloud, clock, signal } = harness;
    await harness.run("cloud-node-controller", (context) =>
      createNodeController(context, {
        instances: createInstanceSource(cloud.instances, clock, signal),
        providerName: "fake",
        workers: 1,
        statusWorkers: 1,
        addressPeriodMs: 300_000,
      }),
    );
    await clock.advance(601_000);
    assert.deepEqual(
      cloud.calls.map(({ method, about, at }) => [method, about.length, Math.round(at / 100_000)]),
      [
        ["lookupMany", 4, 0],
        ["lookupMany", 4, 3],
        ["lookupMany", 4, 6],
      ],
    );
    assert.deepEqual(
      harness.requests.map(({ path }) => path),
      ["/api/v1/nodes/b/status"],
    );
    assert.deepEqual((await get(harness, "b")).status?.addresses, addresses);
    await harness.close();
  });
});

describe("the stable labels of a node", () => {
  it("are made from the beta ones", async () => {
    const harness = await start();
    await add(harness, newNode("a", { labels: { "beta.kubernetes.io/instance-type": "best" } }));
    await harness.clock.advance(1000);
    assert.equal((await get(harness, "a")).metadata.labels?.["node.kubernetes.io/instance-type"], "best");
    await harness.close();
  });
});
