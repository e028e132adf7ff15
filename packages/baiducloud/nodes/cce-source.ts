import type { Clock } from "@ccm/base";
import type { Cce } from "@ccm/bce";
import { machineOfCce } from "./machine.ts";
import type { Found, MachineSource } from "./machine-source.ts";
import { createSnapshot } from "./snapshot.ts";

export interface CceSourceOptions {
  readonly cce: Cce;
  readonly clusterId: string;
  readonly region: string;
  readonly clock: Clock;
  /** For machines that CCE does not know, such as those that somebody has joined to the cluster himself. */
  readonly otherwise: MachineSource;
}

/**
 * Machines from CCE, which alone knows their Kubernetes names, and knows machines of every kind. That CCE does not list
 * a machine says only that it is not CCE's: whether it exists is for its product to say.
 */
export function createCceSource({ cce, clusterId, region, clock, otherwise }: CceSourceOptions): MachineSource {
  const list = createSnapshot(clock, async () => {
    const all = await cce.listInstances(clusterId);
    return all.map((one) => machineOfCce(one, region)).filter((machine) => machine !== undefined);
  });
  return {
    list,
    async find(ids, signal) {
      const listed = new Map((await list()).map((machine) => [machine.id, machine]));
      const missing = ids.filter((id) => !listed.has(id));
      const found = new Map<string, Found>(missing.length > 0 ? await otherwise.find(missing, signal) : []);
      for (const id of ids) {
        const machine = listed.get(id);
        if (machine) found.set(id, { machine });
      }
      return found;
    },
  };
}
