/** The rules of Services, worded like the API server's. */
import { at, fieldsOf, listOf, type Stored, textOf } from "../json.ts";
import { type FieldErrors, nameProblem, validateLabels } from "../validation.ts";
import { needsHealthCheckPort, portsOf } from "./service-strategy.ts";

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const POLICIES = ["Cluster", "Local"];
const PORT_RANGE = "must be between 1 and 65535, inclusive";
const LB_ONLY = "may only be used when `type` is 'LoadBalancer'";

const isPort = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;

export function validateService(service: Stored, old: Stored | undefined, errors: FieldErrors): void {
  const spec = fieldsOf(service.spec);
  const type = textOf(spec.type);
  if (!TYPES.includes(type)) errors.unsupported("spec.type", type, TYPES);
  const headless = spec.clusterIP === "None";
  if (portsOf(service).length === 0 && !headless && type !== "ExternalName") errors.required("spec.ports");
  if (type === "LoadBalancer" && headless) {
    errors.invalid("spec.clusterIPs[0]", "None", "may not be set to 'None' for LoadBalancer services");
  }
  if (type === "NodePort" && headless) {
    errors.invalid("spec.clusterIPs[0]", "None", "may not be set to 'None' for NodePort services");
  }
  if (type === "ExternalName") {
    if (spec.clusterIP) errors.forbidden("spec.clusterIPs", "may not be set when `type` is 'ExternalName'");
    const name = textOf(spec.externalName).replace(/\.$/, "");
    if (name === "") errors.required("spec.externalName");
    else {
      const problem = nameProblem("dns1123subdomain", name);
      if (problem) errors.invalid("spec.externalName", spec.externalName, problem);
    }
  }
  const ips = listOf(spec.clusterIPs);
  if (spec.clusterIP && ips.length > 0 && ips[0] !== spec.clusterIP) {
    errors.invalid("spec.clusterIPs", ips, "first value must match `clusterIP`");
  }
  validateLabels(spec.selector, "spec.selector", errors);
  if (!["None", "ClientIP"].includes(textOf(spec.sessionAffinity))) {
    errors.unsupported("spec.sessionAffinity", spec.sessionAffinity, ["ClientIP", "None"]);
  }
  validatePorts(service, errors);
  validateTraffic(service, errors);
  validateLoadBalancer(service, errors);
  if (old) validateChange(service, old, errors);
}

function validatePorts(service: Stored, errors: FieldErrors): void {
  const ports = portsOf(service);
  const type = at(service, "spec", "type");
  const names = new Set<string>();
  const keys = new Set<string>();
  const nodePorts = new Set<string>();
  ports.forEach((port, index) => {
    const field = `spec.ports[${index}]`;
    const name = textOf(port.name);
    if (name === "" && ports.length > 1) errors.required(`${field}.name`);
    if (name !== "") {
      const problem = nameProblem("dns1123label", name);
      if (problem) errors.invalid(`${field}.name`, name, problem);
      else if (names.has(name)) errors.duplicate(`${field}.name`, name);
      names.add(name);
    }
    if (!isPort(port.port)) errors.invalid(`${field}.port`, port.port ?? 0, PORT_RANGE);
    const protocol = textOf(port.protocol);
    if (!PROTOCOLS.includes(protocol)) errors.unsupported(`${field}.protocol`, protocol, PROTOCOLS);
    validateTargetPort(`${field}.targetPort`, port.targetPort, errors);
    const key = `${protocol}/${textOf(port.port)}`;
    if (keys.has(key)) errors.duplicate(field, { protocol, port: port.port });
    keys.add(key);
    const nodePort = port.nodePort;
    if (nodePort === undefined) return;
    if (type === "ClusterIP" || type === "ExternalName") {
      errors.forbidden(`${field}.nodePort`, `may not be used when \`type\` is '${textOf(type)}'`);
    }
    const nodeKey = `${protocol}/${textOf(nodePort)}`;
    if (nodePorts.has(nodeKey)) errors.duplicate(`${field}.nodePort`, nodePort);
    nodePorts.add(nodeKey);
  });
}

