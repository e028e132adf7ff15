/** The cases of upstream's own route controller tests, by their ids, against ours. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EVENTS, type Event, type InformerHandler, KubeError, type Node } from "@ccm/kube";
import type { ControllerContext } from "../context.ts";
import type { Route } from "../contract.ts";
import { CloudError } from "../error.ts";
import type { Harness } from "../testing/harness.ts";
import { CREATED, conditionOf, FAILED, presentRoute, routedNode, routesIn, startScene } from "./testing/scene.ts";

/** Long enough for all passes that something now causes, and shorter than any period. */
const SOON_MS = 9000;

async function settled(options: Parameters<typeof startScene>[0]): Promise<Harness> {
  const harness = await startScene(options);
  await harness.clock.advance(SOON_MS);
  return harness;
}

describe("upstream's cases: responsibility", () => {
  const rows: readonly (readonly [id: string, cluster: string, route: string, responsible: boolean])[] = [
    ["RR-71: (RR01)", "10.244.0.0/16", "10.244.0.0/24", true],
    ["RR-73: (RR03)", "10.244.0.0/16", "10.244.255.0/24", true],
    ["RR-74: (RR04)", "10.244.0.0/14", "10.244.0.0/24", true],
    ["RR-75: (RR05)", "10.244.0.0/14", "10.247.255.0/24", true],
    ["RR-77: (RR07)", "10.244.0.0/16", "10.224.0.0/24", false],
    ["RR-78: (RR08)", "10.244.0.0/16", "10.0.10.0/24", false],
    ["RR-79: (RR09)", "10.244.0.0/16", "10.255.255.0/24", false],
    ["RR-81: (RR11)", "10.244.0.0/14", "10.243.255.0/24", false],
    ["RR-82: (RR12)", "a00:100::/10", "b00:100::/24", false],
  ];
  for (const [id, clusterCidr, cidr, responsible] of rows) {
    it(`${id} a stale route to ${cidr} is ${responsible ? "removed" : "left alone"} when the cluster has ${clusterCidr}`, async () => {
      const harness = await settled({ clusterCidr, present: [presentRoute("gone", cidr)] });
      assert.equal(harness.cloud.routeTable.size, responsible ? 0 : 1);
      await harness.close();
    });
  }
});

const n1 = routedNode("node-1", ["10.120.0.0/24"], "10.0.1.1");
const n2 = routedNode("node-2", ["10.120.1.0/24"], "10.0.2.1");
const n3 = routedNode("node-3", ["10.120.0.0/24", "a00:100::/24"], "10.0.3.1");
const n4 = routedNode("node-4", ["10.120.1.0/24", "a00:200::/24"], "10.0.4.1");
const via = (ip: string): Partial<Route> => ({ targetNodeAddresses: [{ type: "InternalIP", address: ip }] });
const SINGLE: readonly Route[] = [
  presentRoute("node-1", "10.120.0.0/24", via("10.0.1.1")),
  presentRoute("node-2", "10.120.1.0/24", via("10.0.2.1")),
];
const DUAL: readonly Route[] = [
  presentRoute("node-3", "10.120.0.0/24", via("10.0.3.1")),
  presentRoute("node-3", "a00:100::/24", via("10.0.3.1")),
  presentRoute("node-4", "10.120.1.0/24", via("10.0.4.1")),
  presentRoute("node-4", "a00:200::/24", via("10.0.4.1")),
];
const byAddress = (routes: readonly Route[], ...ips: readonly string[]): readonly Route[] =>
  routes.map((route, i) => {
    const ip = ips[i];
    const targetNodeAddresses = ip ? [{ type: "InternalIP" as const, address: ip }] : [];
    return { ...route, enableNodeAddresses: true, targetNodeAddresses };
  });
const FULL_SINGLE = ["node-1 10.120.0.0/24 via 10.0.1.1", "node-2 10.120.1.0/24 via 10.0.2.1"];
const FULL_DUAL = [
  "node-3 10.120.0.0/24 via 10.0.3.1",
  "node-3 a00:100::/24 via 10.0.3.1",
  "node-4 10.120.1.0/24 via 10.0.4.1",
  "node-4 a00:200::/24 via 10.0.4.1",
];

