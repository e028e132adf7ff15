import { seededRandom, silentLogger } from "@ccm/base";
import { createInformer, type Informer, LEASES, NODES, SERVICES } from "@ccm/kube";
import type { World } from "../world.ts";
import type { Copies } from "./oracles.ts";

/** Until the signal aborts. */
export async function watchCopies(world: World, signal: AbortSignal): Promise<Copies> {
  const parts = { client: world.client, clock: world.clock, random: seededRandom("copies"), logger: silentLogger };
  const services = createInformer({ ...parts, type: SERVICES });
  const nodes = createInformer({ ...parts, type: NODES });
  const leases = createInformer({ ...parts, type: LEASES, namespace: "kube-system" });
  const all: readonly Informer<never>[] = [services, nodes, leases] as unknown as readonly Informer<never>[];
  for (const informer of all) void informer.run(signal);
  await world.during(Promise.all(all.map((informer) => informer.waitForSync(signal))));
  return {
    services: services.list,
    nodes: nodes.list,
    lease: () => leases.get("kube-system/cloud-controller-manager"),
  };
}
