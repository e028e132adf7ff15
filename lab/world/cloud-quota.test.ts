import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep } from "@ccm/base";
import type { BceClient } from "@ccm/bce";
import { EVENTS, NAMESPACES, SERVICES } from "@ccm/kube";
import { CAPSULE_TENANT_LABEL, TENANT_LABEL, TENANTS, type TenantCloudLimits } from "@ccm/tenancy";
import { createWorld, type World, type WorldOptions } from "./world.ts";

const LONG_MS = 240_000;
const CUSTOM = { ...TENANTS, namespaced: false };
const PREFIX = "service.beta.kubernetes.io/";
const INTERNAL = { [`${PREFIX}cce-load-balancer-internal-vpc`]: "true" };

const createTenant = (world: World, name: string, cloud: TenantCloudLimits) =>
  world.client.create(TENANTS, { metadata: { name }, spec: { cloud } });
const createNamespace = (world: World, name: string, labels: Record<string, string>) =>
  world.client.create(NAMESPACES, { metadata: { name, labels } });
const createService = (world: World, key: string, annotations: Record<string, string> = {}) => {
  const [namespace = "", name = ""] = key.split("/");
  return world.client.create(SERVICES, {
    metadata: { namespace, name, annotations },
    spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80 }] },
  });
};
const remove = (world: World, key: string) => {
  const [namespace = "", name = ""] = key.split("/");
  return world.client.delete(SERVICES, { namespace, name });
};
const namesOf = (world: World) =>
  world.simulator
    .inventory()
    .blbs.map(({ name }) => name.replace(/^CCE\/SVC\/cce-world\//, ""))
    .sort();
const warnings = async (world: World, name: string) =>
  (await world.client.list(EVENTS, {})).items
    .filter(({ involvedObject, type }) => involvedObject.name === name && type === "Warning")
    .map(({ reason, message }) => `${reason}: ${message}`);
interface Row {
  readonly subnetId?: string;
  readonly bandwidthInMbps?: number;
  readonly tags: readonly { readonly tagKey: string; readonly tagValue: string }[];
}
const rowsOf = (world: World, table: "blbs" | "eips") => [...world.rows.table<Row>(table).values()];
const cloudCalls = (world: World) => world.trace.lines.filter((line) => / → cloud /.test(line)).length;

/** A tenant "team" with two namespaces, one by Capsule's label, and a namespace of nobody. */
async function start(cloud: TenantCloudLimits, options: Partial<WorldOptions> = {}) {
  const world = await createWorld({ seed: "quota", customKinds: [CUSTOM], routes: false, ...options });
  await createNamespace(world, "a", { [TENANT_LABEL]: "team" });
  await createNamespace(world, "b", { [CAPSULE_TENANT_LABEL]: "team" });
  await createNamespace(world, "free", {});
  await createTenant(world, "team", cloud);
  const ccm = world.startCcm();
  await world.clock.advance(5000);
  return { world, ccm };
}
const usage = async (world: World) => (await world.client.get(TENANTS, { name: "team" })).status?.cloud;

describe("the cloud quota of a tenant", () => {
  it("holds over all its namespaces, Capsule's too, and not for others; is told, and healed when something is freed", async () => {
    const { world } = await start({ maxLoadBalancers: 2 });
    for (const key of ["a/one", "b/two"]) await createService(world, key);
    await world.clock.advance(LONG_MS);
    await createService(world, "a/three");
    await createService(world, "free/four");
    await world.clock.advance(LONG_MS);
    assert.deepEqual(namesOf(world), ["a/one", "b/two", "free/four"]);
    assert.deepEqual(await warnings(world, "three"), [
      "TenantQuotaExceeded: tenant team may have 2 load balancers (spec.cloud.maxLoadBalancers) and has 2, held by a/one, b/two; " +
        "this Service needs 1 load balancer more: free some, or have the limit raised",
    ]);
    assert.deepEqual(await usage(world), {
      loadBalancers: { used: 2, limit: 2 },
      publicIPs: { used: 2 },
      bandwidthMbps: { used: 400 },
    });
    await remove(world, "a/one");
    await world.clock.advance(60_000);
    assert.deepEqual(namesOf(world), ["a/three", "b/two", "free/four"], "without waiting for a resync");
    await createService(world, "a/five");
    await world.clock.advance(60_000);
    const raise = { type: "merge", body: { spec: { cloud: { maxLoadBalancers: 3 } } } } as const;
    await world.client.patch(TENANTS, { name: "team" }, raise);
    await world.clock.advance(60_000);
    assert.deepEqual(namesOf(world), ["a/five", "a/three", "b/two", "free/four"]);
    // Refused ones go like others.
    await createService(world, "a/six");
    await world.clock.advance(30_000);
    await remove(world, "a/six");
    await world.clock.advance(120_000);
    await assert.rejects(world.client.get(SERVICES, { namespace: "a", name: "six" }), { code: "not_found" });
    await world.close();
  });

  it("refuses the address alone where only addresses are used up, and more bandwidth where bandwidth is", async () => {
    const { world } = await start({ maxPublicIPs: 1, maxBandwidthMbps: 250 });
    await createService(world, "a/one");
    await world.clock.advance(60_000);
    await createService(world, "a/two");
    await world.clock.advance(60_000);
    const { blbs, eips, listeners } = world.simulator.inventory();
    assert.deepEqual([blbs.length, eips.length, listeners.length], [2, 1, 2]);
    assert.match(
      (await warnings(world, "two")).join(),
      /may have 1 public address \(spec.cloud.maxPublicIPs\) and has 1, held by a\/one;/,
    );
    const patch = (mbps: string) =>
      world.client.patch(
        SERVICES,
        { namespace: "a", name: "one" },
        { type: "merge", body: { metadata: { annotations: { [`${PREFIX}cce-elastic-ip-bandwidth-in-mbps`]: mbps } } } },
      );
    await patch("300");
    await world.clock.advance(60_000);
    assert.match(
      (await warnings(world, "one")).join(),
      /250 Mbps of public bandwidth .* and has 200, held by a\/one 200; this Service needs 100 Mbps/,
    );
    await patch("250");
    await world.clock.advance(60_000);
    assert.deepEqual(
      rowsOf(world, "eips").map(({ bandwidthInMbps }) => bandwidthInMbps),
      [250],
    );
    await world.close();
  });

  it("lets load balancers be in the subnets of the tenant alone", async () => {
    const { world } = await start({});
    const [first = "", second = ""] = world.simulator.subnetIds;
    const limit = { type: "merge", body: { spec: { cloud: { allowedSubnets: [second] } } } } as const;
    await world.client.patch(TENANTS, { name: "team" }, limit);
    await world.clock.advance(5000);
    await createService(world, "a/chosen");
    await createService(world, "a/named", { [`${PREFIX}cce-load-balancer-subnet-id`]: first });
    await world.clock.advance(60_000);
    assert.deepEqual(
      rowsOf(world, "blbs").map(({ subnetId }) => subnetId),
      [second],
    );
    assert.match(
      (await warnings(world, "named")).join(),
      new RegExp(`SubnetNotAllowed: .*${first} are not allowed: tenant team may use ${second}`),
    );
    await world.close();
  });

  it("tags what is made for a tenant, corrects what is there, and lets nobody take what is another tenant's", async () => {
    let client: BceClient | undefined;
    const aroundClient = (made: BceClient) => {
      client = made;
      return made;
    };
    const { world } = await start({ tags: { cost: "blue" } }, { aroundClient });
    await createNamespace(world, "other", { [TENANT_LABEL]: "rival" });
    await createTenant(world, "rival", {});
    await createService(world, "a/one", { ...INTERNAL, [`${PREFIX}cce-load-balancer-reserve-lb`]: "true" });
    await createService(world, "a/two", {
      "cloud-provider-baiducloud/tags": "k8s-tenant=rival,cost=red",
      "cloud-provider-baiducloud/keep-eip": "true",
    });
    await world.clock.advance(60_000);
    const tagsOf = () =>
      [...rowsOf(world, "blbs"), ...rowsOf(world, "eips")].map(({ tags }) => {
        const of = (key: string) => tags.find(({ tagKey }) => tagKey === key)?.tagValue;
        return `${of("k8s-tenant")} ${of("cost")}`;
      });
    assert.deepEqual(tagsOf(), ["team blue", "team blue", "team blue"]);
    const other = { type: "merge", body: { spec: { cloud: { tags: { cost: "green" } } } } } as const;
    await world.client.patch(TENANTS, { name: "team" }, other);
    await world.clock.advance(60_000);
    assert.deepEqual(tagsOf(), ["team green", "team green", "team green"]);
    await remove(world, "a/one");
    await remove(world, "a/two");
    await world.clock.advance(LONG_MS);
    const { blbs, eips } = world.simulator.inventory();
    assert.deepEqual([blbs.length, eips.length], [1, 1]);
    assert.deepEqual(
      await usage(world),
      { loadBalancers: { used: 1 }, publicIPs: { used: 1 }, bandwidthMbps: { used: 200 } },
      "what was kept counts",
    );
    await createService(world, "other/thief", { [`${PREFIX}cce-load-balancer-exist-id`]: blbs[0]?.id ?? "" });
    await world.client.create(SERVICES, {
      metadata: { namespace: "other", name: "robber" },
      spec: { type: "LoadBalancer", loadBalancerIP: eips[0]?.eip ?? "", ports: [{ name: "http", port: 80 }] },
    });
    await world.clock.advance(60_000);
    assert.match((await warnings(world, "thief")).join(), /LoadBalancerNotOurs: load balancer .* is tenant team's/);
    // One that was made by hand is theirs who named it first.
    assert.ok(client);
    const spec = {
      name: "by-hand",
      desc: "",
      vpcId: world.simulator.vpcId,
      subnetId: world.simulator.subnetIds[0] ?? "",
    };
    const { blbId: handMade } = await world.during(client.blb.create(spec, { clientToken: "by-hand" }));
    await world.clock.advance(5000);
    await createService(world, "a/first", { ...INTERNAL, [`${PREFIX}cce-load-balancer-exist-id`]: handMade });
    await world.clock.advance(60_000);
    await createService(world, "other/second", {
      ...INTERNAL,
      [`${PREFIX}cce-load-balancer-exist-id`]: handMade,
    });
    await world.clock.advance(60_000);
    assert.match(
      (await warnings(world, "second")).join(),
      /is used by tenant team, whose Service a\/first named it first/,
    );
    assert.deepEqual(await warnings(world, "first"), []);
    assert.match((await warnings(world, "robber")).join(), /AddressNotOurs: .* is an address of tenant team/);
    assert.deepEqual(
      world.simulator.inventory().eips.map(({ status }) => status),
      ["available"],
    );
    await world.close();
  });

  it("is never exceeded by many at once, nor by a manager that dies in the middle; the oldest have what there is", async () => {
    const { world, ccm } = await start({ maxLoadBalancers: 12, maxPublicIPs: 8 }, { quotas: { blbs: 500, eips: 500 } });
    let most = [0, 0];
    const watch = async (ms: number) => {
      for (let at = 0; at < ms; at += 250) {
        await world.clock.advance(250);
        const { blbs, eips } = world.simulator.inventory();
        most = [Math.max(most[0] ?? 0, blbs.length), Math.max(most[1] ?? 0, eips.length)];
      }
    };
    for (let i = 10; i < 50; i++) await createService(world, `${i % 2 ? "a" : "b"}/s${i}`);
    await world.clock.advanceUntil(() => world.simulator.inventory().blbs.length >= 6, 60_000);
    ccm.kill();
    world.startCcm();
    await watch(300_000);
    assert.deepEqual(most, [12, 8]);
    const { blbs, eips } = world.simulator.inventory();
    assert.deepEqual([blbs.length, eips.length], [12, 8], "and all that may be had is had");
    assert.deepEqual(await usage(world), {
      loadBalancers: { used: 12, limit: 12 },
      publicIPs: { used: 8, limit: 8 },
      bandwidthMbps: { used: 1600 },
    });
    // Freed ones go to the oldest that wait, each looked at once.
    const writes = () => world.trace.lines.filter((line) => / → cloud POST /.test(line)).length;
    const before = writes();
    const [victim = ""] = namesOf(world);
    await remove(world, victim);
    await watch(60_000);
    assert.equal(world.simulator.inventory().blbs.length, 12);
    assert.deepEqual(most, [12, 8]);
    assert.ok(writes() - before < 12, `${writes() - before} writes`);
    await world.close();
  });

  it("is never exceeded by a manager that dies after any of its writes, and what may be had is had in the end", async () => {
    const creates = (world: World) => world.trace.lines.filter((line) => / → cloud POST /.test(line)).length;
    for (let at = 1; at <= 16; at += 3) {
      const { world, ccm } = await start({ maxLoadBalancers: 3, maxPublicIPs: 2 }, { nodes: 1 });
      for (let i = 0; i < 8; i++) await createService(world, `${i % 2 ? "a" : "b"}/s${i}`);
      await world.clock.advanceUntil(() => creates(world) >= at, 60_000);
      ccm.kill();
      // Another order: a manager's queue is no promise.
      await remove(world, `b/s${at % 2 ? 0 : 2}`);
      world.startCcm();
      let most = [0, 0];
      for (let step = 0; step < 500; step++) {
        await world.clock.advance(500);
        const { blbs, eips } = world.simulator.inventory();
        most = [Math.max(most[0] ?? 0, blbs.length), Math.max(most[1] ?? 0, eips.length)];
      }
      const { blbs, eips } = world.simulator.inventory();
      assert.deepEqual([most, blbs.length, eips.length], [[3, 2], 3, 2], `killed after write ${at}`);
      await world.close();
    }
  });

  it("counts what a dead manager has asked for and the cloud has not made yet", async () => {
    let stuck = false;
    let clock: World["clock"] | undefined;
    const { world, ccm } = await start(
      { maxLoadBalancers: 1 },
      {
        wire:
          ({ ccm, to }, transport) =>
          async (request, options) => {
            if (
              clock &&
              ccm === "ccm-1" &&
              to === "cloud" &&
              request.method === "POST" &&
              /v1.blb\?/.test(request.url)
            ) {
              stuck = true;
              await sleep(clock, 40_000);
            }
            return transport(request, options);
          },
      },
    );
    clock = world.clock;
    await createService(world, "a/one");
    await world.clock.advanceUntil(() => stuck, 60_000);
    ccm.kill();
    await remove(world, "a/one");
    await createService(world, "b/two");
    world.startCcm();
    const seen = new Set<string>();
    for (let step = 0; step < 600; step++) {
      await world.clock.advance(500);
      seen.add(namesOf(world).join(" and "));
    }
    assert.deepEqual(
      [...seen],
      ["", "a/one", "b/two"].filter((names) => seen.has(names)),
    );
    assert.ok(seen.has("a/one"), "it came after its manager's death");
    assert.deepEqual(namesOf(world), ["b/two"]);
    await world.close();
  });

  it("costs the same few calls all the time when nothing changes, and writes nothing", async () => {
    const { world } = await start({ maxLoadBalancers: 1 });
    for (const key of ["a/one", "a/two", "b/three"]) await createService(world, key);
    await world.clock.advance(LONG_MS);
    const writes = () => world.trace.lines.filter((line) => /PATCH .*tenants| → cloud (POST|PUT|DELETE)/.test(line));
    const within = async (ms: number) => {
      const [calls, written] = [cloudCalls(world), writes().length];
      await world.clock.advance(ms);
      return [cloudCalls(world) - calls, writes().length - written];
    };
    const WHILE_MS = 20 * 60_000;
    const first = await within(WHILE_MS);
    assert.deepEqual(await within(WHILE_MS), first);
    assert.equal(first[1], 0);
    await world.close();
  });
});

describe("a cluster without Tenants", () => {
  it("has nothing watched for them, and limits from the moment that they come", async () => {
    let installed = false;
    const world = await createWorld({
      seed: "none",
      customKinds: [CUSTOM],
      routes: false,
      wire:
        ({ to }, transport) =>
        (request, options) =>
          to === "kube" && !installed && request.url.includes("tenancy.baidubce.com")
            ? transport({ ...request, url: request.url.replace("tenancy.baidubce.com", "absent.example.org") }, options)
            : transport(request, options),
    });
    await createNamespace(world, "a", { [TENANT_LABEL]: "team" });
    await createTenant(world, "team", { maxLoadBalancers: 1 });
    world.startCcm();
    await world.clock.advance(5000);
    for (const key of ["a/one", "a/two"]) await createService(world, key);
    await world.clock.advance(60 * 60_000);
    assert.equal(namesOf(world).length, 2);
    const asked = () => world.trace.lines.filter((line) => /example.org|tenancy|namespaces(\?| |$)/.test(line));
    assert.ok(asked().length < 16, asked().join("\n"));
    installed = true;
    await world.clock.advance(15 * 60_000);
    await createService(world, "a/three");
    await world.clock.advance(60_000);
    assert.equal(namesOf(world).length, 2);
    assert.match((await warnings(world, "three")).join(), /has 2, held by a\/one, a\/two/);
    await world.close();
  });
});
