import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EVENTS, SERVICES } from "@ccm/kube";
import { createWorld, type World } from "./world.ts";

const PREFIX = "service.beta.kubernetes.io/";
const WEB = { namespace: "default", name: "web" };

const createWeb = (world: World, annotations: Record<string, string> = {}, spec: Record<string, unknown> = {}) =>
  world.client.create(SERVICES, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...WEB, annotations },
    spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80 }], ...spec },
  });

async function inWorld(seed: string, test: (world: World) => Promise<void>, config = {}): Promise<void> {
  const world = await createWorld({ seed, config });
  world.startCcm();
  await world.clock.advance(10_000);
  await test(world);
  await world.close();
}

const warnings = async (world: World): Promise<readonly string[]> =>
  (await world.client.list(EVENTS, { namespace: "default" })).items
    .filter(({ type, involvedObject }) => type === "Warning" && involvedObject.name === "web")
    .map(({ reason, message }) => `${reason}: ${message}`);

describe("a Service of the world", () => {
  it("with a bad annotation gets an event that names key, value and what is allowed, is served, and can be deleted", async () => {
    await inWorld("bad annotation", async (world) => {
      await createWeb(world, { [`${PREFIX}cce-load-balancer-scheduler`]: "Fastest" });
      await world.clock.advance(30_000);
      assert.deepEqual(await warnings(world), [
        `InvalidAnnotation: annotation ${PREFIX}cce-load-balancer-scheduler: "Fastest" is not allowed: expected one of ` +
          "RoundRobin, LeastConnection, WeightLeastConn, Hash; the default is used until it is corrected",
      ]);
      assert.equal(world.simulator.inventory().eips[0]?.status, "binded");
      await world.client.delete(SERVICES, WEB);
      await world.clock.advance(30_000);
      await assert.rejects(world.client.get(SERVICES, WEB), { code: "not_found" });
      assert.deepEqual(world.simulator.inventory().blbs, []);
    });
  });

  it("that the cloud will not give an address for is told so, and keeps its listeners and backends", async () => {
    const world = await createWorld({ seed: "quota", quotas: { eips: 0 } });
    world.startCcm();
    await world.clock.advance(10_000);
    await createWeb(world);
    await world.clock.advance(30_000);
    const { blbs, eips, listeners, backends } = world.simulator.inventory();
    assert.deepEqual([blbs.length, eips.length, listeners.length, backends.length], [1, 0, 1, 3]);
    const told = await warnings(world);
    assert.equal(told.length, 1);
    assert.match(
      told[0] ?? "",
      /^QuotaExceeded: create EIP of 200 Mbps: eip\.create: QuotaLimitExceeded: .*request id/,
    );
    await world.client.delete(SERVICES, WEB);
    await world.clock.advance(30_000);
    assert.deepEqual(world.simulator.inventory().blbs, []);
    await world.close();
  });

  it("is repaired after somebody changed the load balancer in the console", async () => {
    const minute = { serviceDriftPeriod: 60_000 };
    await inWorld(
      "drift",
      async (world) => {
        await createWeb(world);
        await world.clock.advance(20_000);
        const [instance] = world.simulator.inventory().instances;
        assert.ok(instance);
        // The console's way: the machine is gone from the backends, and comes back.
        world.simulator.stopInstance(instance.id);
        await world.clock.advance(5000);
        world.simulator.startInstance(instance.id);
        await world.clock.advance(120_000);
        assert.equal(world.simulator.inventory().backends.length, 3);
        const writes = () =>
          world.trace.lines.filter((line) => line.includes("→ cloud") && !/ GET |listByInstanceId/.test(line)).length;
        const before = writes();
        await world.clock.advance(600_000);
        assert.equal(writes(), before, "a healthy Service costs no write");
      },
      minute,
    );
  });

  it("with an address of the user's has it bound, and leaves it behind unbound", async () => {
    await inWorld("given address", async (world) => {
      await createWeb(world);
      await world.clock.advance(20_000);
      const made = world.simulator.inventory().eips[0]?.eip ?? "";
      // The address becomes somebody's own when the Service that made it names another.
      await world.client.patch(SERVICES, WEB, { type: "merge", body: { spec: { loadBalancerIP: "203.0.113.9" } } });
      await world.clock.advance(20_000);
      const told = await warnings(world);
      assert.match(
        told.at(-1) ?? "",
        /^AddressNotFound: spec\.loadBalancerIP 203\.0\.113\.9 is no EIP of this account/,
      );
      assert.equal(
        world.simulator.inventory().eips.some(({ eip }) => eip === made),
        false,
        "ours is released",
      );
    });
  });

  it("that becomes internal loses its public address and is reached in the VPC", async () => {
    await inWorld("internal", async (world) => {
      await createWeb(world);
      await world.clock.advance(20_000);
      const annotations = { [`${PREFIX}cce-load-balancer-internal-vpc`]: "true" };
      await world.client.patch(SERVICES, WEB, { type: "merge", body: { metadata: { annotations } } });
      await world.clock.advance(20_000);
      assert.deepEqual(world.simulator.inventory().eips, []);
      const service = await world.client.get(SERVICES, WEB);
      assert.match(service.status?.loadBalancer?.ingress?.[0]?.ip ?? "", /^192\.168\./);
      await world.client.patch(SERVICES, WEB, {
        type: "merge",
        body: { metadata: { annotations: { [`${PREFIX}cce-load-balancer-internal-vpc`]: null } } },
      });
      await world.clock.advance(60_000);
      assert.equal(world.simulator.inventory().eips[0]?.status, "binded", "and gets a public one again");
    });
  });
});
