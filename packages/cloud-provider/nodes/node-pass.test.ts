import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createHarness, type Harness, newNode, READY, UNINITIALIZED } from "../testing/harness.ts";
import { A2, addNode, editNode, getNode, INTERNAL, runNodeController } from "../testing/nodes.ts";
import { ANNOTATION_OWNED_LABELS } from "../well-known.ts";

const PASS = { addressPeriodMs: 60_000 };
const TYPE = "node.kubernetes.io/instance-type";

/** Initialised nodes that are Ready, by the names of their machines. */
async function initialised(...names: readonly string[]): Promise<Harness> {
  const harness = await createHarness();
  for (const name of names) {
    harness.cloud.machines.set(name, {
      name,
      addresses: A2,
      instanceType: "small",
      additionalLabels: { "cloud.test/rack": "1" },
    });
    await addNode(harness, newNode(name, { spec: { taints: [UNINITIALIZED] }, status: { conditions: [READY] } }));
  }
  await runNodeController(harness, PASS);
  await harness.clock.advance(5000);
  return harness;
}
const labels = async (harness: Harness, name: string) => (await getNode(harness, name)).metadata.labels ?? {};

describe("the provider's labels of an initialised node", () => {
  it("follow the cloud in the next pass, under their old name and their new one", async () => {
    const harness = await initialised("a");
    harness.cloud.machines.set("a", {
      name: "a",
      addresses: A2,
      instanceType: "large",
      additionalLabels: { "cloud.test/rack": "2" },
    });
    await harness.clock.advance(120_000);
    assert.deepEqual(await labels(harness, "a"), {
      "beta.kubernetes.io/instance-type": "large",
      [TYPE]: "large",
      "cloud.test/rack": "2",
    });
    await harness.close();
  });

  it("cost no write while nothing changes", async () => {
    const harness = await initialised("a");
    const before = harness.requests.length;
    await harness.clock.advance(600_000);
    assert.equal(harness.requests.length, before);
    await harness.close();
  });

  it("that a user edits or removes stay so, and the record says whose they are", async () => {
    const harness = await initialised("a", "b");
    await editNode(harness, "a", { metadata: { labels: { "cloud.test/rack": "mine" } } });
    await editNode(harness, "b", { metadata: { labels: { "cloud.test/rack": null } } });
    await harness.clock.advance(120_000);
    for (const name of ["a", "b"]) {
      harness.cloud.machines.set(name, {
        name,
        addresses: A2,
        instanceType: "small",
        additionalLabels: { "cloud.test/rack": "9" },
      });
    }
    await harness.clock.advance(120_000);
    assert.equal((await labels(harness, "a"))["cloud.test/rack"], "mine");
    assert.equal("cloud.test/rack" in (await labels(harness, "b")), false);
    const { annotations } = (await getNode(harness, "a")).metadata;
    assert.equal(JSON.parse(annotations?.[ANNOTATION_OWNED_LABELS] ?? "")["cloud.test/rack"], null);
    await harness.close();
  });

  it("are written although the addresses cannot be", async () => {
    const harness = await initialised("a");
    harness.refuse("PATCH", /nodes\/a\/status$/, "Forbidden", 100);
    harness.cloud.machines.set("a", { name: "a", addresses: [INTERNAL], instanceType: "large" });
    await harness.clock.advance(120_000);
    assert.equal((await labels(harness, "a"))[TYPE], "large");
    assert.deepEqual((await getNode(harness, "a")).status?.addresses, A2);
    await harness.close();
  });
});

describe("a provider that gives no metadata", () => {
  it("ends nothing: the other nodes are looked after, and this one when it has some again", async () => {
    const harness = await initialised("a", "b");
    for (const answer of [null, undefined, { state: "found" }, { state: "found", metadata: { addresses: null } }]) {
      harness.cloud.answers.set("a", answer);
      harness.cloud.machines.set("b", { name: "b", addresses: [INTERNAL] });
      await harness.clock.advance(120_000);
      assert.deepEqual((await getNode(harness, "a")).status?.addresses, A2);
      assert.deepEqual((await getNode(harness, "b")).status?.addresses, [INTERNAL]);
    }
    harness.cloud.answers.clear();
    harness.cloud.machines.set("a", { name: "a", addresses: [INTERNAL] });
    await harness.clock.advance(120_000);
    assert.deepEqual((await getNode(harness, "a")).status?.addresses, [INTERNAL]);
    await harness.close();
  });
});

describe("a Ready node whose machine was made anew under the same name", () => {
  it("is reported once with both IDs and what to do, and stays as it is", async () => {
    const harness = await initialised("a", "b");
    harness.cloud.machines.set("a", { name: "a", providerId: "fake://a-2", addresses: [INTERNAL] });
    await harness.clock.advance(600_000);
    assert.deepEqual(await harness.events("a", "ProviderIDMismatch"), [
      "Warning ProviderIDMismatch: node a is Ready, but the cloud has no instance fake://a any more, and the one called a is fake://a-2. " +
        "A provider ID cannot be changed: delete the Node, and its kubelet registers it anew",
    ]);
    assert.deepEqual((await getNode(harness, "a")).status?.addresses, A2);
    assert.equal(harness.metrics.value("node_controller_ready_nodes_without_instance"), 1);

    harness.cloud.machines.set("a", { name: "a" });
    await harness.clock.advance(120_000);
    assert.equal(harness.metrics.value("node_controller_ready_nodes_without_instance"), 0);
    harness.cloud.machines.set("a", { name: "a", providerId: "fake://a-2" });
    await harness.clock.advance(120_000);
    assert.deepEqual((await harness.events("a", "ProviderIDMismatch")).length, 1);
    assert.match(
      (await harness.events("a", "ProviderIDMismatch"))[0] ?? "",
      /\(×2\)$/,
      "it is news again after it was healed",
    );
    await harness.close();
  });

  it("is told apart from one whose machine is gone without another", async () => {
    const harness = await initialised("a");
    harness.cloud.machines.clear();
    await harness.clock.advance(120_000);
    assert.deepEqual(await harness.events("a", "InstanceNotFound"), [
      "Warning InstanceNotFound: node a is Ready, but the cloud has no such instance (no machine fake://a)",
    ]);
    await harness.close();
  });

  it("is reported too when the provider answers with the other machine", async () => {
    const harness = await initialised("a");
    const metadata = { providerId: "fake://a-2", addresses: A2, instanceType: "small" };
    harness.cloud.answers.set("a", { state: "found", metadata });
    await harness.clock.advance(120_000);
    assert.match(
      (await harness.events("a", "ProviderIDMismatch"))[0] ?? "",
      /ID of node a is fake:\/\/a, but the cloud's is fake:\/\/a-2/,
    );
    await harness.close();
  });

  it("is told of on ten nodes a pass at most", async () => {
    const names = Array.from({ length: 15 }, (_, n) => `n${n}`);
    const harness = await initialised(...names);
    harness.cloud.machines.clear();
    await harness.clock.advance(62_000);
    const told = async () => {
      let events = 0;
      for (const name of names) events += (await harness.events(name, "InstanceNotFound")).length;
      return events;
    };
    assert.equal(await told(), 10);
    await harness.clock.advance(62_000);
    assert.equal(await told(), 15);
    await harness.close();
  });
});