describe("upstream's cases: reconcile", () => {
  interface Row {
    readonly dual?: boolean;
    readonly present: readonly Route[];
    readonly expected: readonly string[];
    /** [creations, deletions] */
    readonly calls: readonly [number, number];
  }
  const rows: Readonly<Record<string, Row>> = {
    "RC-83: (RC01) dual stack, routes by address without addresses are made again with them": {
      dual: true,
      present: byAddress(DUAL),
      expected: FULL_DUAL,
      calls: [4, 4],
    },
    "RC-85: (RC03) dual stack, no routes: one is made for each node and CIDR": {
      dual: true,
      present: [],
      expected: FULL_DUAL,
      calls: [4, 0],
    },
    "RC-86: (RC04) dual stack, all there: unchanged": {
      dual: true,
      present: DUAL,
      expected: FULL_DUAL,
      calls: [0, 0],
    },
    "RC-87: (RC05) dual stack, swapped routes are exchanged": {
      dual: true,
      present: [
        presentRoute("node-3", "10.120.1.0/24"),
        presentRoute("node-3", "a00:200::/24"),
        presentRoute("node-4", "10.120.0.0/24"),
        presentRoute("node-4", "a00:100::/24"),
      ],
      expected: FULL_DUAL,
      calls: [4, 4],
    },
    "RC-89: (RC07) dual stack, routes of nodes that are not there are removed": {
      dual: true,
      present: [...DUAL, presentRoute("node-x", "10.120.2.0/24"), presentRoute("node-y", "a00:300::/24")],
      expected: FULL_DUAL,
      calls: [0, 2],
    },
    "RC-90: (RC08) all there: unchanged": { present: SINGLE, expected: FULL_SINGLE, calls: [0, 0] },
    "RC-91: (RC09) routes to other addresses are replaced": {
      present: byAddress(SINGLE, "10.0.1.2", "10.0.2.2"),
      expected: FULL_SINGLE,
      calls: [2, 2],
    },
    "RC-93: (RC11) no routes: both are made": { present: [], expected: FULL_SINGLE, calls: [2, 0] },
    "RC-94: (RC12) routes of nodes that are not there are removed": {
      present: [...SINGLE, presentRoute("node-3", "10.120.2.0/24"), presentRoute("node-4", "10.120.3.0/24")],
      expected: FULL_SINGLE,
      calls: [0, 2],
    },
    "RC-95: (RC13) one right, one stale, one missing": {
      present: [...SINGLE.slice(0, 1), presentRoute("node-3", "10.120.2.0/24")],
      expected: FULL_SINGLE,
      calls: [1, 1],
    },
    "RC-97: (RC15) a black hole inside of the cluster's CIDR is removed": {
      present: [...SINGLE, presentRoute("", "10.120.2.0/24")],
      expected: FULL_SINGLE,
      calls: [0, 1],
    },
    "RC-98: (RC16) a black hole outside of the cluster's CIDR is kept": {
      present: [...SINGLE, presentRoute("", "10.1.2.0/24")],
      expected: [" 10.1.2.0/24 via ", ...FULL_SINGLE],
      calls: [0, 0],
    },
  };
  for (const [name, { dual = false, present, expected, calls }] of Object.entries(rows)) {
    it(name, async () => {
      const clusterCidr = dual ? "10.120.0.0/16,ace:cab:deca::/8" : "10.120.0.0/16";
      const harness = await settled({ clusterCidr, nodes: dual ? [n3, n4] : [n1, n2], present });
      assert.deepEqual(routesIn(harness), expected);
      assert.deepEqual([harness.cloud.count("createRoute"), harness.cloud.count("deleteRoute")], calls);
      for (const node of dual ? ["node-3", "node-4"] : ["node-1", "node-2"]) {
        assert.equal(await conditionOf(harness, node), CREATED);
      }
      await harness.close();
    });
  }

  it("RC-99: (RC17) deviates: a CIDR that a node has twice is asked for once, so that no Event tells of a failure", async () => {
    const twice = routedNode("node-4", ["10.120.1.0/24", "10.120.1.0/24"], "10.0.4.1");
    const harness = await settled({ clusterCidr: "10.120.0.0/16", context: withNodes([twice]).context });
    assert.deepEqual(routesIn(harness), ["node-4 10.120.1.0/24 via 10.0.4.1"]);
    assert.equal(harness.cloud.count("createRoute"), 1);
    assert.deepEqual(await harness.events("node-4"), []);
    await harness.close();
  });

  it("RC-99: (RC17) an Event about a route names the API version of the Node", async () => {
    const before = ({ cloud }: Harness) => cloud.fail("createRoute", new CloudError("permanent", "full"));
    const harness = await settled({ clusterCidr: "10.120.0.0/16", nodes: [n1], before });
    const { items } = await harness.during(harness.user.list<Event>(EVENTS));
    assert.deepEqual(
      items.map(({ involvedObject: { apiVersion, kind, name, uid } }) => [apiVersion, kind, name, typeof uid]),
      [["v1", "Node", "node-1", "string"]],
    );
    await harness.close();
  });
});

