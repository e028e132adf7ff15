import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SERVICES } from "@ccm/kube";
import { createWorld, type World } from "./world.ts";

const WEB = { namespace: "default", name: "web" };
/** Longer than the dead leader's lease, and the work after it. */
const RECOVERY_MS = 90_000;

const cloudWrites = (world: World): number =>
  world.trace.lines.filter((line) => line.includes("→ cloud") && !line.includes(" GET ")).length;

const createWeb = (world: World) =>
  world.client.create(SERVICES, {
    apiVersion: "v1",
    kind: "Service",
    metadata: WEB,
    spec: {
      type: "LoadBalancer",
      ports: [
        { name: "http", port: 80 },
        { name: "dns", port: 53, protocol: "UDP" },
      ],
    },
  });

async function addressOf(world: World): Promise<string | undefined> {
  return (await world.client.get(SERVICES, WEB)).status?.loadBalancer?.ingress?.[0]?.ip;
}

/** Writes to the cloud from start to address, without any crash. */
async function writesToCreate(): Promise<number> {
  const world = await createWorld({ seed: "crash" });
  world.startCcm();
  await createWeb(world);
  await world.clock.advance(RECOVERY_MS);
  assert.ok(await addressOf(world));
  const writes = cloudWrites(world);
  await world.close();
  return writes;
}

describe("a CCM that is killed", () => {
  it("after any of its writes to the cloud leaves one load balancer and one address, and none after the Service went", async () => {
    const total = await writesToCreate();
    assert.ok(total >= 8, `only ${total} writes`);
    for (let at = 1; at <= total; at++) {
      const world = await createWorld({ seed: "crash" });
      const first = world.startCcm();
      await createWeb(world);
      const reached = await world.clock.advanceUntil(() => cloudWrites(world) >= at, RECOVERY_MS);
      assert.ok(reached, `write ${at}`);
      first.kill();
      world.startCcm();
      await world.clock.advance(RECOVERY_MS);
      const after = world.simulator.inventory();
      const count = [after.blbs.length, after.eips.length, after.listeners.length, after.backends.length];
      assert.deepEqual(count, [1, 1, 2, 3], `killed after write ${at}`);
      assert.equal(await addressOf(world), after.eips[0]?.eip);

      await world.client.delete(SERVICES, WEB);
      await world.clock.advance(RECOVERY_MS);
      const { blbs, eips } = world.simulator.inventory();
      assert.deepEqual({ blbs, eips }, { blbs: [], eips: [] }, `killed after write ${at}, then deleted`);
      await world.close();
    }
  });

  it("while the answer to a create is on its way, with a list that lags, makes nothing twice", async () => {
    const world = await createWorld({ seed: "lag", timings: { blbListLag: 20_000 } });
    const first = world.startCcm();
    await createWeb(world);
    // The load balancer exists in the cloud; its answer has not reached the CCM.
    const made = await world.clock.advanceUntil(() => world.simulator.inventory().blbs.length === 1, RECOVERY_MS);
    assert.ok(made);
    first.kill();
    world.startCcm();
    await world.clock.advance(RECOVERY_MS);
    assert.equal(world.simulator.inventory().blbs.length, 1);
    assert.equal(world.simulator.inventory().eips.length, 1);
    assert.ok(await addressOf(world));
    await world.close();
  });

  it("in the middle of a deletion is finished by the next", async () => {
    for (let extra = 1; extra <= 3; extra++) {
      const world = await createWorld({ seed: `delete ${extra}` });
      const first = world.startCcm();
      await createWeb(world);
      await world.clock.advance(RECOVERY_MS);
      const before = cloudWrites(world);
      await world.client.delete(SERVICES, WEB);
      await world.clock.advanceUntil(() => cloudWrites(world) >= before + extra, RECOVERY_MS);
      first.kill();
      world.startCcm();
      await world.clock.advance(RECOVERY_MS);
      const { blbs, eips } = world.simulator.inventory();
      assert.deepEqual({ blbs, eips }, { blbs: [], eips: [] }, `killed ${extra} writes into the deletion`);
      await assert.rejects(world.client.get(SERVICES, WEB), { code: "not_found" });
      await world.close();
    }
  });
});
