/** Node ports and ports for health checks, given out in the API server's order. */
import { integer, type Random } from "@ccm/base";
import { type Fields, isFields, listOf } from "../json.ts";
import { internalError } from "../status-errors.ts";
import type { FieldErrors } from "../validation.ts";
import { needsHealthCheckPort, needsNodePort } from "./service-strategy.ts";

export interface PortRequest {
  readonly spec: Fields;
  /** Undefined for a new Service. */
  readonly before: Fields | undefined;
  readonly range: readonly [number, number];
  readonly random: Random;
  /** Whether another Service holds it. */
  readonly isTaken: (port: number) => boolean;
}

const portsOf = (spec: Fields): Fields[] => listOf(spec.ports).filter(isFields);

/** Stops at the first port that cannot be had: a 422 in `errors`, or a throw of what the API server calls internal. */
export function allocatePorts(request: PortRequest, errors: FieldErrors): void {
  const { spec, before } = request;
  const { claim, next } = allocator(request);
  const given = (index: number, port: number): boolean => {
    const why = claim(port);
    if (why) errors.invalid(`spec.ports[${index}].nodePort`, port, why);
    return why === undefined;
  };
  if (spec.type === "NodePort" || spec.type === "LoadBalancer") {
    const done = before ? updatePorts(spec, before, given, next) : createPorts(spec, given, next);
    if (!done) return;
  }
  if (!needsHealthCheckPort(spec) || (before && needsHealthCheckPort(before))) return;
  if (typeof spec.healthCheckNodePort !== "number") {
    spec.healthCheckNodePort = next("failed to allocate a HealthCheck NodePort");
    return;
  }
  const why = claim(spec.healthCheckNodePort);
  if (why) throw internalError(`failed to allocate requested HealthCheck NodePort ${spec.healthCheckNodePort}: ${why}`);
}

type Given = (index: number, port: number) => boolean;
type Next = (what: string) => number;
const NO_PORT = "failed to allocate a nodePort";

/** Ports of one number, such as TCP and UDP of a name server, share a node port. */
function createPorts(spec: Fields, given: Given, next: Next): boolean {
  const known = new Map<unknown, number>();
  const ports = portsOf(spec);
  return ports.every((port, index) => {
    if (port.nodePort === undefined && !needsNodePort(spec)) return true;
    const shared = known.get(port.port);
    if (shared === undefined) {
      const asked = ports.find((one) => one.port === port.port && one.nodePort !== undefined)?.nodePort;
      if (typeof asked === "number" && !given(index, asked)) return false;
      const nodePort = typeof asked === "number" ? asked : next(NO_PORT);
      port.nodePort = nodePort;
      known.set(port.port, nodePort);
      return true;
    }
    port.nodePort ??= shared;
    return port.nodePort === shared || given(index, Number(port.nodePort));
  });
}

function updatePorts(spec: Fields, before: Fields, given: Given, next: Next): boolean {
  const old = new Set(portsOf(before).map((port) => port.nodePort));
  const claimed = new Set<unknown>();
  const used = new Set<string>();
  return portsOf(spec).every((port, index) => {
    if (port.nodePort === undefined && !needsNodePort(spec)) return true;
    if (port.nodePort === undefined) port.nodePort = next(NO_PORT);
    else if (!old.has(port.nodePort) && !claimed.has(port.nodePort)) {
      if (!given(index, Number(port.nodePort))) return false;
      claimed.add(port.nodePort);
    }
    const use = `{${String(port.protocol)} ${String(port.nodePort)}}`;
    if (used.has(use)) throw internalError(`duplicate nodePort: ${use}`, false);
    used.add(use);
    return true;
  });
}

/** `claim` says why a port cannot be had; `next` throws when there is none. */
function allocator({ range: [low, high], random, isTaken }: PortRequest) {
  const here = new Set<number>();
  return {
    claim(port: number): string | undefined {
      if (port < low || port > high) {
        return `provided port is not in the valid range. The range of valid ports is ${low}-${high}`;
      }
      if (here.has(port) || isTaken(port)) return "provided port is already allocated";
      here.add(port);
      return undefined;
    },
    next(what: string): number {
      const count = high - low + 1;
      const start = integer(random, count);
      for (let i = 0; i < count; i++) {
        const port = low + ((start + i) % count);
        if (here.has(port) || isTaken(port)) continue;
        here.add(port);
        return port;
      }
      throw internalError(`${what}: range is full`);
    },
  };
}