/** A list of Nodes of our own making in place of the API server's, and the handlers that listen to it. */
function withNodes(list: readonly Node[]) {
  const handlers: InformerHandler<Node>[] = [];
  const context = (given: ControllerContext): ControllerContext => ({
    ...given,
    nodes: {
      run: async () => {},
      synced: true,
      waitForSync: async () => {},
      get: (name) => list.find(({ metadata }) => metadata.name === name),
      list: () => list,
      subscribe(handler) {
        handlers.push(handler);
        for (const node of list) handler.add?.(node);
        return () => {};
      },
    },
  });
  return { context, handlers };
}

describe("upstream's cases: which node updates are looked at", () => {
  const old: Node = { ...n1, metadata: { ...n1.metadata, uid: "01", resourceVersion: "1" } };
  const rows: readonly (readonly [name: string, after: Node, passes: number])[] = [
    [
      "RW-101: (RW02) other Pod CIDRs make a pass",
      { ...old, metadata: { ...old.metadata, resourceVersion: "2" }, spec: { podCIDRs: ["10.121.0.0/24"] } },
      1,
    ],
    [
      "RW-102: (RW03) deviates: a resync's identical object makes none, for full passes have a timer of their own",
      old,
      0,
    ],
    [
      "RW-103: (RW04) other images make none",
      {
        ...old,
        metadata: { ...old.metadata, resourceVersion: "2" },
        status: { ...old.status, images: [{ names: ["web:1"], sizeBytes: 1 }] } as Node["status"],
      } as Node,
      0,
    ],
  ];
  for (const [name, after, passes] of rows) {
    it(name, async () => {
      const { context, handlers } = withNodes([old]);
      const harness = await settled({ clusterCidr: "10.120.0.0/16", context });
      harness.cloud.resetCalls();
      for (const handler of handlers) handler.update?.(old, after);
      await harness.clock.advance(SOON_MS);
      assert.equal(harness.cloud.count("listRoutes"), passes);
      await harness.close();
    });
  }
});

describe("upstream's cases: the condition NetworkUnavailable", () => {
  const rows: readonly (readonly [name: string, current: string | undefined, created: boolean, patched: boolean])[] = [
    ["RN-105: (RN02) none, not created: written", undefined, false, true],
    ["RN-106: (RN03) False/RouteCreated, created: not written", "False RouteCreated", true, false],
    ["RN-107: (RN04) False of somebody else, created: written", "False CalicoIsUp", true, true],
    ["RN-109: (RN06) True for another reason, not created: written", "True SomeOtherReason", false, true],
    ["RN-110: (RN07) False/RouteCreated, not created: written", "False RouteCreated", false, true],
    ["RN-111: (RN08) True/NoRouteCreated, not created: not written", "True NoRouteCreated", false, false],
  ];
  for (const [name, current, created, patched] of rows) {
    it(name, async () => {
      const [status, reason] = current?.split(" ") ?? [];
      const message = "as it was";
      const conditions = status && reason ? [{ type: "NetworkUnavailable", status, reason, message }] : [];
      const node = { ...n1, status: { ...n1.status, conditions } } as Node;
      const before = ({ cloud }: Harness) => {
        if (!created) cloud.fail("createRoute", new CloudError("permanent", "full"), 99);
      };
      const harness = await settled({ clusterCidr: "10.120.0.0/16", nodes: [node], before });
      const patches = harness.requests.filter(
        ({ method, path }) => method === "PATCH" && path.endsWith("/node-1/status"),
      );
      assert.equal(patches.length, patched ? 1 : 0);
      const wanted = created ? CREATED : FAILED;
      assert.equal(await conditionOf(harness, "node-1"), patched ? wanted : `${current} as it was`);
      await harness.close();
    });
  }
});

