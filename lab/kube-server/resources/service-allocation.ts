/**
 * Cluster IPs and node ports. What is taken is read off the stored Services, so that a delete, a change of type or a
 * refused write can never leak one.
 */
import { integer, type Random } from "@ccm/base";
import { at, equal, type Fields, isFields, listOf, type Stored, textOf } from "../json.ts";
import { type Context, ensure, keyOf } from "../resource.ts";
import { ApiError } from "../status-errors.ts";
import type { Change, Store } from "../store.ts";
import type { FieldErrors } from "../validation.ts";
import { settleFamilies } from "./service-addresses.ts";
import { needsClusterIp, needsHealthCheckPort, needsNodePort, portsOf } from "./service-strategy.ts";

/** Who holds an address or a node port: the key of the Service. */
interface Taken {
  readonly ips: Map<string, string>;
  readonly ports: Map<number, string>;
}

export interface ServiceIndex {
  readonly ips: ReadonlyMap<string, string>;
  readonly ports: ReadonlyMap<number, string>;
}

/** Follows the Services of a store; called once when the server is made. */
export function indexServices(store: Store): ServiceIndex {
  const taken = { ips: new Map<string, string>(), ports: new Map<number, string>() };
  store.observe((table, change) => {
    if (table === "services") follow(taken, change);
  });
  return taken;
}

function follow(taken: Taken, change: Change): void {
  const free = <K>(map: Map<K, string>, key: K) => {
    if (map.get(key) === change.key) map.delete(key);
  };
  for (const ip of ipsOf(change.previous)) free(taken.ips, ip);
  for (const port of nodePortsOf(change.previous)) free(taken.ports, port);
  if (change.type === "DELETED") return;
  for (const ip of ipsOf(change.object)) taken.ips.set(ip, change.key);
  for (const port of nodePortsOf(change.object)) taken.ports.set(port, change.key);
}

function ipsOf(service: Stored | undefined): string[] {
  return listOf(at(service, "spec", "clusterIPs"))
    .map(textOf)
    .filter((ip) => ip !== "None");
}

function nodePortsOf(service: Stored | undefined): number[] {
  const ports = [...portsOf(service).map((port) => port.nodePort), at(service, "spec", "healthCheckNodePort")];
  return ports.filter((port): port is number => typeof port === "number" && port > 0);
}

export function allocateService(
  service: Stored,
  _old: Stored | undefined,
  errors: FieldErrors,
  { services: taken, random }: Context,
  options: { readonly serviceCidr: string; readonly nodePortRange: readonly [number, number] },
): void {
  const key = keyOf(service.metadata.namespace, textOf(service.metadata.name));
  const spec = ensure(service, "spec");
  settleFamilies(service, errors);
  if (errors.causes.length > 0) return;
  if (needsClusterIp(spec)) allocateIp(spec, key, taken, errors, random, options.serviceCidr);
  allocatePorts(spec, key, taken, errors, random, options.nodePortRange);
}

function allocateIp(
  spec: Fields,
  key: string,
  taken: ServiceIndex,
  errors: FieldErrors,
  random: Random,
  cidr: string,
): void {
  const { first, size } = parseCidr(cidr);
  const wanted = textOf(spec.clusterIP);
  if (wanted === "None") {
    spec.clusterIPs ??= ["None"];
    return;
  }
  if (wanted) {
    const owner = taken.ips.get(wanted);
    if (owner === key) return;
    const offset = ipNumber(wanted) - first;
    const why = owner
      ? "provided IP is already allocated"
      : !(offset > 0 && offset < size - 1)
        ? "the provided network does not match the current range"
        : undefined;
    if (why) errors.invalid("spec.clusterIPs", [wanted], `failed to allocate IP ${wanted}: ${why}`);
    return;
  }
  const usable = size - 2;
  const start = integer(random, usable);
  for (let i = 0; i < usable; i++) {
    const ip = ipText(first + 1 + ((start + i) % usable));
    if (taken.ips.has(ip)) continue;
    Object.assign(spec, { clusterIP: ip, clusterIPs: [ip] });
    return;
  }
  errors.invalid("spec.clusterIPs", [], "failed to allocate IP: range is full");
}