function validateTargetPort(field: string, value: unknown, errors: FieldErrors): void {
  if (typeof value === "number") {
    if (!isPort(value)) errors.invalid(field, value, PORT_RANGE);
  } else if (!/^(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(textOf(value)) || textOf(value).length > 15) {
    errors.invalid(
      field,
      value,
      "must contain at least one letter (a-z) and be no more than 15 characters of a-z, 0-9 and -",
    );
  }
}

function validateTraffic(service: Stored, errors: FieldErrors): void {
  const spec = fieldsOf(service.spec);
  const external = spec.externalTrafficPolicy;
  if (external !== undefined && !POLICIES.includes(textOf(external))) {
    errors.unsupported("spec.externalTrafficPolicy", external, POLICIES);
  }
  const mayBeExternal = spec.type === "NodePort" || spec.type === "LoadBalancer";
  if (external !== undefined && !mayBeExternal && listOf(spec.externalIPs).length === 0) {
    errors.invalid("spec.externalTrafficPolicy", external, "may only be set for externally-accessible services");
  }
  const internal = spec.internalTrafficPolicy;
  if (internal !== undefined && !POLICIES.includes(textOf(internal))) {
    errors.unsupported("spec.internalTrafficPolicy", internal, POLICIES);
  }
  if (spec.healthCheckNodePort !== undefined && !needsHealthCheckPort(spec)) {
    errors.invalid(
      "spec.healthCheckNodePort",
      spec.healthCheckNodePort,
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    );
  }
}

function validateLoadBalancer(service: Stored, errors: FieldErrors): void {
  const spec = fieldsOf(service.spec);
  const loadBalancer = spec.type === "LoadBalancer";
  if (spec.loadBalancerClass !== undefined && !loadBalancer) errors.forbidden("spec.loadBalancerClass", LB_ONLY);
  if (spec.allocateLoadBalancerNodePorts !== undefined && !loadBalancer) {
    errors.forbidden("spec.allocateLoadBalancerNodePorts", LB_ONLY);
  }
  const ranges = listOf(spec.loadBalancerSourceRanges);
  if (ranges.length > 0 && !loadBalancer) errors.forbidden("spec.loadBalancerSourceRanges", LB_ONLY);
  ranges.forEach((range, index) => {
    if (!isCidr(textOf(range).trim())) {
      errors.invalid(
        `spec.loadBalancerSourceRanges[${index}]`,
        range,
        "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
      );
    }
  });
}

function isCidr(text: string): boolean {
  const [ip = "", bits, more] = text.split("/");
  if (bits === undefined || more !== undefined || !/^\d+$/.test(bits)) return false;
  if (ip.includes(":")) return /^[0-9a-fA-F:.]+$/.test(ip) && Number(bits) <= 128;
  const parts = ip.split(".");
  return parts.length === 4 && parts.every((part) => /^\d+$/.test(part) && Number(part) <= 255) && Number(bits) <= 32;
}

function validateChange(service: Stored, old: Stored, errors: FieldErrors): void {
  const spec = fieldsOf(service.spec);
  const before = fieldsOf(old.spec);
  const bothHaveIp = spec.type !== "ExternalName" && before.type !== "ExternalName";
  if (bothHaveIp && before.clusterIP && spec.clusterIP !== before.clusterIP) {
    errors.invalid("spec.clusterIPs[0]", listOf(spec.clusterIPs), "may not change once set");
  }
  if (
    before.type === "LoadBalancer" &&
    spec.type === "LoadBalancer" &&
    spec.loadBalancerClass !== before.loadBalancerClass
  ) {
    errors.invalid("spec.loadBalancerClass", spec.loadBalancerClass, "may not change once set");
  }
}
