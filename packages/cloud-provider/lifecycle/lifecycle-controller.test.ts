import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODES, type Node } from "@ccm/kube";
import { CloudError } from "../error.ts";
import { createInstanceSource } from "../instance-source.ts";
import { createHarness, type Harness, NOT_READY, newNode, READY, UNINITIALIZED } from "../testing/harness.ts";
import { createLifecycleController } from "./lifecycle-controller.ts";

const SHUTDOWN = { key: "node.cloudprovider.kubernetes.io/shutdown", effect: "NoSchedule" };
const OTHER = { key: "other", value: "x", effect: "NoSchedule" };

/** Nodes by name with their Ready condition; each has a machine. */
async function start(nodes: Record<string, typeof READY | typeof NOT_READY>, stopShare = 0.5): Promise<Harness> {
  const harness = await createHarness();
  for (const [name, condition] of Object.entries(nodes)) {
    harness.cloud.machines.set(name, { name });
    await add(harness, newNode(name, { spec: { providerID: `fake://${name}`, taints: [OTHER] } }), condition);
  }
  const { cloud, clock, signal } = harness;
  await harness.run("cloud-node-lifecycle-controller", (context) =>
    createLifecycleController(context, {
      instances: createInstanceSource(cloud.instances, clock, signal),
      providerName: "fake",
      periodMs: 5000,
      stopShare,
    }),
  );
  return harness;
}

async function add(harness: Harness, node: Node, condition: typeof READY | typeof NOT_READY): Promise<void> {
  const made = await harness.during(harness.user.create(NODES, node));
  const status = { conditions: [condition] };
  await harness.during(harness.user.update(NODES, { ...made, status }, { subresource: "status" }));
}
async function setReady(harness: Harness, name: string, condition: typeof READY | typeof NOT_READY): Promise<void> {
  const body = { status: { conditions: [condition] } };
  await harness.during(harness.user.patch(NODES, { name }, { type: "strategic", body }, { subresource: "status" }));
}
const names = async (harness: Harness): Promise<string[]> =>
  (await harness.during(harness.user.list<Node>(NODES))).items.map(({ metadata }) => metadata.name ?? "");
const taints = async (harness: Harness, name: string) =>
  (await harness.during(harness.user.get(NODES, { name }))).spec?.taints ?? [];

