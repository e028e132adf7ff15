/**
 * Upstream's cases of the node lifecycle: deletion (LD), shutdown (LS), finding the instance (LP) and the rules behind them (DX).
 * The legacy Instances interface is here a provider with nothing but the single look-up. Upstream looks once and deletes at
 * once; here the same verdict takes two looks, so each case is given a minute.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EVENTS, type Event, type Node } from "@ccm/kube";
import { CloudError } from "../error.ts";
import type { FakeInstance } from "../fake-provider.ts";
import { createHarness, newNode, UNINITIALIZED } from "../testing/harness.ts";
import { addNode, editNode, getNode, nodeNames, runLifecycleController } from "../testing/nodes.ts";

const ID = "fake://12345";
const SHUTDOWN = { key: "node.cloudprovider.kubernetes.io/shutdown", effect: "NoSchedule" };

interface Given {
  readonly legacy?: true;
  readonly ready: "True" | "False" | "Unknown";
  /** null: the cloud says that there is none. Default: it exists, and runs. */
  readonly machine?: Partial<FakeInstance> | null;
  readonly error?: Error;
  /** Default: the machine's provider ID. */
  readonly providerID?: string | null;
  readonly taints?: readonly (typeof SHUTDOWN)[];
}

type Fate = "deleted" | "kept" | "tainted";

async function run(given: Given) {
  const { legacy, ready, machine = {}, error, providerID = ID, taints } = given;
  const harness = await createHarness(legacy ? { bulk: false } : {});
  if (machine) harness.cloud.machines.set("node0", { name: "node0", providerId: ID, ...machine });
  if (error) harness.cloud.broken.set("node0", error);
  const spec = { ...(providerID ? { providerID } : {}), ...(taints ? { taints } : {}) };
  const before = await addNode(
    harness,
    newNode("node0", { spec, status: { conditions: [{ type: "Ready", status: ready }] } }),
  );
  await runLifecycleController(harness);
  await harness.clock.advance(60_000);
  const there = (await nodeNames(harness)).includes("node0");
  return { harness, before, after: there ? await getNode(harness, "node0") : undefined };
}

async function expectFate(given: Given, fate: Fate): Promise<void> {
  const { harness, before, after } = await run(given);
  const events = await harness.events("node0");
  if (fate === "deleted") {
    assert.equal(after, undefined);
    assert.deepEqual(events, [
      "Normal DeletingNode: Deleting node node0 because it does not exist in the cloud provider",
    ]);
    const { items } = await harness.during(harness.user.list<Event>(EVENTS));
    const { metadata } = before;
    for (const { involvedObject, source } of items) {
      assert.equal(source?.component, "cloud-node-lifecycle-controller");
      const { apiVersion, kind, name, uid } = involvedObject;
      assert.deepEqual(
        { apiVersion, kind, name, uid },
        { apiVersion: "v1", kind: "Node", name: "node0", uid: metadata.uid },
      );
    }
  } else {
    assert.deepEqual(events, []);
    assert.deepEqual(after?.spec?.taints ?? [], fate === "tainted" ? [SHUTDOWN] : []);
    if (fate === "kept") assert.deepEqual(after, before);
    if (given.ready === "True") assert.equal(harness.cloud.count() + harness.requests.length, 0, "not one call");
  }
  await harness.close();
}

const broken = new CloudError("retryable", "err!");
const notFound = new CloudError("absent", "instance not found");
const off = { shutdown: true } as const;

const CASES: Readonly<Record<string, readonly [Given, Fate]>> = {
  "LD-43: NotReady and gone is deleted": [{ legacy: true, ready: "False", machine: null }, "deleted"],
  "LD-45: NotReady and there is kept": [{ legacy: true, ready: "False" }, "kept"],
  "LD-46: Unknown and gone is deleted": [{ legacy: true, ready: "Unknown", machine: null }, "deleted"],
  "LD-47: Unknown and there is kept, without a taint": [{ legacy: true, ready: "Unknown" }, "kept"],
  "LD-49: NotReady and gone is deleted, with the newer interface": [{ ready: "False", machine: null }, "deleted"],
  "LD-50: NotReady and a failed check is kept": [{ ready: "False", error: broken }, "kept"],
  "LD-51: NotReady and there is kept, with the newer interface": [{ ready: "False" }, "kept"],
  "LD-53: Unknown and there is kept, with the newer interface": [{ ready: "Unknown" }, "kept"],
  "LD-54: Ready is kept whatever the cloud says": [{ ready: "True", machine: null }, "kept"],
  "LS-55: NotReady and switched off is tainted": [{ legacy: true, ready: "False", machine: off }, "tainted"],
  "LS-57: without provider ID and gone is deleted": [
    { legacy: true, ready: "False", providerID: null, machine: null },
    "deleted",
  ],
  "LS-58: without provider ID and a failed look-up is kept": [
    { legacy: true, ready: "False", providerID: null, error: broken },
    "kept",
  ],
  "LS-59: without provider ID and 'instance not found' is deleted": [
    { legacy: true, ready: "False", providerID: null, error: notFound },
    "deleted",
  ],
  "LS-61: not switched off and gone is deleted": [{ legacy: true, ready: "False", machine: null }, "deleted"],
  "LS-62: Ready is not tainted although the machine is said to be off": [
    { legacy: true, ready: "True", machine: off },
    "kept",
  ],
  "LS-63: Unknown, switched off once and gone now is deleted": [
    { legacy: true, ready: "Unknown", machine: null },
    "deleted",
  ],
  "LP-65: the node's own provider ID finds the machine, whatever its name": [
    { ready: "False", machine: { name: "another-name", shutdown: true } },
    "tainted",
  ],
  "LP-66: without provider ID the machine is found by name": [
    { legacy: true, ready: "False", providerID: null, machine: off },
    "tainted",
  ],
  "LP-67: without provider ID the machine is found by name, with the newer interface": [
    { ready: "False", providerID: null, machine: off },
    "tainted",
  ],
  "LP-69: 'instance not found' counts even when a provider wraps it": [
    { legacy: true, ready: "False", providerID: null, error: new Error("looking it up", { cause: notFound }) },
    "deleted",
  ],
  "DX-514 (DX53, deviates: 'instance not found' means that it is gone): is deleted": [
    { legacy: true, ready: "False", error: notFound },
    "deleted",
  ],
  "DX-517 (DX56): Ready without the taint costs no call": [{ ready: "True" }, "kept"],
  "DX-519 (DX58, deviates: legacy Instances does not exist here): a provider that knows no switched-off machines taints none":
    [{ legacy: true, ready: "False", machine: { shutdown: false } }, "kept"],
};

