import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Node } from "@ccm/kube";
import fc from "fast-check";
import { type BackendChoice, candidatesOf, chooseBackends, NODE_WEIGHT, nodesWithEndpoints } from "./backends.ts";

const node = (index: number, more: { zones?: number; annotations?: Record<string, string> } = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name: `n${index}`,
    labels: { "topology.kubernetes.io/zone": `z${index % (more.zones ?? 3)}` },
    ...(more.annotations ? { annotations: more.annotations } : {}),
  },
  spec: { providerID: `cce://i-${index}` },
});
const range = (count: number, from = 0) => Array.from({ length: count }, (_, i) => node(from + i));
const none: ReadonlySet<string> = new Set();
const choice = (nodes: readonly Node[], limit: number, seed: string): BackendChoice => ({
  candidates: candidatesOf(nodes),
  limit,
  seed,
});
const idsOf = (chosen: ReadonlyMap<string, number>) => [...chosen.keys()];

describe("the choice of backends", () => {
  it("row 27: is the same for the same nodes in any order, spread over the zones", () => {
    const counts = [fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 50 }), fc.nat()] as const;
    fc.assert(
      fc.property(...counts, (count, limit, rotate) => {
        const nodes = range(count);
        const turned = [...nodes.slice(rotate % (count || 1)), ...nodes.slice(0, rotate % (count || 1))];
        const chosen = idsOf(chooseBackends(choice(nodes, limit, "s"), none));
        assert.deepEqual(idsOf(chooseBackends(choice(turned, limit, "s"), none)), chosen);
        assert.equal(chosen.length, Math.min(count, limit));
        const perZone = [0, 1, 2].map((zone) => chosen.filter((id) => Number(id.slice(2)) % 3 === zone).length);
        if (count >= limit + 6) assert.ok(Math.max(...perZone) - Math.min(...perZone) <= 1, perZone.join());
      }),
    );
  });

  it("row 27: spreads the Services of a cluster over its nodes", () => {
    const nodes = range(300);
    const used = new Map<string, number>();
    for (let i = 0; i < 200; i++) {
      for (const id of idsOf(chooseBackends(choice(nodes, 50, `uid-${i}`), none)))
        used.set(id, (used.get(id) ?? 0) + 1);
    }
    assert.equal(used.size, 300, "every node carries some");
    assert.ok(Math.max(...used.values()) < 60, `one carries ${Math.max(...used.values())} of 200, the mean is 33`);
  });

  it("row 27: changes only the Services that used it when one node of 1,000 is replaced", () => {
    const services = Array.from({ length: 200 }, (_, i) => `uid-${i}`);
    const nodes = range(1000);
    const now = [...nodes.filter(({ metadata }) => metadata.name !== "n17"), node(5000)];
    let users = 0;
    for (const uid of services) {
      const before = idsOf(chooseBackends(choice(nodes, 50, uid), none));
      const after = idsOf(chooseBackends(choice(now, 50, uid), new Set(before)));
      const used = before.includes("i-17");
      if (used) users++;
      const changed = after.filter((id) => !before.includes(id)).length;
      assert.equal(changed, used ? 1 : 0, `${uid}: ${changed} new backends`);
    }
    assert.ok(users > 0, "nobody used the node: the test says nothing");
  });

  it("row 27: spares the control plane while there are other nodes, unless its label says that it is no exception", () => {
    const labelled = (index: number, ...labels: readonly (readonly [string, string])[]): Node => {
      const { metadata, ...rest } = node(index);
      return { ...rest, metadata: { ...metadata, labels: Object.fromEntries(labels) } };
    };
    const roles = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];
    const control = roles.map((role, i) => labelled(i, [role, ""]));
    const ids = (nodes: readonly Node[]) => candidatesOf(nodes).map(({ id }) => id);
    assert.deepEqual(ids([...control, node(7)]), ["i-7"]);
    assert.deepEqual(ids(control), ["i-0", "i-1"], "there is nobody else");
    const unknown: Node = { metadata: { name: "another cloud's" }, spec: { providerID: "aws:///i-1" } };
    assert.deepEqual(ids([...control, unknown]), ["i-0", "i-1"], "there is nobody else of this cloud");
    const wanted = labelled(
      5,
      [roles[0] ?? "", ""],
      ["node.kubernetes.io/exclude-from-external-load-balancers", "false"],
    );
    assert.deepEqual(ids([...control, wanted, node(7)]), ["i-5", "i-7"]);
  });

  it("row 27: follows the weight on the Node, and passes over nodes that take no traffic when it has to choose", () => {
    const weighted = [node(1, { annotations: { [NODE_WEIGHT]: "30" } }), node(2), node(3)];
    assert.deepEqual(
      [...chooseBackends(choice(weighted, 50, "s"), none)],
      [
        ["i-1", 30],
        ["i-2", 100],
        ["i-3", 100],
      ],
    );
    const drained = [
      node(0, { zones: 1, annotations: { [NODE_WEIGHT]: "0" } }),
      node(1, { zones: 1 }),
      node(2, { zones: 1 }),
    ];
    assert.deepEqual(idsOf(chooseBackends(choice(drained, 2, "s"), new Set(["i-0"]))), ["i-1", "i-2"]);
    for (const odd of ["", "-1", "many", "1e2"]) {
      assert.equal(candidatesOf([node(1, { annotations: { [NODE_WEIGHT]: odd } })])[0]?.weight, 100, odd);
    }
  });
});

describe("the nodes with Pods of a Service", () => {
  const endpoint = (
    nodeName: string | undefined,
    conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean },
  ) => ({
    addresses: ["10.0.0.1"],
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(conditions ? { conditions } : {}),
  });
  const slice = (...endpoints: ReturnType<typeof endpoint>[]) => ({
    metadata: { name: "s" },
    addressType: "IPv4" as const,
    endpoints,
  });
  const names = (...slices: Parameters<typeof nodesWithEndpoints>[0][number][]) =>
    [...nodesWithEndpoints(slices)].sort();

  it("row 28: are looked for in all EndpointSlices, and an endpoint without a node is none", () => {
    assert.deepEqual(names(slice(endpoint("a"), endpoint(undefined)), slice(endpoint("b", { ready: true }))), [
      "a",
      "b",
    ]);
  });
  it("row 28: are not those whose Pods are not ready", () => {
    assert.deepEqual(names(slice(endpoint("a", { ready: false, serving: false }), endpoint("b"))), ["b"]);
  });
  it("row 28: are those whose Pods end but still serve, only while there are no others", () => {
    const ending = endpoint("a", { ready: false, serving: true, terminating: true });
    assert.deepEqual(names(slice(ending)), ["a"]);
    assert.deepEqual(names(slice(ending, endpoint("b"))), ["b"]);
  });
  it("row 28: are none when there is nothing", () => {
    assert.deepEqual(names(), []);
    assert.deepEqual(names(slice()), []);
  });
});