function allocatePorts(
  spec: Fields,
  key: string,
  taken: ServiceIndex,
  errors: FieldErrors,
  random: Random,
  [low, high]: readonly [number, number],
): void {
  const mine = new Map<unknown, { protocol: unknown; nodePort: number }[]>();
  const here = new Set<number>();
  const ports = listOf(spec.ports).filter(isFields);
  const problem = (port: number): string | undefined => {
    const owner = taken.ports.get(port);
    if (port < low || port > high) {
      return `provided port is not in the valid range. The range of valid ports is ${low}-${high}`;
    }
    const isTaken = here.has(port) || (owner !== undefined && owner !== key);
    return isTaken ? "provided port is already allocated" : undefined;
  };
  const pick = (field: string): number | undefined => {
    const count = high - low + 1;
    const start = integer(random, count);
    for (let i = 0; i < count; i++) {
      const port = low + ((start + i) % count);
      if (taken.ports.has(port) || here.has(port)) continue;
      here.add(port);
      return port;
    }
    errors.invalid(field, 0, "failed to allocate a nodePort: range is full");
    return undefined;
  };
  ports.forEach((port, index) => {
    if (typeof port.nodePort !== "number") return;
    const same = mine.get(port.port) ?? [];
    const shared = same.some((one) => one.nodePort === port.nodePort && one.protocol !== port.protocol);
    const why = shared ? undefined : problem(port.nodePort);
    if (why) errors.invalid(`spec.ports[${index}].nodePort`, port.nodePort, why);
    here.add(port.nodePort);
    mine.set(port.port, [...same, { protocol: port.protocol, nodePort: port.nodePort }]);
  });
  if (typeof spec.healthCheckNodePort === "number") {
    const why = problem(spec.healthCheckNodePort);
    const what = `failed to allocate requested HealthCheck NodePort ${spec.healthCheckNodePort}: ${why}`;
    if (why) throw new ApiError(500, "InternalError", `Internal error occurred: ${what}`, internalCause(what));
    here.add(spec.healthCheckNodePort);
  }
  if (needsNodePort(spec)) {
    ports.forEach((port, index) => {
      if (port.nodePort !== undefined) return;
      // The same port over TCP and UDP shares one number, as DNS expects.
      const others = mine.get(port.port) ?? [];
      const shared = others.find((one) => !equal(one.protocol, port.protocol))?.nodePort;
      const nodePort = shared ?? pick(`spec.ports[${index}].nodePort`);
      if (nodePort === undefined) return;
      port.nodePort = nodePort;
      mine.set(port.port, [...others, { protocol: port.protocol, nodePort }]);
    });
  }
  if (needsHealthCheckPort(spec) && spec.healthCheckNodePort === undefined) {
    const port = pick("spec.healthCheckNodePort");
    if (port !== undefined) spec.healthCheckNodePort = port;
  }
}

const internalCause = (message: string) => ({ details: { causes: [{ message }] } });

/** Throws a TypeError for anything but an IPv4 block of at least four addresses. */
export function parseCidr(cidr: string): { readonly first: number; readonly size: number } {
  const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr);
  const bits = Number(match?.[2]);
  const base = ipNumber(match?.[1] ?? "");
  if (!match || Number.isNaN(base) || bits > 30)
    throw new TypeError(`serviceCidr: expected an IPv4 block such as 10.96.0.0/16, got ${cidr}`);
  const size = 2 ** (32 - bits);
  return { first: base - (base % size), size };
}

export function ipNumber(ip: string): number {
  const parts = ip.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return Number.NaN;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function ipText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
