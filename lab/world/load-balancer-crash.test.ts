import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SERVICES } from "@ccm/kube";
import { createWorld, type World } from "./world.ts";

const WEB = { namespace: "default", name: "web" };
const OWN = "cloud-provider-baiducloud/";
/** Longer than the dead leader's lease, the lag of a list, and the work after it. */
const RECOVERY_MS = 150_000;

const cloudWrites = (world: World): number =>
  world.trace.lines.filter((line) => / → cloud (POST|PUT|DELETE) /.test(line)).length;

/** A Service that uses all there is: security group, tags, protection, shared bandwidth. */
const createWeb = (world: World) =>
  world.client.create(SERVICES, {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      ...WEB,
      annotations: {
        [`${OWN}tags`]: "team=web",
        [`${OWN}deletion-protection`]: "true",
        [`${OWN}eip-deletion-protection`]: "true",
        [`${OWN}eip-bandwidth-group-id`]: "eg-1",
      },
    },
    spec: {
      type: "LoadBalancer",
      loadBalancerSourceRanges: ["10.0.0.0/8"],
      ports: [{ name: "http", port: 80 }],
    },
  });
const counts = (world: World) => {
  const { blbs, eips, listeners, backends } = world.simulator.inventory();
  return [blbs.length, eips.filter(({ status }) => status === "binded").length, listeners.length, backends.length];
};
const start = async (seed: string) => {
  const world = await createWorld({ seed });
  world.simulator.createEipGroup("eg-1");
  const ccm = world.startCcm();
  await world.clock.advance(10_000);
  return { world, ccm };
};

describe("a CCM that is killed with a Service that uses everything", () => {
  it("after any of its writes while it makes or deletes it, leaves one of each, and then nothing", async () => {
    const { world: calm } = await start("rich");
    const quiet = cloudWrites(calm);
    await createWeb(calm);
    await calm.clock.advance(RECOVERY_MS);
    assert.deepEqual(counts(calm), [1, 1, 1, 3]);
    const toMake = cloudWrites(calm) - quiet;
    await calm.client.delete(SERVICES, WEB);
    await calm.clock.advance(RECOVERY_MS);
    const total = cloudWrites(calm) - quiet;
    assert.deepEqual(counts(calm), [0, 0, 0, 0]);
    await calm.close();
    assert.ok(total > toMake + 4, `${toMake} and ${total - toMake} writes`);

    for (let at = 1; at < total; at++) {
      const { world, ccm } = await start("rich");
      const before = cloudWrites(world);
      const killAt = async (write: number) => {
        await world.clock.advanceUntil(() => cloudWrites(world) - before >= write, RECOVERY_MS);
        ccm.kill();
        world.startCcm();
        await world.clock.advance(RECOVERY_MS);
      };
      await createWeb(world);
      if (at <= toMake) {
        await killAt(at);
        assert.deepEqual(counts(world), [1, 1, 1, 3], `killed after write ${at}`);
      } else await world.clock.advance(RECOVERY_MS);
      await world.client.delete(SERVICES, WEB);
      if (at > toMake) await killAt(at);
      else await world.clock.advance(RECOVERY_MS);
      const { blbs, eips } = world.simulator.inventory();
      assert.deepEqual({ blbs, eips }, { blbs: [], eips: [] }, `killed after write ${at}, then deleted`);
      await assert.rejects(world.client.get(SERVICES, WEB), { code: "not_found" });
      await world.close();
    }
  });
});