describe("the lifecycle of a node, case by case", () => {
  for (const [name, [given, fate]] of Object.entries(CASES)) {
    it(name, () => expectFate(given, fate));
  }

  it("LP-70 (deviates: no legacy text; the cloud's own words are logged): an unknown error keeps the node", async () => {
    const { harness, before, after } = await run({
      legacy: true,
      ready: "False",
      providerID: null,
      error: new Error("unknown error"),
    });
    assert.deepEqual(after, before);
    assert.ok(harness.metrics.value("cloud_node_lifecycle_controller_errors_total", { step: "lookup" }) >= 11);
    await harness.close();
  });

  it("DX-513 (DX52, deviates: a new node gets two minutes): NotReady, tainted as new and unknown to the cloud is kept first", async () => {
    const harness = await createHarness();
    const status = { conditions: [{ type: "Ready", status: "False" }] } as NonNullable<Node["status"]>;
    await addNode(harness, newNode("node0", { spec: { taints: [UNINITIALIZED] }, status }));
    await runLifecycleController(harness);
    await harness.clock.advance(115_000);
    assert.deepEqual(await nodeNames(harness), ["node0"]);
    await harness.clock.advance(15_000);
    assert.deepEqual(await nodeNames(harness), []);
    await harness.close();
  });

  it("DX-515 (DX54): a failed deletion is told, and tried again with both Events", async () => {
    const harness = await createHarness();
    const status = { conditions: [{ type: "Ready", status: "False" }] } as NonNullable<Node["status"]>;
    await addNode(harness, newNode("node0", { spec: { providerID: ID }, status }));
    harness.refuse("DELETE", /nodes\/node0$/, "Forbidden", 2);
    await runLifecycleController(harness);
    await harness.clock.advance(30_000);
    const [deleting, failed, ...others] = [...(await harness.events("node0"))].sort();
    assert.equal(
      deleting,
      "Normal DeletingNode: Deleting node node0 because it does not exist in the cloud provider (×3)",
    );
    assert.match(
      failed ?? "",
      /^Warning DeletingNodeFailed: Failed deleting node node0: .*refused: Forbidden.* \(×2\)$/,
    );
    assert.deepEqual(others, []);
    assert.deepEqual(await nodeNames(harness), []);
    assert.equal(harness.metrics.value("cloud_node_lifecycle_controller_errors_total", { step: "delete" }), 2);
    await harness.close();
  });

  it("DX-518 (DX57, deviates: our copy is looked at first): a switched-off node that is tainted costs no call at all", async () => {
    const { harness, before, after } = await run({ ready: "False", machine: off, taints: [SHUTDOWN] });
    assert.deepEqual(after, before);
    assert.deepEqual(harness.requests, []);
    await harness.close();
  });

  it("the shutdown taint is that of its effect: another effect under the same key is a user's", async () => {
    const other = { ...SHUTDOWN, effect: "NoExecute" };
    const { harness, after } = await run({ ready: "False", machine: off, taints: [other] });
    assert.deepEqual(after?.spec?.taints, [other, SHUTDOWN]);
    await editNode(harness, "node0", { status: { conditions: [{ type: "Ready", status: "True" }] } }, "status");
    await harness.clock.advance(6000);
    assert.deepEqual((await getNode(harness, "node0")).spec?.taints, [other]);
    await harness.close();
  });

  it("a conflict on the taint is tried again with the newest taints", async () => {
    const harness = await createHarness();
    harness.cloud.machines.set("node0", { name: "node0", providerId: ID, ...off });
    await addNode(harness, newNode("node0", { spec: { providerID: ID } }));
    harness.refuse("PATCH", /nodes\/node0$/, "Conflict", 4);
    await runLifecycleController(harness);
    await harness.clock.advance(3000);
    assert.deepEqual((await getNode(harness, "node0")).spec?.taints, [SHUTDOWN]);
    assert.equal(harness.requests.length, 5);
    await harness.close();
  });
});
