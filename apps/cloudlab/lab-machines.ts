import type { SimulatedInstance, Simulator } from "@ccm/baiducloud-simulator";

/** As many as the loopback range of a lab has room for. */
const MOST = 100;
const NODE_NAME = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;

export interface Machine extends Pick<SimulatedInstance, "name" | "internalIp"> {
  readonly host: string;
  readonly isOn: boolean;
}

/** So many new machines: node-1, node-2, … */
export function newMachines(
  simulator: Simulator,
  count: number,
  hostOf: (index: number) => string,
): readonly Machine[] {
  return Array.from({ length: count }, (_, index) => {
    const [name, host] = [`node-${index + 1}`, hostOf(index)];
    const { internalIp } = simulator.createInstance({ name, hostname: name, host });
    return { name, internalIp, host, isOn: true };
  });
}

/** Those that a world's file has in its first VPC. Throws an Error of one line for what cannot be Nodes. */
export function machinesOfWorld(
  simulator: Simulator,
  file: string,
  hostOf: (index: number) => string,
): readonly Machine[] {
  const { instances } = simulator.inventory();
  const placed = instances.map(({ id }, index) => simulator.placeInstance(id, hostOf(index)));
  const chosen = placed.filter(({ vpcId }) => vpcId === simulator.vpcId);
  if (chosen.length === 0 || chosen.length > MOST)
    throw new Error(`${file}: found ${chosen.length} instances in the first VPC, expected 1 to ${MOST} as Nodes`);
  const names = new Set<string>();
  for (const { name } of chosen) {
    if (!NODE_NAME.test(name) || names.has(name))
      throw new Error(`${file}: instance "${name}": expected a name that a Node can have, and no other instance`);
    names.add(name);
  }
  return chosen.map(({ name, internalIp, host = "", status }) => ({
    name,
    internalIp,
    host,
    isOn: status === "Running",
  }));
}
