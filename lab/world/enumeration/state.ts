import { type KubeObject, listAll, NODES, type Node, SERVICES, type Service } from "@ccm/kube";
import type { World } from "../world.ts";

/**
 * Everything that lasts, in a form in which two runs can be compared: ids, ports and addresses that are given by chance are
 * replaced by the names of what has them, times and versions left out.
 */
export interface State {
  /** One line for each object, sorted. */
  readonly lines: readonly string[];
}

/** Of the simulator's tables, those that hold what a CCM makes or could harm. */
const TABLES = ["blbs", "eips", "routeRules", "securityGroups", "instances", "takenIps"];
const LEFT_OUT = new Set([
  "resourceVersion",
  "managedFields",
  "generation",
  "visibleFrom",
  "eipId",
  "securityGroupRuleId",
  "serialNumber",
]);
const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g;

interface Named {
  readonly name?: string;
}

/** Reads the state, as often as it is called. What is as it was is not put into words again. */
export function createStateReader(world: World): () => Promise<State> {
  /** Lines by a version of what they are about, as long as the names in them are the same. */
  let lines = new Map<unknown, string>();
  let namedAs = "";
  let last: State | undefined;
  return async () => {
    const services = (await listAll(world.client, SERVICES)).items;
    const nodes = (await listAll(world.client, NODES)).items;
    const names = namesOf(world, services, nodes);
    const present: readonly (readonly [version: unknown, what: string, object: unknown])[] = [
      ...services.map((service) => [versionOf(service), "Service", service] as const),
      ...nodes.map((node) => [versionOf(node), "Node", node] as const),
      ...TABLES.flatMap((table) => [...world.rows.table(table).values()].map((row) => [row, table, row] as const)),
    ];
    const naming = [...names].join();
    const known = naming === namedAs ? lines : new Map<unknown, string>();
    if (last && known.size === present.length && present.every(([version]) => known.has(version))) return last;
    namedAs = naming;
    const called = namer(names);
    lines = new Map(
      present.map(([version, what, object]) => [
        version,
        known.get(version) ?? called(`${what} ${JSON.stringify(sorted(object, called))}`),
      ]),
    );
    last = { lines: [...lines.values()].sort() };
    return last;
  };
}

function versionOf({ metadata }: KubeObject): string {
  return `${metadata.uid} ${metadata.resourceVersion}`;
}

/** What is given by chance, and what it is called: each text with the name of what has it. */
function namesOf(world: World, services: readonly Service[], nodes: readonly Node[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const call = (value: unknown, name: string): void => {
    const text = String(value ?? "");
    if (text !== "" && text !== "None" && !names.has(text)) names.set(text, `<${name}>`);
  };
  for (const { metadata, spec } of services) {
    const key = `${metadata.namespace}/${metadata.name}`;
    call(metadata.uid, `uid of ${key}`);
    call(spec?.clusterIP, `cluster IP of ${key}`);
    if (spec?.healthCheckNodePort) call(spec.healthCheckNodePort, `health port of ${key}`);
    for (const { nodePort, port, protocol } of spec?.ports ?? []) {
      if (nodePort) call(nodePort, `node port of ${key} ${port}/${protocol}`);
    }
  }
  for (const { metadata } of nodes) call(metadata.uid, `uid of node ${metadata.name}`);
  const counts = new Map<string, number>();
  const unique = (name: string): string => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  };
  const machines = world.rows.table<
    Named & { readonly internalIp: string; readonly status: string; readonly eniId: string }
  >("instances");
  for (const [id, { name, internalIp, status, eniId }] of machines) {
    const own = unique(`${status === "Deleted" ? "deleted " : ""}machine ${name}`);
    call(id, own);
    call(internalIp, `address of ${own}`);
    call(eniId, `network card of ${own}`);
  }
  for (const [id, { name, address }] of world.rows.table<Named & { readonly address: string }>("blbs")) {
    const own = unique(`BLB ${name}`);
    call(id, own);
    call(address, `VIP of ${own}`);
  }
  for (const [address, { name, eipId }] of world.rows.table<Named & { readonly eipId: string }>("eips")) {
    const own = unique(`EIP ${name}`);
    call(address, own);
    call(eipId, `id of ${own}`);
  }
  for (const [id, { name }] of world.rows.table<Named>("securityGroups")) call(id, unique(`security group ${name}`));
  for (const [id, rule] of world.rows.table<{ readonly destinationAddress?: string }>("routeRules")) {
    call(id, unique(`rule ${rule.destinationAddress}`));
  }

  return names;
}

/** Replaces in a text what is given by chance. */
function namer(names: ReadonlyMap<string, string>): (text: string) => string {
  const tokens = [...names.keys()].sort((a, b) => b.length - a.length).map(escaped);
  const chance =
    tokens.length > 0 ? new RegExp(`(?<![\\w.-])(?:${tokens.join("|")})(?![\\w-]|\\.\\d)`, "g") : undefined;
  return (text) => {
    const timeless = text.replace(TIME, "<time>");
    return chance ? timeless.replace(chance, (found) => names.get(found) ?? found) : timeless;
  };
}

/** What one has and the other has not; empty when they are the same. */
export function difference(expected: State, found: State): readonly string[] {
  const count = (lines: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
    return counts;
  };
  const [wanted, present] = [count(expected.lines), count(found.lines)];
  const missing = [...wanted].flatMap(([line, n]) =>
    Array<string>(Math.max(0, n - (present.get(line) ?? 0))).fill(`- ${line}`),
  );
  const surplus = [...present].flatMap(([line, n]) =>
    Array<string>(Math.max(0, n - (wanted.get(line) ?? 0))).fill(`+ ${line}`),
  );
  return [...missing, ...surplus];
}

/** Lists in the order of their text, as it is `called`: the order of what is given by chance is chance as well. */
function sorted(value: unknown, called: (text: string) => string): unknown {
  if (Array.isArray(value)) {
    const inners = value.map((inner) => sorted(inner, called));
    if (inners.length < 2) return inners;
    return inners
      .map((inner) => ({ inner, text: called(JSON.stringify(inner)) }))
      .sort((a, b) => compare(a.text, b.text))
      .map(({ inner }) => inner);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !LEFT_OUT.has(key))
      .sort(([a], [b]) => compare(a, b))
      .map(([key, inner]) => [key, sorted(inner, called)]),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