describe("a node whose instance is gone", () => {
  it("is deleted after the cloud said so twice, with an Event", async () => {
    const harness = await start({ a: NOT_READY, b: READY });
    await harness.clock.advance(1000);
    harness.cloud.machines.delete("a");
    await harness.clock.advance(8000);
    assert.equal(harness.cloud.count(), 2);
    assert.deepEqual(await names(harness), ["a", "b"], "after the first answer");
    await harness.clock.advance(2000);
    assert.deepEqual(await names(harness), ["b"]);
    assert.deepEqual(await harness.events("a"), [
      "Normal DeletingNode: Deleting node a because it does not exist in the cloud provider",
    ]);
    assert.match(harness.requests[0]?.body ?? "", /"preconditions":\{"uid":/);
    await harness.close();
  });

  it("stays when the cloud is not sure, cannot be asked, or finds it again", async () => {
    const harness = await start({ a: NOT_READY });
    const { cloud, clock } = harness;
    cloud.uncertain.add("a");
    await clock.advance(30_000);
    cloud.uncertain.delete("a");
    cloud.fail("lookup", new CloudError("retryable", "down"), 4);
    await clock.advance(20_000);
    cloud.machines.delete("a");
    await clock.advance(3000);
    cloud.machines.set("a", { name: "a" });
    await clock.advance(5000);
    cloud.machines.delete("a");
    await clock.advance(4000);
    assert.deepEqual(await names(harness), ["a"]);
    assert.deepEqual(harness.requests, []);
    await harness.close();
  });

  it("stays when it is Ready", async () => {
    const harness = await start({ a: READY });
    harness.cloud.machines.delete("a");
    await harness.clock.advance(60_000);
    assert.deepEqual(await names(harness), ["a"]);
    await harness.close();
  });

  it("stays when its provider ID is another cloud's", async () => {
    const harness = await start({});
    await add(harness, newNode("a", { spec: { providerID: "aws:///i-1", taints: [SHUTDOWN] } }), NOT_READY);
    await harness.clock.advance(60_000);
    assert.deepEqual(await names(harness), ["a"]);
    assert.equal(harness.cloud.count(), 0);
    assert.deepEqual(harness.requests, []);
    await harness.close();
  });

  it("but was never seen in the cloud gets two minutes to show up there", async () => {
    const harness = await start({});
    await add(harness, newNode("a", { spec: { taints: [UNINITIALIZED] } }), NOT_READY);
    await harness.clock.advance(119_000);
    assert.deepEqual(await names(harness), ["a"]);
    assert.equal(harness.cloud.count(), 0, "the node controller asks for it");
    await harness.clock.advance(12_000);
    assert.deepEqual(await names(harness), []);
    await harness.close();
  });

  it("is not mistaken for one that has registered under its name meanwhile", async () => {
    const harness = await start({ a: NOT_READY });
    const { user, clock, cloud } = harness;
    cloud.machines.delete("a");
    await clock.advance(4000);
    await harness.during(user.delete(NODES, { name: "a" }));
    await add(harness, newNode("a", { spec: { providerID: "fake://a2" } }), NOT_READY);
    cloud.machines.set("a", { name: "a", providerId: "fake://a2" });
    await clock.advance(60_000);
    assert.deepEqual(await names(harness), ["a"]);
    await harness.close();
  });
});

describe("when more than half of all instances vanish at once", () => {
  it("no node is deleted bit by bit either, because the cloud could not say of some", async () => {
    const harness = await start({ a: NOT_READY, b: NOT_READY, c: NOT_READY, d: NOT_READY, e: READY });
    const { cloud, clock } = harness;
    for (const name of ["a", "b", "c", "d"]) cloud.machines.delete(name);
    for (const name of ["c", "d"]) cloud.uncertain.add(name);
    await clock.advance(60_000);
    cloud.uncertain.clear();
    await clock.advance(60_000);
    assert.deepEqual(await names(harness), ["a", "b", "c", "d", "e"]);
    await harness.close();
  });

  it("no node is deleted, one Event tells of it, and deletion goes on when they are back", async () => {
    const harness = await start({ a: NOT_READY, b: NOT_READY, c: NOT_READY, d: READY, e: READY });
    const { cloud, clock } = harness;
    for (const name of ["a", "b", "c"]) cloud.machines.delete(name);
    await clock.advance(120_000);
    assert.equal((await names(harness)).length, 5);
    assert.deepEqual(await harness.events("a"), [
      "Warning NodeDeletionStopped: 3 of 5 nodes seem to have no instance any more; none is deleted until fewer do (--node-deletion-stop-share)",
    ]);
    assert.equal(harness.metrics.value("cloud_node_lifecycle_controller_deletions_stopped"), 3);

    cloud.machines.set("a", { name: "a" });
    await clock.advance(20_000);
    assert.deepEqual(await names(harness), ["a", "d", "e"]);
    assert.equal(harness.metrics.value("cloud_node_lifecycle_controller_deletions_stopped"), 0);
    await harness.close();
  });

  it("the share is that of this cloud's nodes: others do not hide it", async () => {
    const harness = await start({ a: NOT_READY, b: NOT_READY, c: NOT_READY, d: READY });
    for (let n = 0; n < 10; n++) {
      await add(harness, newNode(`other${n}`, { spec: { providerID: `aws:///i-${n}` } }), READY);
    }
    for (const name of ["a", "b", "c"]) harness.cloud.machines.delete(name);
    await harness.clock.advance(60_000);
    assert.equal((await names(harness)).length, 14);
    await harness.close();
  });

  it("they are deleted all the same when the user said that this share is fine", async () => {
    const harness = await start({ a: NOT_READY, b: NOT_READY, c: NOT_READY }, 1);
    harness.cloud.machines.clear();
    await harness.clock.advance(20_000);
    assert.deepEqual(await names(harness), []);
    await harness.close();
  });
});

describe("a cloud that denies nodes which are Ready", () => {
  const ready = Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`ready${n}`, READY]));

  it("is not believed about the others; when it knows some of them, it is", async () => {
    const harness = await start({ a: NOT_READY, ...ready });
    const { cloud, clock } = harness;
    cloud.machines.clear();
    await clock.advance(60_000);
    assert.ok((await names(harness)).includes("a"));
    assert.deepEqual(await harness.events("a"), [
      "Warning NodeDeletionStopped: the cloud has no instance of 5 Ready nodes either; no node is deleted until it has: is this its account and region? (--node-deletion-stop-share)",
    ]);
    cloud.machines.set("ready0", { name: "ready0" });
    await clock.advance(20_000);
    assert.equal((await names(harness)).includes("a"), false);
    await harness.close();
  });

  it("and that cannot be asked about them postpones the deletion", async () => {
    const harness = await start({ a: NOT_READY, b: NOT_READY, ...ready });
    const { cloud, clock } = harness;
    await clock.advance(1000);
    cloud.machines.delete("a");
    cloud.machines.delete("b");
    await clock.advance(6000);
    cloud.resetCalls();
    // Of each pass the first call is about those that are not Ready, the second about the witnesses.
    await clock.advanceUntil(() => cloud.count() === 1, 60_000);
    cloud.fail("lookupMany", new CloudError("throttled", "slow down"));
    await clock.advance(1000);
    assert.equal((await names(harness)).length, 7);
    await clock.advance(6000);
    assert.equal((await names(harness)).length, 5);
    await harness.close();
  });
});

