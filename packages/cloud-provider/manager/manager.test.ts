import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EVENTS, type Event, hasCode, NODES, SERVICES } from "@ccm/kube";
import { newNode, newService, READY, UNINITIALIZED } from "../testing/harness.ts";
import { createWorld, runs } from "./testing/world.ts";
import { UsageError } from "./usage-error.ts";

describe("the manager", () => {
  it("runs the four controllers: a node is initialised and routed, a Service gets its load balancer", async () => {
    const world = createWorld();
    const manager = world.launch("one");
    manager.cloud.machines.set("n1", { name: "n1" });
    const podCIDR = "10.244.1.0/24";
    const spec = { taints: [UNINITIALIZED], podCIDR, podCIDRs: [podCIDR] };
    await world.during(world.user.create(NODES, newNode("n1", { spec })));
    await world.during(world.user.create(SERVICES, newService("web")));
    await world.clock.advance(20_000);
    assert.deepEqual([...manager.cloud.routeTable.keys()], ["n1 10.244.1.0/24"]);
    assert.deepEqual(
      [...manager.cloud.balancers.values()].map(({ backends }) => backends),
      [["n1"]],
    );
    await manager.terminate();
    assert.equal(manager.outcome, "ended");
    assert.equal(manager.handlers[0]?.closed, true);
    world.close();
  });

  it("runs only the controllers asked for, and none that the cloud does not support", async () => {
    const world = createWorld();
    const manager = world.launch("one", { config: { controllers: ["service", "cloud-node"], clusterCidr: "" } });
    const running = (name: string) =>
      manager.metrics.value("running_managed_controllers", { name, manager: "cloud-controller-manager" });
    await world.clock.advance(10_000);
    assert.deepEqual(["service", "cloud-node", "cloud-node-lifecycle", "route"].map(running), [1, 1, 0, 0]);
    await manager.terminate();
    world.close();
  });

  it("watches Nodes and Services in protobuf, or in JSON when told so", async () => {
    for (const [content, expected] of [
      ["application/vnd.kubernetes.protobuf", "application/vnd.kubernetes.protobuf;stream=watch, application/json"],
      ["application/json", "application/json"],
    ] as const) {
      const world = createWorld();
      const manager = world.launch("one", { config: { kubeApiContentType: content } });
      await world.clock.advance(10_000);
      const asked = (path: string) => world.asked.filter((line) => line.startsWith(`GET ${path} `));
      assert.deepEqual(asked("/api/v1/nodes"), [`GET /api/v1/nodes ${expected}`]);
      assert.deepEqual(asked("/api/v1/services"), [`GET /api/v1/services ${expected}`]);
      await manager.terminate();
      world.close();
    }
  });

  it("initialises the provider once, before the first controller", async () => {
    const world = createWorld();
    const order: string[] = [];
    const manager = world.launch("one", {
      provider: {
        async initialize(context) {
          order.push(`initialize ${context.clusterName}`);
        },
      },
    });
    await world.during(world.user.create(SERVICES, newService("web")));
    await world.clock.advance(10_000);
    order.push(...manager.cloud.calls.map(({ method }) => method).slice(0, 1));
    assert.equal(order[0], "initialize kubernetes");
    assert.equal(order.length, 2);
    await manager.terminate();
    world.close();
  });

  it("serves its health, with a check for the election and each controller while it leads", async () => {
    const world = createWorld();
    const leader = world.launch("one");
    await world.clock.advance(10_000);
    const follower = world.launch("two");
    await world.clock.advance(10_000);
    const verbose = (manager: typeof leader) => manager.get("/healthz?verbose");
    assert.equal(
      await verbose(leader),
      [
        "200 [+]leaderElection ok",
        "[+]cloud-node-controller ok",
        "[+]cloud-node-lifecycle-controller ok",
        "[+]node-route-controller ok",
        "[+]service-lb-controller ok",
        "healthz check passed\n",
      ].join("\n"),
    );
    assert.equal(await verbose(follower), "200 [+]leaderElection ok\nhealthz check passed\n");
    assert.equal(leader.handlers[0]?.port, 10258);
    await leader.terminate();
    await follower.terminate();
    world.close();
  });

  it("does not start without what it needs, and says which flag is missing", async () => {
    const world = createWorld();
    const outcomes = [
      world.launch("cidr", { config: { clusterCidr: "" } }),
      world.launch("untagged", { provider: { hasClusterId: false } }),
    ];
    await world.clock.advance(1000);
    const [cidr, untagged] = outcomes.map(({ outcome }) => outcome);
    assert.ok(cidr instanceof UsageError);
    assert.match(cidr.message, /^--cluster-cidr "": missing, but the route controller needs it/);
    assert.match(String(untagged), /--allow-untagged-cloud/);
    world.network = false;
    const lonely = world.launch("lonely");
    await world.clock.advance(60_000);
    assert.match(String(lonely.outcome), /no route to host/);
    world.close();
  });
});

