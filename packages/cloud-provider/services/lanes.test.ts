import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep } from "@ccm/base";
import type { Service } from "@ccm/kube";
import { defaultConfig } from "../manager/config.ts";
import { newService } from "../testing/harness.ts";
import { type Bench, FINALIZER, type StartOptions, start } from "./testing.ts";

const { concurrentServiceSyncs, kubeApiQps, kubeApiBurst } = defaultConfig("fake");
/** A manager with our defaults in front of a cloud that takes two seconds for each load balancer. */
const DEFAULTS: StartOptions = {
  workers: concurrentServiceSyncs,
  qps: kubeApiQps,
  burst: kubeApiBurst,
  latencyMs: 2000,
};
/** As a manager before this one left it. */
const settled = (name: string, address: string): Service => ({
  ...newService(name, {}, { finalizers: [FINALIZER] }),
  status: {
    loadBalancer: { ingress: [{ ip: address }] },
    conditions: [
      {
        type: "LoadBalancerReady",
        status: "True",
        reason: "EnsuredLoadBalancer",
        message: "The load balancer is as the Service asks for.",
        lastTransitionTime: "2026-01-01T00:00:00Z",
      },
    ],
  },
});
const thousand = (): readonly Service[] =>
  Array.from({ length: 1000 }, (_, i) => settled(`s${i}`, `192.0.2.${(i % 250) + 1}`));
/** Keeps the address that the Service has, as a cloud does. */
const KEEPS: Pick<StartOptions, "cloud"> = {
  cloud: (fake) => ({
    ensure: async (request) => {
      const result = await fake.ensure(request);
      return { ...result, status: request.service.status?.loadBalancer ?? result.status };
    },
  }),
};

describe("a user", () => {
  it("who makes 100 load balancers of two seconds each has all addresses in six, with our defaults", async () => {
    const bench = await start(DEFAULTS);
    const names = Array.from({ length: 100 }, (_, i) => `s${i}`);
    const since = bench.clock.monotonic();
    for (const name of names) await bench.create(newService(name));
    const done = () => bench.requests.filter(({ body }) => body.includes('"ingress"')).length === names.length;
    assert.ok(await bench.clock.advanceUntil(done, 60_000));
    const seconds = (bench.clock.monotonic() - since) / 1000;
    assert.ok(seconds <= 6, `${seconds} s`);
    await bench.close();
  });

  for (const [what, name] of [
    ["that is not looked at yet", "s999"],
    ["that is just being looked at", "s1"],
  ] as const) {
    it(`who edits one of 1000 Services during a resync, one ${what}, is served in three seconds`, async () => {
      const bench = await start({ ...DEFAULTS, services: thousand(), ...KEEPS });
      await bench.clock.advance(300);
      const since = bench.clock.monotonic();
      await bench.patch({ spec: { ports: [{ name: "http", port: 8080 }] } }, name);
      const served = () =>
        [...bench.cloud.balancers.values()].some(
          ({ service, ports }) => service === `default/${name}` && ports[0] === 8080,
        );
      assert.ok(await bench.clock.advanceUntil(served, 60_000));
      const seconds = (bench.clock.monotonic() - since) / 1000;
      assert.ok(seconds <= 3, `${seconds} s`);
      await bench.close();
    });
  }
});

describe("a restart with 1000 healthy Services", () => {
  it("looks at each once and writes nothing, there or here, and tells nothing", async () => {
    const bench = await start({ ...DEFAULTS, services: thousand(), ...KEEPS });
    await bench.seconds(120);
    assert.equal(bench.cloud.count("ensure"), 1000);
    assert.equal(new Set(bench.cloud.calls.map(({ about }) => about[0])).size, 1000);
    assert.deepEqual(bench.requests, []);
    assert.deepEqual(await bench.events("s0"), []);
    await bench.close();
  });

  it("leaves a fifth of the workers to users", async () => {
    const bench = await start({ ...DEFAULTS, services: thousand(), ...KEEPS });
    await bench.seconds(60);
    assert.equal(bench.cloud.peak, concurrentServiceSyncs - concurrentServiceSyncs / 5);
    await bench.close();
  });
});

