import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Node, NodeAddress } from "@ccm/kube";
import fc from "fast-check";
import type { Route } from "../contract.ts";
import { newNode, UNINITIALIZED } from "../testing/harness.ts";
import { isResponsibleFor, parseClusterCidrs } from "./cluster-cidrs.ts";
import { isRouteFor, planRoutes } from "./plan.ts";

const CLUSTER = parseClusterCidrs("10.120.0.0/16,a00::/8");
const node = (name: string, ...podCIDRs: string[]): Node =>
  newNode(name, { spec: { providerID: `fake://${name}`, podCIDRs } });
const route = (targetNode: string, destinationCidr: string, blackhole = false): Route => ({
  name: `${targetNode}/${destinationCidr}/${blackhole}`,
  targetNode,
  destinationCidr,
  blackhole,
});
const text = ({ add, remove }: ReturnType<typeof planRoutes>) => ({
  add: add.map(({ node: to, cidr }) => `${to.metadata.name} ${cidr}`),
  remove: remove.map(({ targetNode, destinationCidr }) => `${targetNode} ${destinationCidr}`),
});
const n1 = node("n1", "10.120.0.0/24", "a00:100::/24");
const n2 = node("n2", "10.120.1.0/24");

describe("the plan of routes", () => {
  it("adds what is missing for each CIDR of each node", () => {
    assert.deepEqual(text(planRoutes([], [n1, n2], CLUSTER)), {
      add: ["n1 10.120.0.0/24", "n1 a00:100::/24", "n2 10.120.1.0/24"],
      remove: [],
    });
  });

  it("exchanges routes that point to the wrong node", () => {
    const swapped = [route("n2", "10.120.0.0/24"), route("n1", "10.120.1.0/24")];
    assert.deepEqual(text(planRoutes(swapped, [node("n1", "10.120.0.0/24"), n2], CLUSTER)), {
      add: ["n1 10.120.0.0/24", "n2 10.120.1.0/24"],
      remove: ["n2 10.120.0.0/24", "n1 10.120.1.0/24"],
    });
  });

  it("removes routes of nodes that are gone and black holes, and leaves alone what is not the cluster's", () => {
    const routes = [
      route("gone", "10.120.9.0/24"),
      route("", "10.120.8.0/24", true),
      route("", "10.1.2.0/24", true),
      route("gone", "192.168.0.0/24"),
      route("gone", "no CIDR"),
    ];
    assert.deepEqual(text(planRoutes(routes, [], CLUSTER)), {
      add: [],
      remove: ["gone 10.120.9.0/24", " 10.120.8.0/24"],
    });
  });

  it("replaces a black hole and keeps one of two equal routes", () => {
    const routes = [route("n2", "10.120.1.0/24", true), route("n2", "10.120.1.0/24"), route("n2", "10.120.1.0/24")];
    const plan = planRoutes(routes, [n2], CLUSTER);
    assert.deepEqual(plan.add, []);
    assert.deepEqual(plan.remove, [routes[0], routes[2]]);
  });

  it("asks once for a CIDR that a node lists twice", () => {
    const nodes = [node("n3", "10.120.1.0/24", "10.120.1.0/24")];
    assert.deepEqual(text(planRoutes([], nodes, CLUSTER)).add, ["n3 10.120.1.0/24"]);
  });

  it("lets a node that has not met the cloud wait, and keeps the route it has", () => {
    const fresh = (name: string, podCIDR: string) => newNode(name, { spec: { podCIDR, taints: [UNINITIALIZED] } });
    const nodes = [fresh("n4", "10.120.2.0/24"), fresh("n5", "10.120.3.0/24")];
    const plan = planRoutes([route("n4", "10.120.2.0/24")], nodes, CLUSTER);
    assert.deepEqual(text(plan), { add: [], remove: [] });
    assert.deepEqual(plan.later, [{ node: nodes[1], cidr: "10.120.3.0/24" }]);
  });

  it("asks for a node without provider ID when nobody is about to initialise it", () => {
    const nodes = [newNode("n4", { spec: { podCIDR: "10.120.2.0/24" } })];
    assert.deepEqual(text(planRoutes([], nodes, CLUSTER)).add, ["n4 10.120.2.0/24"]);
  });

  it("gives no routes to nodes that are to have none, and takes those they have", () => {
    const plan = planRoutes(
      [route("n2", "10.120.1.0/24")],
      [n1, n2],
      CLUSTER,
      ({ metadata }) => metadata.name === "n1",
    );
    assert.deepEqual(text(plan), {
      add: ["n1 10.120.0.0/24", "n1 a00:100::/24"],
      remove: ["n2 10.120.1.0/24"],
    });
  });

  it("replaces a route to addresses when they are not the node's, in whatever order", () => {
    const [v4, v6] = [
      { type: "InternalIP", address: "10.0.0.1" },
      { type: "InternalIP", address: "fd00::1" },
    ] as const;
    const to = (...targetNodeAddresses: readonly NodeAddress[]) => {
      return { ...route("n2", "10.120.1.0/24"), enableNodeAddresses: true, targetNodeAddresses };
    };
    const here = { ...n2, status: { addresses: [v4, v6] } };
    const kept = { add: [], remove: [] };
    const replaced = { add: ["n2 10.120.1.0/24"], remove: ["n2 10.120.1.0/24"] };
    assert.deepEqual(text(planRoutes([to(v6, v4)], [here], CLUSTER)), kept);
    const other = { ...v6, address: "fd00::2" };
    for (const wrong of [to(), to(v4), to(v4, other), to(v4, v6, other)]) {
      assert.deepEqual(text(planRoutes([wrong], [here], CLUSTER)), replaced);
      assert.deepEqual(text(planRoutes([{ ...wrong, enableNodeAddresses: false }], [here], CLUSTER)), kept);
    }
  });

  it("once carried out is empty, and touches nothing outside of the cluster's CIDRs", () => {
    const cidr = fc.constantFrom("10.120.0.0/24", "10.120.1.0/24", "10.120.2.0/24", "10.9.0.0/24", "a00:100::/24");
    const name = fc.constantFrom("n1", "n2", "n3", "");
    const routes = fc.array(
      fc.record({
        to: name,
        cidr,
        hole: fc.boolean(),
        enableNodeAddresses: fc.boolean(),
        ip: fc.constantFrom("1", "2"),
      }),
      { maxLength: 8 },
    );
    const nodes = fc.uniqueArray(fc.record({ name: fc.constantFrom("n1", "n2", "n3"), cidrs: fc.array(cidr) }), {
      selector: (one) => one.name,
    });
    fc.assert(
      fc.property(routes, nodes, (someRoutes, someNodes) => {
        const addresses = (address: string) => [{ type: "InternalIP", address }] as const;
        const present = someRoutes.map(({ to, cidr: dest, hole, enableNodeAddresses, ip }, i) => ({
          ...route(to, dest, hole),
          name: String(i),
          enableNodeAddresses,
          targetNodeAddresses: addresses(ip),
        }));
        const status = { addresses: addresses("1") };
        const wanted = someNodes.map((one) => ({ ...node(one.name, ...one.cidrs), status }));
        const plan = planRoutes(present, wanted, CLUSTER);
        const after = [
          ...present.filter((one) => !plan.remove.includes(one)),
          ...plan.add.map(({ node: to, cidr: dest }) => route(to.metadata.name ?? "", dest)),
        ];
        assert.deepEqual(text(planRoutes(after, wanted, CLUSTER)), { add: [], remove: [] });
        for (const { destinationCidr } of plan.remove) assert.ok(isResponsibleFor(destinationCidr, CLUSTER));
        for (const one of someNodes) {
          for (const dest of one.cidrs) {
            const good = after.filter((r) => isRouteFor(r, { node: { ...node(one.name), status }, cidr: dest }));
            assert.ok(good.length > 0, `${one.name} has a route for ${dest}`);
          }
        }
      }),
    );
  });
});

