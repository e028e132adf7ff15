/** What others do to a Node at the very moment the node controllers write it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Informer, keyOf, NODES, type Node } from "@ccm/kube";
import { createInstanceSource } from "../instance-source.ts";
import { createHarness, type Harness, NOT_READY, newNode, READY, UNINITIALIZED } from "../testing/harness.ts";
import {
  A2,
  addNode,
  editNode,
  getNode,
  INTERNAL,
  nodeNames,
  OTHER_TAINT,
  runLifecycleController,
  runNodeController,
} from "../testing/nodes.ts";
import { ANNOTATION_PROVIDED_IP } from "../well-known.ts";
import { createNodeController } from "./node-controller.ts";

const SHUTDOWN = { key: "node.cloudprovider.kubernetes.io/shutdown", effect: "NoSchedule" };
const NODE = /^\/api\/v1\/nodes\/a$/;
const STATUS = /^\/api\/v1\/nodes\/a\/status$/;
/** Keeps a node from being initialised. */
const WRONG_IP = { [ANNOTATION_PROVIDED_IP]: "10.9.9.9" };

const edit = ({ user }: Harness, body: unknown) => user.patch(NODES, { name: "a" }, { type: "merge", body });
async function replace({ user }: Harness, node: Node): Promise<void> {
  await user.delete(NODES, { name: "a" });
  await user.create(NODES, node);
}

describe("a new node that is replaced by another of its name", () => {
  for (const [what, path] of [
    ["before its addresses", STATUS],
    ["after its addresses", NODE],
  ] as const) {
    it(`${what} are written leaves the other as it is`, async () => {
      const harness = await createHarness();
      harness.cloud.machines.set("a", { name: "a", addresses: A2 });
      await addNode(harness, newNode("a", { spec: { taints: [UNINITIALIZED] } }));
      const other = newNode("a", { annotations: WRONG_IP, spec: { taints: [UNINITIALIZED] } });
      harness.before("PATCH", path, () => replace(harness, other));
      await runNodeController(harness);
      await harness.clock.advance(10_000);
      const node = await getNode(harness, "a");
      assert.deepEqual([node.spec?.providerID, node.status?.addresses ?? []], [undefined, []]);
      assert.deepEqual(node.spec?.taints, [UNINITIALIZED]);
      await harness.close();
    });
  }
});

describe("a copy of the nodes that lags", () => {
  /** The same informer, three seconds behind. */
  function lagging(nodes: Informer<Node>, harness: Harness): Informer<Node> {
    const shown = new Map<string, Node>();
    const later = (fn: () => void) => void harness.clock.schedule(3000, fn);
    return {
      ...nodes,
      get: (key) => shown.get(key),
      list: () => [...shown.values()],
      subscribe: (handler) =>
        nodes.subscribe({
          add: (node) => later(() => handler.add?.(shown.set(keyOf(node), node).get(keyOf(node)) as Node)),
          update(_, after) {
            later(() => {
              const before = shown.get(keyOf(after)) as Node;
              shown.set(keyOf(after), after);
              handler.update?.(before, after);
            });
          },
        }),
    };
  }

  it("makes nobody initialise a node twice", async () => {
    const harness = await createHarness();
    const { cloud, clock, signal } = harness;
    cloud.machines.set("a", { name: "a", addresses: A2 });
    await harness.run("cloud-node-controller", (context) =>
      createNodeController(
        { ...context, nodes: lagging(context.nodes, harness) },
        {
          instances: createInstanceSource(cloud.instances, clock, signal),
          providerName: "fake",
          workers: 1,
          statusWorkers: 1,
          addressPeriodMs: 300_000,
        },
      ),
    );
    await addNode(harness, newNode("a", { spec: { taints: [UNINITIALIZED] } }));
    await clock.advance(20_000);
    assert.equal(cloud.count(), 1);
    assert.deepEqual(
      harness.requests.map(({ status }) => status),
      [200, 200],
    );
    await editNode(harness, "a", { spec: { taints: [UNINITIALIZED] } });
    await clock.advance(20_000);
    assert.deepEqual((await getNode(harness, "a")).spec?.taints ?? [], [], "and a new taint is seen");
    await harness.close();
  });

  it("does not make the write of a node whose kubelet was faster be refused", async () => {
    const harness = await createHarness({ latencyMs: 1000 });
    harness.cloud.machines.set("a", { name: "a" });
    await addNode(harness, newNode("a", { spec: { taints: [UNINITIALIZED] } }));
    await runNodeController(harness);
    await harness.clock.advance(500);
    await editNode(harness, "a", { status: { conditions: [NOT_READY] } }, "status");
    await harness.clock.advance(5000);
    assert.deepEqual(
      harness.requests.map(({ status }) => status),
      [200],
    );
    await harness.close();
  });
});