describe("two managers", () => {
  it("never work at the same time, and one takes over at once when the other is stopped", async () => {
    const world = createWorld();
    const [one, two] = [world.launch("one"), world.launch("two")];
    await world.clock.advance(10_000);
    assert.equal(runs(one) + runs(two), 1);
    const [leader, follower] = runs(one) === 1 ? [one, two] : [two, one];
    assert.equal(follower.cloud.count(), 0);
    await leader.terminate();
    assert.equal(runs(leader), 0);
    assert.equal(await world.holder(), "");
    await world.clock.advance(5000);
    assert.equal(runs(follower), 1);
    await follower.terminate();
    world.close();
  });

  it("write their last Events before they end", async () => {
    const world = createWorld();
    const one = world.launch("one");
    await world.clock.advance(10_000);
    await one.terminate();
    one.kill();
    const events = await world.during(world.user.list<Event>(EVENTS));
    const told = events.items.map(({ message = "" }) => message.replace(/^one_\S+ /, ""));
    assert.deepEqual(told.sort(), ["became leader", "stopped leading"]);
    world.close();
  });

  it("change over when the leader is killed, after its lease has run out and not before", async () => {
    const world = createWorld();
    const one = world.launch("one");
    await world.clock.advance(10_000);
    const two = world.launch("two");
    await world.clock.advance(10_000);
    one.kill();
    await world.clock.advance(12_000);
    assert.equal(runs(two), 0);
    await world.clock.advance(10_000);
    assert.equal(runs(two), 1);
    assert.match(await world.holder(), /^two_/);
    await world.during(world.user.create(SERVICES, newService("web")));
    await world.clock.advance(5000);
    assert.equal(two.cloud.balancers.size, 1);
    await two.terminate();
    world.close();
  });

  it("change over when the leader cannot renew: it ends with an error before its lease has run out", async () => {
    const world = createWorld();
    const one = world.launch("one");
    await world.clock.advance(10_000);
    world.network = false;
    await world.clock.advance(14_000);
    assert.ok(hasCode(one.outcome, "lost_lease"), String(one.outcome));
    assert.equal(runs(one), 0);
    world.close();
  });
});

describe("an idle cluster", () => {
  it("costs the cloud the same few calls however many nodes it has", async () => {
    const cost = async (count: number): Promise<Record<string, number>> => {
      const world = createWorld();
      const manager = world.launch("one", { config: { serviceDriftPeriod: 0 } });
      for (let i = 0; i < count; i++) {
        const name = `n${i}`;
        const podCIDR = `10.244.${i}.0/24`;
        manager.cloud.machines.set(name, { name });
        const node = newNode(name, { spec: { providerID: `fake://${name}`, podCIDR, podCIDRs: [podCIDR] } });
        await world.during(world.user.create(NODES, node));
        const body = { status: { conditions: [READY] } };
        const patch = { type: "strategic", body } as const;
        await world.during(world.user.patch(NODES, { name }, patch, { subresource: "status" }));
      }
      await world.during(world.user.create(SERVICES, newService("web")));
      await world.clock.advance(60_000);
      manager.cloud.resetCalls();
      await world.clock.advance(600_000);
      const methods = manager.cloud.calls.map(({ method }) => method);
      await manager.terminate();
      world.close();
      return Object.fromEntries(
        Object.entries(Object.groupBy(methods, (method) => method)).map(([method, calls]) => [method, calls.length]),
      );
    };
    const few = await cost(3);
    assert.deepEqual(await cost(150), few);
    // Ten minutes: all addresses each five, all routes once.
    assert.deepEqual(few, { lookupMany: 2, listRoutes: 1 });
  });
});
