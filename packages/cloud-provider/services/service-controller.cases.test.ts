/** Upstream's cases for one Service: a sync, its failures, its retries, what is remembered of it, what is written to it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refOf, type Service } from "@ccm/kube";
import { CloudError } from "../error.ts";
import { newService } from "../testing/harness.ts";
import { type Bench, FINALIZER, KEY, start } from "./testing.ts";

const kept = (spec: Service["spec"] = {}) => newService("web", spec, { finalizers: [FINALIZER] });
/** What a manager before this one wrote. */
const ADDRESS = { loadBalancer: { ingress: [{ ip: "8.8.8.8" }] } };
const ingressOf = async (bench: Bench) => (await bench.get()).status?.loadBalancer?.ingress ?? [];

describe("one sync", () => {
  it("SS-113: (SS01) of a ClusterIP without our finalizer asks the cloud nothing and writes nothing", async () => {
    const bench = await start({ services: [newService("web", { type: "ClusterIP" })] });
    await bench.seconds(5);
    assert.deepEqual([bench.calls(), bench.writes()], [[], []]);
    await bench.close();
  });

  for (const [id, protocol] of [
    ["SS-114: (SS02)", "UDP"],
    ["SS-115: (SS03)", "TCP"],
  ] as const) {
    it(`${id} of a load balancer with a ${protocol} port ensures, and writes finalizer and status`, async () => {
      const seen: Service[] = [];
      const bench = await start({
        cloud: (fake) => ({
          ensure: (request) => {
            seen.push(request.service);
            return fake.ensure(request);
          },
        }),
      });
      await bench.create(newService("web", { ports: [{ port: 80, protocol }] }));
      await bench.seconds(5);
      assert.deepEqual(bench.methods(), ["ensure"]);
      assert.deepEqual([seen[0]?.spec?.ports?.[0]?.port, seen[0]?.spec?.ports?.[0]?.protocol], [80, protocol]);
      assert.deepEqual([...bench.cloud.balancers.values()][0]?.ports, [80]);
      assert.equal(bench.writes().length, 2);
      await bench.close();
    });
  }

  it("SS-117: (SS05) of another class without our finalizer asks the cloud nothing and writes nothing", async () => {
    const bench = await start({ services: [newService("web", { loadBalancerClass: "example.com/custom" })] });
    await bench.seconds(5);
    assert.deepEqual([bench.calls(), bench.writes()], [[], []]);
    await bench.close();
  });

  it("SS-118: (SS06) deviates: of a ClusterIP with our finalizer deletes, and takes finalizer and status off in one write", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.seconds(5);
    const before = bench.writes().length;
    await bench.patch({ spec: { type: "ClusterIP" } });
    await bench.seconds(5);
    assert.deepEqual(bench.methods(), ["ensure", "ensureDeleted"]);
    assert.equal(bench.writes().length, before + 1);
    assert.deepEqual([(await bench.get()).metadata.finalizers ?? [], await ingressOf(bench)], [[], []]);
    await bench.close();
  });

  it("SS-119: (SS07) deviates: of a deleted one deletes, and one write lets it go", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.seconds(5);
    const before = bench.writes().length;
    await bench.remove();
    await bench.seconds(5);
    assert.deepEqual(bench.methods(), ["ensure", "ensureDeleted"]);
    assert.equal(bench.writes().length, before + 1);
    assert.equal(await bench.exists(), false);
    await bench.close();
  });
});