describe("the controller is responsible", () => {
  const cases: readonly (readonly [cluster: string, cidr: string, responsible: boolean])[] = [
    ["10.244.0.0/16", "10.244.0.0/24", true],
    ["10.244.0.0/16", "10.244.255.0/24", true],
    ["10.244.0.0/14", "10.247.255.0/24", true],
    ["10.244.0.0/16", "10.0.0.0/8", false],
    ["10.244.0.0/16", "10.224.0.0/24", false],
    ["10.244.0.0/14", "10.243.255.0/24", false],
    ["a00:100::/10", "b00:100::/24", false],
    ["10.244.0.0/16,a00::/8", "a00:1::/32", true],
  ];
  for (const [cluster, cidr, responsible] of cases) {
    it(`${responsible ? "" : "not "}for ${cidr} in ${cluster}`, () => {
      assert.equal(isResponsibleFor(cidr, parseClusterCidrs(cluster)), responsible);
    });
  }
});

describe("--cluster-cidr", () => {
  for (const bad of ["", "10.0.0.0", "10.0.0.0/8,11.0.0.0/8", "10.0.0.0/8,a::/8,b::/8", "10.0.0.0/33"]) {
    it(`"${bad}" is refused by the flag's name`, () => {
      assert.throws(() => parseClusterCidrs(bad), /^RangeError: --cluster-cidr ".*: expected one CIDR, or /);
    });
  }
});
