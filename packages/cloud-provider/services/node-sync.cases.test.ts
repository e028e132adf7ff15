/** Upstream's cases for a change of nodes: which load balancers are told, and of which nodes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Service } from "@ccm/kube";
import { NOT_READY, newService, READY } from "../testing/harness.ts";
import { type Bench, readyNode, start } from "./testing.ts";

const EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers";
const named = (names: readonly string[], spec: Service["spec"] = {}) => names.map((name) => newService(name, spec));

/** The calls to the cloud that a change brings, sorted: the fan-out has no order. */
async function after(bench: Bench, change: () => Promise<unknown>): Promise<readonly string[]> {
  bench.cloud.resetCalls();
  await change();
  await bench.seconds(5);
  return [...bench.calls()].sort();
}
const updates = (names: readonly string[], nodes: string) => names.map((name) => `updateBackends ${name}: ${nodes}`);

describe("the fan-out of a new set of nodes", () => {
  interface Row {
    readonly id: string;
    readonly workers: number;
    readonly services: readonly Service[];
    readonly told: readonly string[];
  }
  const nodePort = (name: string) => newService(name, { type: "NodePort" });
  const clusterIp = (name: string) => newService(name, { type: "ClusterIP" });
  const rows: readonly Row[] = [
    { id: "SU-121: (SU01) no Services", workers: 1, services: [], told: [] },
    { id: "SU-122: (SU02) none that wants one", workers: 2, services: [clusterIp("s0"), nodePort("s1")], told: [] },
    { id: "SU-123: (SU03) one that does", workers: 3, services: named(["s0"]), told: ["s0"] },
    {
      id: "SU-125: (SU05) some that do",
      workers: 5,
      services: [nodePort("s0"), newService("s1"), newService("s3"), clusterIp("s4")],
      told: ["s1", "s3"],
    },
    {
      id: "SU-127: (SU07) four that do",
      workers: 2,
      services: named(["s0", "s1", "s3", "s4"]),
      told: ["s0", "s1", "s3", "s4"],
    },
  ];
  for (const { id, workers, services, told } of rows) {
    it(`${id}: told are ${told.join(", ") || "none"}`, async () => {
      const bench = await start({ nodes: ["node1", "node2"], workers, services });
      await bench.seconds(10);
      const seen = await after(bench, () => bench.addNode("node3"));
      assert.deepEqual(seen, updates(told, "node1 node2 node3"));
      assert.deepEqual(
        bench.cloud.calls.filter(({ method }) => method === "ensure"),
        [],
        "nothing to retry",
      );
      await bench.close();
    });
  }

  it("SU-126: (SU06) deviates: there is no entry without a Service; one whose Service has just gone is left out", async () => {
    const bench = await start({ nodes: ["node1"], services: named(["s0", "gone"]) });
    await bench.seconds(5);
    const seen = await after(bench, async () => {
      await bench.addNode("node2");
      await bench.remove("gone");
    });
    assert.deepEqual(seen, ["ensureDeleted gone", ...updates(["s0"], "node1 node2")]);
    await bench.close();
  });
});

describe("the set of nodes", () => {
  const three = (nodes = ["node1", "node2", "node3"]) =>
    start({
      nodes,
      workers: 3,
      services: [...named(["s0", "s1"], { externalTrafficPolicy: "Local" }), newService("s2")],
    });
  const all = ["s0", "s1", "s2"];
  const ready = (condition: object) => ({ status: { conditions: [condition] } });
  const setReady = (bench: Bench, condition: object) =>
    bench.during(
      bench.user.patch(
        { group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false },
        { name: "node2" },
        { type: "strategic", body: ready(condition) },
        { subresource: "status" },
      ),
    );

  it("SN-129: (SN02) grows: all are told, whatever their traffic policy", async () => {
    const bench = await three(["node1", "node2"]);
    await bench.seconds(5);
    const seen = await after(bench, () => bench.addNode("node3"));
    assert.deepEqual(seen, updates(all, "node1 node2 node3"));
    await bench.close();
  });

  it("SN-130: (SN03) that could not be told is not told again by the next pass: an ensure of each repairs it", async () => {
    const bench = await three(["node1", "node2"]);
    await bench.seconds(5);
    bench.cloud.fail("updateBackends", new Error("error please"), 3);
    const seen = await after(bench, () => bench.addNode("node3"));
    const ensures = all.map((name) => `ensure ${name}: node1 node2 node3`);
    assert.deepEqual(seen, [...ensures, ...updates(all, "node1 node2 node3")]);
    assert.deepEqual(await after(bench, () => bench.patchNode("node1", { spec: { unschedulable: true } })), []);
    await bench.close();
  });

  for (const [id, before, condition] of [
    ["SN-131: (SN04) is the same when one is not ready any more", READY, NOT_READY],
    ["SN-133: (SN06) is the same when one becomes ready", NOT_READY, READY],
  ] as const) {
    it(id, async () => {
      const bench = await three();
      await setReady(bench, before);
      await bench.seconds(5);
      assert.deepEqual(await after(bench, () => setReady(bench, condition)), []);
      await bench.close();
    });
  }

  it("SN-134: (SN07) shrinks when one is excluded by a label with an empty value", async () => {
    const bench = await three();
    await bench.seconds(5);
    const seen = await after(bench, () => bench.patchNode("node2", { metadata: { labels: { [EXCLUDE]: "" } } }));
    assert.deepEqual(seen, updates(all, "node1 node3"));
    await bench.close();
  });

  it("SN-135: (SN08) shrinks when one disappears", async () => {
    const bench = await three();
    await bench.seconds(5);
    assert.deepEqual(await after(bench, () => bench.removeNode("node3")), updates(all, "node1 node2"));
    await bench.close();
  });

  it("SN-137: (SN10) is the same when one gets another taint", async () => {
    const bench = await three();
    await bench.seconds(5);
    const taints = [{ key: "Other", effect: "NoSchedule" }];
    assert.deepEqual(await after(bench, () => bench.patchNode("node2", { spec: { taints } })), []);
    await bench.close();
  });
});