describe("processing", () => {
  it("SX-146: (SX01) a valid Service of which nothing is known yet works", async () => {
    const bench = await start({ services: [newService("web")] });
    await bench.seconds(5);
    assert.equal((await ingressOf(bench)).length, 1);
    await bench.close();
  });

  it("SX-147: (SX02) another loadBalancerIP reaches the cloud", async () => {
    const asked: (string | undefined)[] = [];
    const bench = await start({
      cloud: (fake) => ({
        ensure: (request) => {
          asked.push(request.service.spec?.loadBalancerIP);
          return fake.ensure(request);
        },
      }),
    });
    await bench.create(newService("web", { loadBalancerIP: "192.168.1.1" }));
    await bench.seconds(5);
    await bench.patch({ spec: { loadBalancerIP: "192.168.1.11" } });
    await bench.seconds(5);
    assert.deepEqual(asked, ["192.168.1.1", "192.168.1.11"]);
    await bench.close();
  });

  it("SX-149: (SX04) a Service that is gone when its status is written is no error", async () => {
    const bench = await start();
    bench.refuse("PATCH", /services\/web/, "NotFound", 100);
    await bench.create(kept());
    await bench.seconds(60);
    assert.deepEqual(bench.methods(), ["ensure"]);
    assert.deepEqual(await bench.events("web", "SyncLoadBalancerFailed"), []);
    await bench.close();
  });

  it("SX-150: (SX05) deviates: keys are made from objects only; one of another format is refused where it is read", () => {
    assert.throws(() => refOf("invalid/key/string"), { message: 'unexpected key format: "invalid/key/string"' });
  });

  it("SX-151: (SX06) a Service that went away without a word is torn down and forgotten", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.seconds(5);
    await bench.patch({ metadata: { finalizers: null } });
    await bench.remove();
    await bench.seconds(5);
    assert.equal(bench.cloud.balancers.size, 0);
    bench.cloud.resetCalls();
    await bench.addNode("n3");
    await bench.seconds(5);
    assert.deepEqual(bench.calls(), []);
    await bench.close();
  });

  /** Gone while it was being made, so that only what is remembered of it leads to the load balancer. */
  const vanish = async (error?: Error): Promise<Bench> => {
    const bench = await start({ latencyMs: 1000 });
    await bench.create(newService("web"));
    await bench.clock.advance(500);
    await bench.remove();
    await bench.patch({ metadata: { finalizers: null } });
    if (error) bench.cloud.fail("ensureDeleted", error);
    return bench;
  };

  it("SX-153: (SX08) its deletion that fails is told in the provider's words, and tried again", async () => {
    const bench = await vanish(new Error("error Deleting the Loadbalancer"));
    await bench.seconds(30);
    assert.deepEqual(await bench.events("web", "DeleteLoadBalancerFailed"), [
      "Warning DeleteLoadBalancerFailed: Error deleting load balancer: error Deleting the Loadbalancer",
    ]);
    assert.equal(bench.cloud.count("ensureDeleted"), 2);
    assert.equal(bench.cloud.balancers.size, 0);
    await bench.close();
  });

  it("SX-154: (SX09) its deletion that works is told, and it is forgotten", async () => {
    const bench = await vanish();
    await bench.seconds(60);
    assert.equal(bench.cloud.count("ensureDeleted"), 1);
    assert.deepEqual((await bench.events("web")).slice(-1), ["Normal DeletedLoadBalancer: Deleted load balancer"]);
    await bench.close();
  });
});

describe("a retry", () => {
  /** Seconds between the calls of ensure. */
  const pauses = (bench: Bench): readonly number[] => {
    const at = bench.cloud.calls.map((call) => call.at / 1000);
    return at.slice(1).map((time, i) => Math.round((time - (at[i] ?? 0)) * 10) / 10);
  };

  it("SQ-157: (SQ02) after a plain error comes after five seconds, and after ten when that fails, too", async () => {
    const bench = await start();
    bench.cloud.fail("ensure", new Error("something went wrong"), 2);
    await bench.create(newService("web"));
    await bench.seconds(60);
    assert.deepEqual(pauses(bench), [5, 10]);
    await bench.close();
  });

  it("SQ-158: (SQ03) at a time that the provider names comes exactly then, and is no failure", async () => {
    const bench = await start();
    bench.cloud.fail("ensure", new CloudError("retryable", "later", { retryAfterMs: 42_000 }));
    await bench.create(newService("web"));
    await bench.seconds(41);
    bench.cloud.fail("ensure", new Error("something went wrong"));
    await bench.seconds(60);
    assert.deepEqual(pauses(bench), [42, 5], "the first plain failure counts as the first");
    await bench.close();
  });
});

