import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Informer, InformerHandler, Node } from "@ccm/kube";
import { NOT_READY, newNode, newService } from "../testing/harness.ts";
import { createBackendSets } from "./backend-sets.ts";
import { parseNodeSelector } from "./provider-helpers.ts";
import { readyNode, start } from "./testing.ts";

const EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers";

/** Nodes that a test changes by hand; counts how often all of them are read. */
function nodesOf(...names: readonly string[]) {
  const nodes = new Map<string, Node>(names.map((name) => [name, readyNode(name)]));
  let handler: InformerHandler<Node> = {};
  let lists = 0;
  const informer: Informer<Node> = {
    run: async () => {},
    synced: true,
    waitForSync: async () => {},
    get: (key) => nodes.get(key),
    list: () => {
      lists++;
      return [...nodes.values()];
    },
    subscribe: (given) => {
      handler = given;
      return () => {};
    },
  };
  let changes = 0;
  const sets = createBackendSets(informer);
  sets.subscribe(() => changes++);
  return {
    sets,
    put(node: Node) {
      const name = node.metadata.name ?? "";
      const before = nodes.get(name);
      nodes.set(name, node);
      if (before) handler.update?.(before, node);
      else handler.add?.(node);
    },
    remove(name: string) {
      const before = nodes.get(name);
      nodes.delete(name);
      if (before) handler.delete?.(before);
    },
    names: (selector?: Record<string, string>) => sets.of(selector).nodes.map(({ metadata }) => metadata.name),
    changes: () => changes,
    lists: () => lists,
  };
}

describe("the set of backends", () => {
  it("is computed once for all Services, and anew only when it may be another", () => {
    const { sets, put, names, lists, changes } = nodesOf("b", "a");
    for (let i = 0; i < 1000; i++) assert.deepEqual(names(), ["a", "b"]);
    assert.equal(lists(), 1);
    const { id } = sets.of(undefined);
    put(readyNode("a", { status: { conditions: [NOT_READY] } }));
    assert.equal(sets.of(undefined).id, id);
    assert.deepEqual([lists(), changes()], [1, 0], "a heartbeat costs nothing");
  });

  it("holds the nodes as they are now, in one array until a Node changes", () => {
    const { sets, put } = nodesOf("a", "b");
    const first = sets.of(undefined).nodes;
    assert.equal(sets.of(undefined).nodes, first);
    put(readyNode("a", { status: { addresses: [{ type: "InternalIP", address: "10.0.0.9" }] } }));
    const second = sets.of(undefined).nodes;
    assert.notEqual(second, first);
    assert.equal(second[0]?.status?.addresses?.[0]?.address, "10.0.0.9");
  });

  it("has another id for another name, provider ID or order, and the same again for the same", () => {
    const { sets, put, remove } = nodesOf("a", "b");
    const id = () => sets.of(undefined).id;
    const before = id();
    const seen = new Set([before]);
    put(readyNode("c"));
    seen.add(id());
    remove("b");
    seen.add(id());
    put(readyNode("c", { spec: { providerID: "fake://other" } }));
    seen.add(id());
    assert.equal(seen.size, 4);
    remove("c");
    put(readyNode("b"));
    assert.equal(id(), before);
  });

  it("tells apart what only looks the same written together", () => {
    const ids = [
      ["ab", "c"],
      ["a", "bc"],
      ["abc", ""],
    ].map(([name = "", providerID = ""]) => {
      const { sets, put } = nodesOf();
      put(newNode(name, { spec: { providerID } }));
      return sets.of(undefined).id;
    });
    assert.equal(new Set(ids).size, 3);
  });

  it("is no reason to look when a node comes that is no backend, and is one when any goes", () => {
    const { put, remove, changes, lists, names } = nodesOf("a");
    names();
    put(newNode("x", { labels: { [EXCLUDE]: "" } }));
    names();
    assert.deepEqual([changes(), lists()], [0, 1]);
    remove("x");
    assert.equal(changes(), 1);
  });

  it("leaves out a node that drains from then on, without a look at load balancers", () => {
    const { put, changes, names } = nodesOf("a", "b");
    assert.deepEqual(names(), ["a", "b"]);
    put(readyNode("a", { spec: { taints: [{ key: "ToBeDeletedByClusterAutoscaler", effect: "NoSchedule" }] } }));
    assert.deepEqual([names(), changes()], [["b"], 0]);
  });

  it("of a selector has the nodes with its labels, and follows their labels", () => {
    const { put, changes, names, lists } = nodesOf("a");
    put(readyNode("b", { labels: { pool: "edge" } }));
    const before = changes();
    put(readyNode("a", { labels: { other: "x" } }));
    assert.equal(changes(), before, "labels are no reason while nobody asks for them");
    assert.deepEqual([names({ pool: "edge" }), names()], [["b"], ["a", "b"]]);
    const read = lists();
    put(readyNode("a", { labels: { pool: "edge" } }));
    assert.equal(changes(), before + 1);
    assert.deepEqual(
      [names({ pool: "edge" }), names({ pool: "edge" }), names()],
      [
        ["a", "b"],
        ["a", "b"],
        ["a", "b"],
      ],
    );
    assert.equal(lists(), read + 2, "once for each selector");
  });
});

describe("a provider that chooses nodes for a Service", () => {
  it("is called for a Service only when that one's nodes change", async () => {
    const bench = await start({
      cloud: () => ({ nodeSelector: ({ metadata }) => parseNodeSelector(metadata.annotations?.pool ?? "") }),
    });
    await bench.addNode(readyNode("e1", { labels: { pool: "edge" } }));
    await bench.create(newService("edge", {}, { annotations: { pool: "pool=edge" } }));
    await bench.create(newService("all"));
    await bench.seconds(5);
    assert.deepEqual(bench.calls(), ["ensure edge: e1", "ensure all: e1 n1 n2"]);
    bench.cloud.resetCalls();
    await bench.addNode("n3");
    await bench.seconds(5);
    assert.deepEqual(bench.calls(), ["updateBackends all: e1 n1 n2 n3"]);
    bench.cloud.resetCalls();
    await bench.patchNode("n3", { metadata: { labels: { pool: "edge" } } });
    await bench.seconds(5);
    assert.deepEqual(bench.calls(), ["updateBackends edge: e1 n3"]);
    await bench.close();
  });
});