describe("changes of nodes one after the other", () => {
  const names = ["s0", "s1", "s3", "s4"];

  for (const [id, workers, before, added] of [
    ["SC-138: (SC01) the first node", 3, [], "node1"],
    ["SC-139: (SC02) the second", 1, ["node1"], "node2"],
  ] as const) {
    it(`${id} is told to all four`, async () => {
      const bench = await start({ nodes: before, workers, services: named(names) });
      await bench.seconds(5);
      const seen = await after(bench, () => bench.addNode(added));
      assert.deepEqual(seen, updates(names, [...before, added].join(" ")));
      await bench.close();
    });
  }

  for (const [id, workers] of [
    ["SC-141: (SC04)", 3],
    ["SC-142: (SC05)", 1],
  ] as const) {
    it(`${id} deviates: the local copy of nodes cannot fail; while the API server does, nothing is called, and what was missed follows`, async () => {
      const bench = await start({ nodes: ["node1"], workers, services: named(names) });
      await bench.seconds(5);
      bench.refuse("GET", /\/nodes$/, "InternalError", 40);
      // A watch lasts for ten minutes at most; the next one is refused.
      await bench.seconds(600);
      assert.deepEqual(await after(bench, () => bench.addNode("node2")), []);
      assert.ok(await bench.clock.advanceUntil(() => bench.cloud.count() >= 4, 7_200_000));
      assert.deepEqual([...bench.calls()].sort(), updates(names, "node1 node2"));
      await bench.close();
    });
  }
});

describe("who a node is", () => {
  it("SP-143: (SP01) changes with its provider ID: both are told again", async () => {
    const plain = ["node1", "node2"].map((name) => readyNode(name, { spec: { providerID: "" } }));
    const bench = await start({ nodes: [] });
    for (const node of plain) await bench.addNode({ ...node, spec: {} });
    for (const service of named(["s0", "s1"])) await bench.create(service);
    await bench.seconds(5);
    const seen = await after(bench, async () => {
      await bench.patchNode("node1", { spec: { providerID: "cumulus/1" } });
      await bench.patchNode("node2", { spec: { providerID: "cumulus/2" } });
    });
    assert.deepEqual(seen, updates(["s0", "s1"], "node1 node2"));
    await bench.close();
  });

  it("SP-145: (SP03) is its name: another node in the place of one is told", async () => {
    const bench = await start({ nodes: ["node1", "node2"], services: named(["s0", "s1"]) });
    await bench.seconds(5);
    const seen = await after(bench, async () => {
      await bench.removeNode("node2");
      await bench.addNode("node3");
    });
    assert.deepEqual(seen, updates(["s0", "s1"], "node1 node3"));
    await bench.close();
  });
});

describe("a slow fan-out", () => {
  it("SX-155: (SX10) never pushes a set that is older than what a Service got meanwhile", async () => {
    const bench = await start({
      nodes: ["node1"],
      workers: 1,
      latencyMs: 10_000,
      services: named(["service1", "service2"]),
    });
    await bench.seconds(60);
    bench.cloud.resetCalls();
    await bench.addNode("node2");
    await bench.seconds(5);
    assert.deepEqual(bench.calls(), ["updateBackends service1: node1 node2"], "in flight");
    await bench.addNode("node3");
    await bench.patch({ metadata: { annotations: { edited: "1" } } }, "service2");
    await bench.seconds(60);
    assert.deepEqual(bench.calls(), [
      "updateBackends service1: node1 node2",
      "ensure service2: node1 node2 node3",
      "updateBackends service1: node1 node2 node3",
    ]);
    await bench.close();
  });
});