describe("a new node that could not be initialised", () => {
  it("is asked for again at once when its kubelet tells an address", async () => {
    const harness = await createHarness();
    await addNode(harness, newNode("a", { spec: { taints: [UNINITIALIZED] } }));
    await runNodeController(harness);
    await harness.clock.advance(100_000);
    const before = harness.cloud.count();
    await editNode(harness, "a", { status: { addresses: [INTERNAL] } }, "status");
    await harness.clock.advance(200);
    assert.equal(harness.cloud.count(), before + 1);
    await harness.close();
  });

  it("because the API server refuses the write for good is told of, with its words", async () => {
    const harness = await createHarness();
    harness.cloud.machines.set("a", { name: "a" });
    await addNode(harness, newNode("a", { spec: { taints: [UNINITIALIZED] } }));
    harness.refuse("PATCH", NODE, "Forbidden", 2);
    await runNodeController(harness);
    await harness.clock.advance(60_000);
    const [told, done] = await harness.events("a");
    assert.match(told ?? "", /^Warning FailedToInitializeNode: failed to update node a: .*refused: Forbidden/);
    assert.equal(done, "Normal Synced: Node synced successfully");
    await harness.close();
  });

  it("is told of again when the same happens after it was healed", async () => {
    const harness = await createHarness();
    await addNode(harness, newNode("a", { spec: { taints: [UNINITIALIZED] } }));
    await runNodeController(harness);
    await harness.clock.advance(5000);
    harness.cloud.machines.set("a", { name: "a" });
    await harness.clock.advance(60_000);
    assert.deepEqual((await getNode(harness, "a")).spec?.taints ?? [], []);
    harness.cloud.answers.set("a", { state: "absent", evidence: "no machine a" });
    await editNode(harness, "a", { spec: { taints: [UNINITIALIZED] } });
    await harness.clock.advance(5000);
    assert.match((await harness.events("a", "FailedToInitializeNode")).join(), /no machine a\) \(×2\)$/);
    await harness.close();
  });
});