describe("a node that is switched off", () => {
  it("is tainted once while it is not Ready, and untainted as soon as the machine runs", async () => {
    const harness = await start({ a: NOT_READY });
    const { cloud, clock } = harness;
    cloud.machines.set("a", { name: "a", shutdown: true });
    await clock.advance(60_000);
    assert.deepEqual(await taints(harness, "a"), [OTHER, SHUTDOWN]);
    assert.equal(harness.requests.length, 1);
    cloud.machines.set("a", { name: "a" });
    await clock.advance(6000);
    assert.deepEqual(await taints(harness, "a"), [OTHER], "although the kubelet is not there yet");
    await harness.close();
  });

  it("is untainted when it is Ready, without a call to the cloud", async () => {
    const harness = await start({ a: NOT_READY });
    const { cloud, clock } = harness;
    cloud.machines.set("a", { name: "a", shutdown: true });
    await clock.advance(6000);
    await setReady(harness, "a", READY);
    cloud.resetCalls();
    await clock.advance(6000);
    assert.deepEqual(await taints(harness, "a"), [OTHER]);
    assert.equal(cloud.count(), 0);
    await harness.close();
  });
});

describe("the lifecycle pass", () => {
  it("asks the cloud nothing while all nodes are Ready, and once for all that are not", async () => {
    const harness = await start({ a: READY, b: READY, c: READY });
    await harness.clock.advance(60_000);
    assert.equal(harness.cloud.count(), 0);
    await setReady(harness, "a", NOT_READY);
    await setReady(harness, "b", NOT_READY);
    await harness.clock.advance(10_200);
    assert.deepEqual(
      harness.cloud.calls.map(({ method, about }) => [method, ...about]),
      [
        ["lookupMany", "a", "b"],
        ["lookupMany", "a", "b"],
      ],
    );
    await harness.close();
  });
});