describe("what is remembered of Services", () => {
  /** Names of the Services that a change of nodes reaches: those that are remembered. */
  const remembered = async (bench: Bench, node: string): Promise<readonly string[]> => {
    bench.cloud.resetCalls();
    await bench.addNode(node);
    await bench.seconds(5);
    return bench.cloud.calls.map(({ about }) => about[0] ?? "").sort();
  };

  const withWeb = async (): Promise<Bench> => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.seconds(2);
    return bench;
  };

  it("SK-186: (SK01) one that is synced twice is remembered once", async () => {
    const bench = await withWeb();
    await bench.patch({ metadata: { annotations: { again: "1" } } });
    await bench.seconds(2);
    assert.deepEqual(await remembered(bench, "n3"), [KEY]);
    await bench.close();
  });

  it("SK-187: (SK02) one that was deleted is not remembered", async () => {
    const bench = await withWeb();
    await bench.remove();
    await bench.seconds(2);
    assert.deepEqual(await remembered(bench, "n3"), []);
    await bench.close();
  });

  for (const [id, what] of [
    ["SK-189: (SK04)", "two are remembered by their keys"],
    ["SK-191: (SK06)", "all are reached"],
  ]) {
    it(`${id} ${what}`, async () => {
      const bench = await withWeb();
      await bench.create(newService("shop"));
      await bench.seconds(2);
      assert.deepEqual(await remembered(bench, "n3"), ["default/shop", KEY]);
      await bench.close();
    });
  }

  it("SK-190: (SK05) one is found by its key, with the object the cloud was last given", async () => {
    const bench = await withWeb();
    await bench.patch({ spec: { ports: [{ name: "http", port: 8080 }] } });
    await bench.seconds(2);
    assert.deepEqual(await remembered(bench, "n3"), [KEY]);
    assert.deepEqual([...bench.cloud.balancers.values()][0]?.ports, [8080]);
    await bench.close();
  });
});

describe("what is written to a Service", () => {
  it("SF-178: (SF01) no finalizer when it is there", async () => {
    const bench = await start({ services: [kept()] });
    await bench.seconds(5);
    assert.deepEqual(
      bench.writes().map(({ body }) => body.includes("finalizers")),
      [false],
    );
    await bench.close();
  });

  it("SF-179: (SF02) the finalizer, in one patch, when it is not", async () => {
    const bench = await start({ services: [newService("web")] });
    await bench.seconds(5);
    assert.equal(bench.writes().filter(({ body }) => body.includes("finalizers")).length, 1);
    await bench.close();
  });

  it("SF-181: (SF04) one patch that takes the finalizer off, and leaves those of others", async () => {
    const others = newService("web", { type: "ClusterIP" }, { finalizers: ["example.com/other", FINALIZER] });
    const bench = await start({ services: [others] });
    await bench.seconds(5);
    assert.equal(bench.writes().length, 1);
    assert.deepEqual((await bench.get()).metadata.finalizers, ["example.com/other"]);
    await bench.close();
  });

  const statusIs = (ip: string | undefined) => ({
    cloud: () => ({
      ensure: async () => ({ status: { ingress: ip === undefined ? [] : [{ ip }] }, problems: [] }),
    }),
  });
  const statusWrites = (bench: Bench) => bench.writes().filter(({ body }) => body.includes('"loadBalancer"'));

  it("SF-182: (SF05) no status when the address is there", async () => {
    const bench = await start({ ...statusIs("8.8.8.8"), services: [{ ...kept(), status: ADDRESS }] });
    await bench.seconds(5);
    assert.deepEqual(statusWrites(bench), []);
    assert.equal((await ingressOf(bench))[0]?.ip, "8.8.8.8");
    await bench.close();
  });

  it("SF-183: (SF06) the status when there was none", async () => {
    const bench = await start({ ...statusIs("8.8.8.8"), services: [kept()] });
    await bench.seconds(5);
    assert.equal(statusWrites(bench).length, 1);
    assert.equal((await ingressOf(bench))[0]?.ip, "8.8.8.8");
    await bench.close();
  });

  it("SF-185: (SF08) an empty status when the address is gone", async () => {
    const bench = await start({ ...statusIs(undefined), services: [{ ...kept(), status: ADDRESS }] });
    await bench.seconds(5);
    assert.equal(statusWrites(bench).length, 1);
    assert.deepEqual(await ingressOf(bench), []);
    await bench.close();
  });
});
