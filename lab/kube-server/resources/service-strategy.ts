/** Defaults of Services, and what an update keeps that the client left out. */
import { at, equal, type Fields, fieldsOf, isFields, listOf, type Stored } from "../json.ts";
import { ensure, type Strategy } from "../resource.ts";
import { allocateService } from "./service-allocation.ts";
import { validateService, validateServiceStatus } from "./service-validation.ts";

const SESSION_TIMEOUT_S = 10_800;

export function portsOf(service: Stored | undefined): Fields[] {
  return listOf(at(service, "spec", "ports")).filter(isFields);
}

export const needsClusterIp = (spec: Fields): boolean => spec.type !== "ExternalName";
export const needsNodePort = (spec: Fields): boolean =>
  spec.type === "NodePort" || (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);
const mayHaveNodePort = (spec: Fields): boolean => spec.type === "NodePort" || spec.type === "LoadBalancer";
/** Whether it is to be reached from outside of the cluster. */
export const isExternal = (spec: Fields): boolean =>
  mayHaveNodePort(spec) || (spec.type === "ClusterIP" && listOf(spec.externalIPs).length > 0);
export const needsHealthCheckPort = (spec: Fields): boolean =>
  spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";

/** `serviceCidr` and `nodePortRange` say what is given out. */
export function serviceStrategy(options: {
  readonly serviceCidr: string;
  readonly nodePortRange: readonly [number, number];
}): Strategy {
  return {
    prepareCreate(service) {
      service.status = { loadBalancer: {} };
      const spec = ensure(service, "spec");
      if (spec.clusterIP && spec.clusterIPs === undefined) spec.clusterIPs = [spec.clusterIP];
    },
    prepareUpdate(service, old) {
      service.status = old.status;
      const spec = ensure(service, "spec");
      const before = fieldsOf(old.spec);
      keepAllocated(spec, before);
      matchClusterIps(spec, before);
      dropForType(spec, before);
      // What a balancer was given for goes with the type.
      if (before.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
        // The conditions stay.
        service.status = { ...fieldsOf(old.status), loadBalancer: {} };
      }
    },
    prepareStatusUpdate(service, old) {
      service.spec = old.spec;
    },
    defaults: applyDefaults,
    validate: validateService,
    validateStatus: (service, _old, errors) => validateServiceStatus(service, errors),
    warnings(service) {
      const spec = fieldsOf(service.spec);
      const headless = spec.type === "ClusterIP" && spec.clusterIP === "None";
      const isName = spec.type === "ExternalName";
      const external = listOf(spec.externalIPs).length > 0;
      const found: readonly (readonly [boolean, string])[] = [
        [headless && spec.loadBalancerIP !== undefined, "spec.loadBalancerIP is ignored for headless services"],
        [headless && external, "spec.externalIPs is ignored for headless services"],
        [headless && spec.sessionAffinity !== "None", "spec.SessionAffinity is ignored for headless services"],
        [
          external && !headless && !isName,
          "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
        ],
        [external && isName, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
        [
          spec.externalName !== undefined && !isName,
          'spec.externalName is ignored when spec.type is not "ExternalName"',
        ],
        [
          spec.trafficDistribution === "PreferClose",
          'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
        ],
      ];
      return found.filter(([is]) => is).map(([, text]) => text);
    },
    allocate: (service, old, errors, context) => allocateService(service, old, errors, context, options),
  };
}

function applyDefaults(service: Stored): void {
  const spec = ensure(service, "spec");
  spec.type ??= "ClusterIP";
  spec.sessionAffinity ??= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP") {
    ensure(ensure(spec, "sessionAffinityConfig"), "clientIP").timeoutSeconds ??= SESSION_TIMEOUT_S;
  }
  for (const port of listOf(spec.ports).filter(isFields)) {
    port.protocol ??= "TCP";
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === "") {
      port.targetPort = port.port;
    }
  }
  const type = spec.type;
  if (isExternal(spec)) spec.externalTrafficPolicy ??= "Cluster";
  if (type !== "ExternalName") spec.internalTrafficPolicy ??= "Cluster";
  if (type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
  if (type !== "LoadBalancer") return;
  for (const entry of listOf(at(service, "status", "loadBalancer", "ingress")).filter(isFields)) {
    if (entry.ip) entry.ipMode ??= "VIP";
  }
}

/** An update that leaves out what was given out does not give it back. */
function keepAllocated(spec: Fields, before: Fields): void {
  if (needsClusterIp(spec) && needsClusterIp(before)) {
    spec.clusterIP ??= before.clusterIP;
    spec.clusterIPs ??= before.clusterIPs;
  }
  if (needsNodePort(spec) && needsNodePort(before)) keepNodePorts(spec, before);
  if (needsHealthCheckPort(spec) && needsHealthCheckPort(before)) {
    spec.healthCheckNodePort ??= before.healthCheckNodePort;
  }
}

/** Ports are known by their names: everything else about them may change. */
function keepNodePorts(spec: Fields, before: Fields): void {
  const ports = listOf(spec.ports).filter(isFields);
  const taken = new Set(ports.map((port) => port.nodePort).filter((port) => port !== undefined));
  const byName = new Map(
    listOf(before.ports)
      .filter(isFields)
      .map((port) => [port.name, port.nodePort]),
  );
  for (const port of ports) {
    const nodePort = byName.get(port.name);
    if (port.nodePort === undefined && nodePort !== undefined && !taken.has(nodePort)) port.nodePort = nodePort;
  }
}

/** What only makes sense for the old type goes with it, unless the client has just changed it. */
function dropForType(spec: Fields, before: Fields): void {
  const drop = (name: string) => {
    if (JSON.stringify(spec[name]) === JSON.stringify(before[name])) delete spec[name];
  };
  if (!needsClusterIp(spec) && needsClusterIp(before)) {
    for (const name of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"]) drop(name);
  }
  if (mayHaveNodePort(before) && !mayHaveNodePort(spec)) {
    const old = new Set(listOf(before.ports).map((port) => at(port, "nodePort")));
    for (const port of listOf(spec.ports).filter(isFields)) {
      if (old.has(port.nodePort)) delete port.nodePort;
    }
  }
  if (isExternal(before) && !isExternal(spec)) drop("externalTrafficPolicy");
  if (needsHealthCheckPort(before) && !needsHealthCheckPort(spec)) drop("healthCheckNodePort");
  if (before.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    drop("allocateLoadBalancerNodePorts");
    drop("loadBalancerClass");
  }
}

/** clusterIP and clusterIPs say the same: when only one of them was changed, the other follows. */
function matchClusterIps(spec: Fields, before: Fields): void {
  const list = listOf(spec.clusterIPs);
  if (list.length === 0 && spec.clusterIP === before.clusterIP && before.clusterIPs !== undefined) {
    spec.clusterIPs = before.clusterIPs;
  }
  if (spec.clusterIP === before.clusterIP || !equal(spec.clusterIPs, before.clusterIPs)) return;
  if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
  else delete spec.clusterIPs;
}