describe("what waits", () => {
  /** Names of the Services in the order in which the cloud is called about them, with the lane it is told. */
  const order = (bench: Bench, lanes: readonly string[]) =>
    bench.cloud.calls.map(({ method, about }, i) => `${method} ${about[0]?.replace("default/", "")} ${lanes[i] ?? ""}`);

  it("is served in this order: what a user did, a change of nodes, what failed, what nobody waits for; and the cloud is told", async () => {
    const lanes: string[] = [];
    const note = (lane: string | undefined) => lanes.push(lane ?? "");
    const bench = await start({
      workers: 1,
      latencyMs: 10_000,
      services: [
        ...["x", "y", "z"].map((name, i) => settled(name, `192.0.2.${i + 1}`)),
        newService("a"),
        newService("b"),
      ],
      cloud: (fake) => ({
        ensure: async (request) => {
          note(request.lane);
          const result = await fake.ensure(request);
          if (request.service.metadata.name === "b" && bench.cloud.count() === 2) throw new Error("busy");
          return result;
        },
        updateBackends: (request) => {
          note(request.lane);
          return fake.updateBackends(request);
        },
      }),
    });
    await bench.seconds(5);
    await bench.addNode("n3");
    await bench.seconds(7);
    await bench.create(newService("c"));
    await bench.seconds(100);
    assert.deepEqual(order(bench, lanes), [
      "ensure a user",
      "ensure b user",
      "ensure c user",
      "updateBackends a backend",
      "ensure b backend",
      "ensure x resync",
      "ensure y resync",
      "ensure z resync",
    ]);
    await bench.close();
  });

  it("at the start begins with deletions and new Services, goes on with what failed, and ends with what is healthy", async () => {
    const failing = {
      type: "LoadBalancerReady",
      status: "False",
      reason: "SyncLoadBalancerFailed",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    const healthy = settled("a-healthy", "192.0.2.1");
    const bench = await start({
      workers: 1,
      services: [
        healthy,
        { ...settled("failing", "192.0.2.2"), status: { ...healthy.status, conditions: [failing] } },
        newService("old", { type: "ClusterIP" }, { finalizers: [FINALIZER] }),
        newService("fresh"),
      ],
    });
    await bench.seconds(5);
    assert.deepEqual(bench.methods(), ["ensure", "ensureDeleted", "ensure", "ensure"]);
    assert.deepEqual(
      bench.cloud.calls.map(({ about }) => about[0]?.replace("default/", "")),
      ["fresh", "old", "failing", "a-healthy"],
    );
    await bench.close();
  });

  it("is not lost when it waits for a change of nodes as well as for a look that the cloud asked for", async () => {
    const bench = await start({
      workers: 1,
      cloud: (fake) => ({
        ensure: async (request) => {
          if (request.service.metadata.name === "slow") await sleep(bench.clock, 10_000, request.signal);
          return fake.ensure(request);
        },
      }),
    });
    bench.cloud.fail("ensure", new Error("busy"));
    await bench.create(newService("web"));
    await bench.seconds(1);
    await bench.create(newService("slow"));
    await bench.addNode("n3");
    bench.cloud.lookAgain("default/web", 7000);
    await bench.seconds(60);
    assert.equal(bench.calls().filter((call) => call === "ensure web: n1 n2 n3").length, 2);
    await bench.close();
  });

  it("is not told to the cloud when it came and went before its turn", async () => {
    const bench = await start({
      workers: 1,
      cloud: (fake) => ({
        ensure: async (request) => {
          if (request.service.metadata.name === "slow") await sleep(bench.clock, 10_000, request.signal);
          return fake.ensure(request);
        },
      }),
    });
    await bench.create(newService("web"));
    await bench.seconds(5);
    await bench.create(newService("slow"));
    await bench.addNode("n3");
    await bench.seconds(3);
    await bench.removeNode("n3");
    await bench.seconds(30);
    assert.deepEqual(bench.calls(), ["ensure web: n1 n2", "ensure slow: n1 n2"]);
    await bench.close();
  });

  it("does not wait for a load balancer that takes for ever", async () => {
    const bench = await start({
      workers: 4,
      cloud: (fake) => ({
        updateBackends: async (request) => {
          if (request.service.metadata.name === "slow") await sleep(bench.clock, 3_600_000, request.signal);
          return fake.updateBackends(request);
        },
      }),
    });
    for (const name of ["slow", "a", "b"]) await bench.create(newService(name));
    await bench.seconds(5);
    for (const node of ["n3", "n4"]) {
      await bench.addNode(node);
      await bench.seconds(5);
      for (const { service, backends } of bench.cloud.balancers.values()) {
        if (service !== "default/slow") assert.ok(backends.includes(node), `${service} has ${node}`);
      }
    }
    await bench.close();
  });
});
