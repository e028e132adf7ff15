import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type KubeClient, NODES, SERVICES, type Service } from "@ccm/kube";
import { createWorld, type World } from "./world.ts";

const service = (name: string, ports: readonly number[], annotations: Record<string, string> = {}): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { namespace: "default", name, annotations },
  spec: { type: "LoadBalancer", ports: ports.map((port) => ({ name: `p${port}`, port })) },
});

const addressOf = async (client: KubeClient, name: string): Promise<string | undefined> =>
  (await client.get(SERVICES, { namespace: "default", name })).status?.loadBalancer?.ingress?.[0]?.ip;

const NAMES = ["a", "b", "c", "d", "e"];

/** Five Services on three nodes are made, changed and deleted; ten minutes pass. */
async function tenMinutes(world: World): Promise<void> {
  const { clock, client, simulator, machines } = world;
  const start = clock.monotonic();
  world.startCcm();
  for (const name of NAMES) await client.create(SERVICES, service(name, [80, 443]));
  await clock.advance(60_000);
  for (const name of NAMES) assert.ok(await addressOf(client, name), `${name} has an address`);
  assert.equal(simulator.inventory().listeners.length, 10);
  assert.equal(simulator.inventory().backends.length, 15);
  assert.equal(simulator.inventory().routes.length, 3);

  const patch = (name: string, body: unknown) =>
    client.patch(SERVICES, { namespace: "default", name }, { type: "merge", body });
  await patch("a", { spec: { ports: [{ name: "p80", port: 80 }] } });
  await patch("b", {
    metadata: { annotations: { "service.beta.kubernetes.io/cce-load-balancer-internal-vpc": "true" } },
  });
  await patch("c", { spec: { type: "ClusterIP" } });
  await clock.advance(120_000);
  assert.deepEqual(
    { blbs: simulator.inventory().blbs.length, eips: simulator.inventory().eips.length },
    { blbs: 4, eips: 3 },
  );

  const gone = simulator.inventory().instances[0];
  assert.ok(gone);
  simulator.deleteInstance(gone.id);
  await world.during(machines.powerOff(gone.name));
  await clock.advance(60_000);
  assert.equal((await client.list(NODES)).items.length, 2);
  assert.equal(simulator.inventory().routes.length, 2);

  for (const name of NAMES) await client.delete(SERVICES, { namespace: "default", name });
  await clock.advance(600_000 - (clock.monotonic() - start));
  const { blbs, eips, listeners } = simulator.inventory();
  assert.deepEqual({ blbs, eips, listeners }, { blbs: [], eips: [], listeners: [] });
  assert.equal(
    (await client.list(SERVICES, { namespace: "default" })).items.filter(({ metadata }) =>
      NAMES.includes(metadata.name ?? ""),
    ).length,
    0,
  );
}

describe("the world", () => {
  it("takes three nodes and five Services through ten simulated minutes in under two seconds", async () => {
    const world = await createWorld({ seed: 1 });
    // CPU time: what else the machine does does not count.
    const before = process.cpuUsage();
    await tenMinutes(world);
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1e6;
    await world.close();
    assert.ok(seconds < 2, `took ${seconds.toFixed(2)} s of CPU`);
  });

  it("makes the same requests in the same order, twice, for one seed", async () => {
    const traceOf = async (seed: number) => {
      const world = await createWorld({ seed });
      await tenMinutes(world);
      await world.close();
      return world.trace.lines;
    };
    const first = await traceOf(7);
    assert.ok(first.length > 100, `only ${first.length} requests`);
    assert.deepEqual(await traceOf(7), first);
    assert.notDeepEqual(await traceOf(8), first);
  });
});
