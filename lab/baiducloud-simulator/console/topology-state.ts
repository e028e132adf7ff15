import { type Delta, KEYS, type Place, TABLE_NAMES, type TableName, type Tables, type Topology } from "./data.ts";

/** A topology with its records by id, in the order in which they came. */
export type TopologyState = Place & {
  readonly [T in TableName]: ReadonlyMap<string, Tables[T]>;
};

export function stateOf(topology: Topology): TopologyState {
  const maps = TABLE_NAMES.map((name) => [name, new Map(recordsOf(name, topology[name]))] as const);
  return {
    account: topology.account,
    region: topology.region,
    ...(Object.fromEntries(maps) as unknown as { readonly [T in TableName]: ReadonlyMap<string, Tables[T]> }),
  };
}

/** The state after a delta. Tables that the delta does not name stay the same objects. */
export function applyDelta(state: TopologyState, { set, gone }: Delta): TopologyState {
  const changed = TABLE_NAMES.flatMap((name) => {
    if (!set[name] && !gone[name]) return [];
    const table = new Map<string, Tables[TableName]>(state[name]);
    for (const id of gone[name] ?? []) table.delete(id);
    for (const [id, record] of recordsOf(name, set[name] ?? [])) table.set(id, record);
    return [[name, table] as const];
  });
  return { ...state, ...Object.fromEntries(changed) };
}

function recordsOf<T extends TableName>(name: T, records: readonly Tables[T][]): [string, Tables[T]][] {
  return records.map((record) => [String(record[KEYS[name] as unknown as keyof Tables[T]]), record]);
}

export interface Counts {
  readonly vpcs: number;
  readonly subnets: number;
  readonly instances: number;
  readonly running: number;
  readonly blbs: number;
  readonly listeners: number;
  /** Of each listener. */
  readonly backends: number;
  readonly dead: number;
  readonly eips: number;
  readonly bound: number;
  readonly routes: number;
}

export function countsOf(state: TopologyState): Counts {
  let [running, listeners, backends, dead, bound] = [0, 0, 0, 0, 0];
  for (const { status } of state.instances.values()) if (status === "Running") running++;
  for (const blb of state.blbs.values()) {
    listeners += blb.listeners.length;
    for (const { health } of blb.listeners) {
      const tally = tallyOf(health);
      backends += tally.alive + tally.dead + tally.unknown;
      dead += tally.dead;
    }
  }
  for (const { instanceId } of state.eips.values()) if (instanceId !== "") bound++;
  const { vpcs, subnets, instances, blbs, eips, routes } = state;
  return {
    vpcs: vpcs.size,
    subnets: subnets.size,
    instances: instances.size,
    running,
    blbs: blbs.size,
    listeners,
    backends,
    dead,
    eips: eips.size,
    bound,
    routes: routes.size,
  };
}

export interface Tally {
  readonly alive: number;
  readonly dead: number;
  readonly unknown: number;
}

/** Counts the letters of a listener's health. */
export function tallyOf(health: string): Tally {
  let [alive, dead, unknown] = [0, 0, 0];
  for (const letter of health) {
    if (letter === "A") alive++;
    else if (letter === "D") dead++;
    else if (letter === "U") unknown++;
  }
  return { alive, dead, unknown };
}

const NOUNS: Readonly<Record<TableName, readonly [one: string, many: string]>> = {
  vpcs: ["VPC", "VPCs"],
  subnets: ["subnet", "subnets"],
  instances: ["node", "nodes"],
  blbs: ["load balancer", "load balancers"],
  eips: ["EIP", "EIPs"],
  routes: ["route", "routes"],
};

/** A delta in words: "2 nodes added, 1 load balancer changed". `before` is the state that it changes. */
export function describeDelta(before: TopologyState, { set, gone }: Delta): string {
  return TABLE_NAMES.flatMap((name) => {
    const say = (count: number, what: string) =>
      count === 0 ? [] : [`${count} ${NOUNS[name][count === 1 ? 0 : 1]} ${what}`];
    const records = recordsOf(name, set[name] ?? []);
    const known = records.filter(([id]) => before[name].has(id)).length;
    return [
      ...say(records.length - known, "added"),
      ...say(known, "changed"),
      ...say(gone[name]?.length ?? 0, "removed"),
    ];
  }).join(", ");
}
