/** Upstream's cases of alias labels (NL), of addresses and of the periodic pass (NA, NU), and of the rules behind them (DX). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODES, type Node, type NodeAddress } from "@ccm/kube";
import { CloudError } from "../error.ts";
import { createHarness, type Harness, newNode, UNINITIALIZED } from "../testing/harness.ts";
import { A2, A3, addNode, EXTERNAL, getNode, HOSTNAME, INTERNAL, runNodeController } from "../testing/nodes.ts";
import { ALIAS_LABELS, ANNOTATION_PROVIDED_IP } from "../well-known.ts";
import { sameAddresses } from "./addresses.ts";

describe("alias labels, case by case", () => {
  const beta = (...values: readonly string[]) =>
    Object.fromEntries(ALIAS_LABELS.map(([key], n) => [key, values[n] ?? ""]));
  const stable = (...values: readonly string[]) =>
    Object.fromEntries(ALIAS_LABELS.map(([, key], n) => [key, values[n] ?? ""]));
  const VALUES = ["foo", "bar", "the-best-type"] as const;
  const both = { ...beta(...VALUES), ...stable(...VALUES) };

  const cases = {
    "NL-23: the stable labels are made from the beta ones": [beta(...VALUES), both],
    "NL-25: stable labels that differ are rewritten": [
      { ...beta(...VALUES), ...stable("wrongfoo", "wrongbar", "the-wrong-type") },
      both,
    ],
    "DX-506 (DX45): beta labels are not made from the stable ones": [stable(...VALUES), stable(...VALUES)],
  } as const;
  for (const [name, [labels, expected]] of Object.entries(cases)) {
    it(name, async () => {
      const harness = await createHarness();
      await addNode(harness, newNode("node0", { labels }));
      await runNodeController(harness);
      await harness.clock.advance(1000);
      assert.deepEqual((await getNode(harness, "node0")).metadata.labels, expected);
      assert.equal(harness.requests.length, JSON.stringify(labels) === JSON.stringify(expected) ? 0 : 1);
      await harness.close();
    });
  }
});

describe("the comparison of addresses, case by case", () => {
  const other: NodeAddress = { type: "ExternalIP", address: "132.143.154.164" };
  const cases: Readonly<Record<string, readonly [readonly NodeAddress[], readonly NodeAddress[], boolean]>> = {
    "NA-26: the same addresses are no change": [A2, [...A2], false],
    "NA-27: another external address is a change": [[INTERNAL, other], A2, true],
    "NA-29: an additional host name is a change": [A2, [...A2, HOSTNAME], true],
    "NA-30: two addresses with their types exchanged are a change": [
      A2,
      [
        { type: "InternalIP", address: EXTERNAL.address },
        { type: "ExternalIP", address: INTERNAL.address },
      ],
      true,
    ],
  };
  for (const [name, [before, after, changed]] of Object.entries(cases)) {
    it(name, () => assert.equal(!sameAddresses(before, after), changed));
  }
});

/** One pass over nodes that are there already; how they are afterwards, by name. */
async function pass(
  harness: Harness,
  nodes: readonly Node[],
  options: Parameters<typeof runNodeController>[1] = {},
): Promise<ReadonlyMap<string, Node>> {
  for (const node of nodes) await addNode(harness, node);
  await runNodeController(harness, options);
  await harness.clock.advance(30_000);
  const { items } = await harness.during(harness.user.list<Node>(NODES));
  return new Map(items.map((node) => [node.metadata.name ?? "", node]));
}

describe("the periodic pass, case by case", () => {
  it("NA-31: addresses of a node that still has the taint are not written", async () => {
    const harness = await createHarness();
    harness.cloud.machines.set("node0", { name: "node0", addresses: A2 });
    // Keeps the initialisation, which writes addresses itself, from succeeding.
    const annotations = { [ANNOTATION_PROVIDED_IP]: "10.9.9.9" };
    const nodes = await pass(harness, [newNode("node0", { annotations, spec: { taints: [UNINITIALIZED] } })], {
      addressPeriodMs: 5000,
    });
    assert.deepEqual(nodes.get("node0")?.status?.addresses ?? [], []);
    assert.deepEqual(harness.requests, []);
    await harness.close();
  });

  for (const [id, workers] of [
    ["NU-39", 1],
    ["NU-41", 10],
    ["NU-42", 30],
  ] as const) {
    it(`${id}: a hundred nodes cost exactly a hundred single look-ups, ${workers} at a time`, async () => {
      const harness = await createHarness({ bulk: false, latencyMs: 1 });
      const names = Array.from({ length: 100 }, (_, n) => `node${n}`);
      for (const name of names) harness.cloud.machines.set(name, { name, addresses: A3 });
      const nodes = await pass(
        harness,
        names.map((name) => newNode(name)),
        { workers, statusWorkers: workers },
      );
      assert.equal(harness.cloud.count("lookup"), 100);
      assert.equal(harness.cloud.peak, workers);
      assert.ok([...nodes.values()].every(({ status }) => sameAddresses(status?.addresses ?? [], A3)));
      await harness.close();
    });
  }

  it("DX-507 (DX46): a cloud without addresses leaves those that are there", async () => {
    const harness = await createHarness();
    harness.cloud.machines.set("node0", { name: "node0", addresses: [] });
    const nodes = await pass(harness, [newNode("node0", { status: { addresses: [...A3] } })]);
    assert.deepEqual(nodes.get("node0")?.status?.addresses, A3);
    await harness.close();
  });

  it("DX-509 (DX48, deviates: a merge patch replaces the whole list by itself): three addresses become two", async () => {
    const harness = await createHarness();
    harness.cloud.machines.set("node0", { name: "node0", addresses: [INTERNAL, HOSTNAME] });
    const nodes = await pass(harness, [newNode("node0", { status: { addresses: [...A3] } })]);
    assert.deepEqual(nodes.get("node0")?.status?.addresses, [INTERNAL, HOSTNAME]);
    const patch = JSON.parse(harness.requests.find(({ path }) => path.endsWith("/status"))?.body ?? "{}");
    assert.deepEqual(patch.status, { addresses: [INTERNAL, HOSTNAME] });
    await harness.close();
  });

  it("DX-510 (DX49): an empty annotation keeps the addresses as they are", async () => {
    const harness = await createHarness();
    harness.cloud.machines.set("node0", { name: "node0", addresses: A3 });
    const annotations = { [ANNOTATION_PROVIDED_IP]: "" };
    const nodes = await pass(harness, [newNode("node0", { annotations, status: { addresses: [INTERNAL] } })]);
    assert.deepEqual(nodes.get("node0")?.status?.addresses, [INTERNAL]);
    await harness.close();
  });

  for (const bulk of [true, false]) {
    it(`DX-511 (DX50): one failed look-up keeps no other node from its addresses, ${bulk ? "asked for at once" : "one by one"}`, async () => {
      const harness = await createHarness({ bulk });
      for (const name of ["a", "b", "c"]) harness.cloud.machines.set(name, { name, addresses: A2 });
      harness.cloud.broken.set("b", new CloudError("retryable", "err!"));
      const nodes = await pass(
        harness,
        ["a", "b", "c"].map((name) => newNode(name)),
      );
      assert.deepEqual(
        [...nodes.values()].map(({ status }) => status?.addresses?.length ?? 0),
        [2, 0, 2],
      );
      await harness.close();
    });
  }
});