describe("upstream's rules about routes", () => {
  it("DX-521: (DX60) a route whose CIDR cannot be parsed is ignored, never deleted", async () => {
    const harness = await settled({
      present: [presentRoute("gone", "10.244.0.0"), presentRoute("gone", "10.244.0.0/99")],
    });
    assert.equal(harness.cloud.routeTable.size, 2);
    assert.equal(harness.cloud.count("deleteRoute"), 0);
    await harness.close();
  });

  it("DX-522: (DX61) a route larger than the cluster's CIDR with its first, or last, address inside is removed", async () => {
    const clusterCidr = "10.244.0.0/16";
    const present = [presentRoute("gone", "10.244.0.0/15"), presentRoute("gone", "10.240.0.0/12")];
    const harness = await settled({ clusterCidr, present });
    assert.deepEqual([...harness.cloud.routeTable.values()], present.slice(1));
    await harness.close();
    const last = await settled({ clusterCidr: "10.255.0.0/16", present: [presentRoute("gone", "10.240.0.0/12")] });
    assert.equal(last.cloud.routeTable.size, 0);
    await last.close();
  });

  it("DX-523: (DX62) deviates: two conflicts and then a success is a route, and no Event, for nothing has failed", async () => {
    for (const conflict of [
      new CloudError("conflict", "busy"),
      new KubeError("conflict", "the object has been modified"),
    ]) {
      const before = ({ cloud }: Harness) => cloud.fail("createRoute", conflict, 2);
      const harness = await settled({ clusterCidr: "10.120.0.0/16", nodes: [n1], before });
      assert.equal(harness.cloud.count("createRoute"), 3);
      assert.equal(await conditionOf(harness, "node-1"), CREATED);
      assert.deepEqual(await harness.events("node-1"), []);
      await harness.close();
    }
  });

  it("DX-525: (DX64) 500 missing and 300 superfluous routes are never more than 200 calls at a time", async () => {
    const list = Array.from({ length: 500 }, (_, i) => routedNode(`n${i}`, [`10.${i >> 8}.${i & 255}.0/24`]));
    const present = Array.from({ length: 300 }, (_, i) => presentRoute("gone", `10.9.${i & 255}.${i >> 8}/32`));
    const flight = { now: 0, most: 0 };
    const counted = async (call: Promise<void>): Promise<void> => {
      flight.most = Math.max(flight.most, ++flight.now);
      await call.finally(() => flight.now--);
    };
    const harness = await settled({
      clusterCidr: "10.0.0.0/8",
      present,
      cloud: { latencyMs: 1000 },
      context: withNodes(list).context,
      wrap: (routes) => ({
        ...routes,
        create: (...args) => counted(routes.create(...args)),
        delete: (...args) => counted(routes.delete(...args)),
      }),
    });
    assert.equal(flight.most, 200);
    assert.deepEqual([harness.cloud.count("createRoute"), harness.cloud.count("deleteRoute")], [500, 300]);
    assert.equal(harness.cloud.routeTable.size, 500);
    await harness.close();
  });

  it("DX-526: (DX65) deviates: a deletion that fails is also told of by an Event; the condition does not mind, as upstream", async () => {
    const before = ({ cloud }: Harness) => cloud.fail("deleteRoute", new CloudError("retryable", "busy"));
    const present = [...SINGLE.slice(0, 1), presentRoute("node-1", "10.120.7.0/24")];
    const harness = await settled({ clusterCidr: "10.120.0.0/16", nodes: [n1], present, before });
    assert.equal(await conditionOf(harness, "node-1"), CREATED);
    assert.match((await harness.events("node-1")).join("|"), /^Warning FailedToDeleteRoute: [^|]+: busy$/);
    await harness.close();
  });

  it("DX-527: (DX66) a node with a stale route and no Pod CIDRs has no network, by its condition", async () => {
    const nodes = [routedNode("node-1", [], "10.0.1.1"), routedNode("node-2", [], "10.0.2.1")];
    const harness = await settled({
      clusterCidr: "10.120.0.0/16",
      nodes,
      present: [presentRoute("node-1", "10.120.7.0/24")],
    });
    assert.equal(await conditionOf(harness, "node-1"), FAILED);
    assert.equal(await conditionOf(harness, "node-2"), "");
    assert.equal(harness.cloud.routeTable.size, 0);
    await harness.close();
  });

  it("DX-529: (DX68) deviates: 100 node events in a second are at most three passes at once and one five seconds later", async () => {
    const { context, handlers } = withNodes([n1]);
    const harness = await settled({ clusterCidr: "10.120.0.0/16", context });
    await harness.clock.advance(60_000);
    harness.cloud.resetCalls();
    const start = harness.clock.monotonic();
    for (let event = 0; event < 100; event++) {
      for (const handler of handlers) handler.delete?.(n2);
      await harness.clock.advance(10);
    }
    await harness.clock.advance(60_000);
    const passes = harness.cloud.calls.map(({ at }) => at - start);
    assert.ok(passes.length <= 4, `${passes.length} passes`);
    assert.ok((passes[0] ?? Number.NaN) <= 200, "the first at once");
    assert.ok(
      (passes.at(-1) ?? Number.NaN) >= 1000 && (passes.at(-1) ?? Number.NaN) <= 7000,
      "one after the last event",
    );
    await harness.close();
  });
});
