/**
 * Cluster IPs and node ports. What is taken is read off the stored Services, so that a delete, a change of type or a
 * refused write can never leak one.
 */
import { integer, type Random } from "@ccm/base";
import { at, type Fields, fieldsOf, listOf, type Stored, textOf } from "../json.ts";
import { type Context, ensure, keyOf } from "../resource.ts";
import { internalError } from "../status-errors.ts";
import type { Change, Store } from "../store.ts";
import type { FieldErrors } from "../validation.ts";
import { allocatePorts } from "./node-ports.ts";
import { settleFamilies } from "./service-addresses.ts";
import { needsClusterIp, portsOf } from "./service-strategy.ts";

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

/** Runs before validation, as in the API server: what cannot be had is told alone. */
export function allocateService(
  service: Stored,
  old: Stored | undefined,
  errors: FieldErrors,
  { services: taken, random }: Context,
  options: { readonly serviceCidr: string; readonly nodePortRange: readonly [number, number] },
): void {
  const key = keyOf(service.metadata.namespace, textOf(service.metadata.name));
  const spec = ensure(service, "spec");
  settleFamilies(service, old, errors);
  if (errors.causes.length > 0) return;
  const before = old === undefined ? undefined : fieldsOf(old.spec);
  // What has an address keeps it: another one is refused by validation.
  if (needsClusterIp(spec) && (before === undefined || !needsClusterIp(before))) {
    allocateIp(spec, taken, errors, random, options.serviceCidr);
  }
  if (errors.causes.length > 0) return;
  const isTaken = (port: number) => {
    const owner = taken.ports.get(port);
    return owner !== undefined && owner !== key;
  };
  allocatePorts({ spec, before, range: options.nodePortRange, random, isTaken }, errors);
}

function allocateIp(spec: Fields, taken: ServiceIndex, errors: FieldErrors, random: Random, cidr: string): void {
  const { first, size } = parseCidr(cidr);
  const wanted = textOf(spec.clusterIP);
  if (wanted === "None") return;
  if (wanted) {
    const offset = ipNumber(wanted) - first;
    const why = taken.ips.has(wanted)
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
  throw internalError("failed to allocate a serviceIP: range is full");
}

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