describe("the periodic pass", () => {
  const initialised = newNode("a", { spec: { providerID: "fake://a" }, status: { conditions: [READY] } });

  it("overwrites no label that a user edits meanwhile", async () => {
    const harness = await createHarness();
    harness.cloud.machines.set("a", { name: "a", additionalLabels: { "cloud.test/rack": "1" } });
    await addNode(harness, initialised);
    harness.before("PATCH", NODE, () => edit(harness, { metadata: { labels: { "cloud.test/rack": "mine" } } }));
    await runNodeController(harness, { addressPeriodMs: 60_000 });
    await harness.clock.advance(200_000);
    assert.equal((await getNode(harness, "a")).metadata.labels?.["cloud.test/rack"], "mine");
    await harness.close();
  });

  it("writes what it found of a machine to no other node of its name", async () => {
    const harness = await createHarness({ latencyMs: 1000 });
    harness.cloud.machines.set("a", { name: "a", addresses: A2 });
    await addNode(harness, initialised);
    await runNodeController(harness, { addressPeriodMs: 60_000 });
    await harness.clock.advance(500);
    await harness.during(replace(harness, newNode("a", { spec: { providerID: "fake://another" } })));
    await harness.clock.advance(10_000);
    assert.deepEqual(harness.requests, []);
    await harness.close();
  });

  it("computes what it writes from the newest state", async () => {
    const harness = await createHarness({ latencyMs: 1000 });
    harness.cloud.machines.set("a", { name: "a", instanceType: "t" });
    await addNode(harness, initialised);
    await runNodeController(harness, { addressPeriodMs: 60_000 });
    await harness.clock.advance(500);
    await editNode(harness, "a", { metadata: { labels: { mine: "x" } } });
    await harness.clock.advance(10_000);
    assert.deepEqual(
      harness.requests.map(({ status }) => status),
      [200],
    );
    await harness.close();
  });

  it("reports no machine of a node that is not Ready: the lifecycle controller looks after it", async () => {
    const harness = await createHarness();
    await addNode(harness, newNode("a", { spec: { providerID: "fake://a" }, status: { conditions: [NOT_READY] } }));
    await runNodeController(harness);
    await harness.clock.advance(10_000);
    assert.deepEqual(await harness.events("a"), []);
    assert.equal(harness.metrics.value("node_controller_ready_nodes_without_instance"), 0);
    await harness.close();
  });
});

describe("the shutdown taint", () => {
  const off = async (): Promise<Harness> => {
    const harness = await createHarness();
    harness.cloud.machines.set("a", { name: "a", shutdown: true });
    await addNode(harness, newNode("a", { spec: { providerID: "fake://a" }, status: { conditions: [NOT_READY] } }));
    return harness;
  };

  it("leaves a taint that comes at the same moment", async () => {
    const harness = await off();
    harness.before("PATCH", NODE, () => edit(harness, { spec: { taints: [OTHER_TAINT] } }));
    await runLifecycleController(harness);
    await harness.clock.advance(3000);
    assert.deepEqual((await getNode(harness, "a")).spec?.taints, [OTHER_TAINT, SHUTDOWN]);
    await harness.close();
  });

  it("is not written a second time when somebody else was faster", async () => {
    const harness = await off();
    harness.before("PATCH", NODE, () => edit(harness, { spec: { taints: [SHUTDOWN] } }));
    await runLifecycleController(harness);
    await harness.clock.advance(3000);
    assert.deepEqual(
      harness.requests.map(({ status }) => status),
      [409],
    );
    await harness.close();
  });

  it("is not put on another node of its name", async () => {
    const harness = await off();
    const other = newNode("a", { spec: { providerID: "fake://other" } });
    harness.cloud.machines.set("other", { name: "other" });
    harness.before("PATCH", NODE, () => replace(harness, other));
    await runLifecycleController(harness);
    await harness.clock.advance(3000);
    assert.deepEqual((await getNode(harness, "a")).spec?.taints ?? [], []);
    await harness.close();
  });
});

describe("the deletion of a node whose instance is gone", () => {
  it("does not happen when the node becomes Ready while the cloud is asked", async () => {
    const harness = await createHarness({ latencyMs: 1000 });
    harness.cloud.machines.set("b", { name: "b" });
    await addNode(harness, newNode("a", { spec: { providerID: "fake://a" }, status: { conditions: [NOT_READY] } }));
    await addNode(harness, newNode("b", { spec: { providerID: "fake://b" }, status: { conditions: [READY] } }));
    await runLifecycleController(harness);
    // The second pass asks about a, then about the witness b.
    await harness.clock.advanceUntil(() => harness.cloud.calls.some(({ about }) => about.includes("b")), 60_000);
    await editNode(harness, "a", { status: { conditions: [READY] } }, "status");
    await harness.clock.advance(60_000);
    assert.deepEqual(await nodeNames(harness), ["a", "b"]);
    assert.deepEqual(await harness.events("a"), []);
    await harness.close();
  });
});
