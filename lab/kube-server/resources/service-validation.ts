/** The rules of Services, worded like the API server's and in its order. */
import { at, fieldsOf, listOf, type Stored, textOf } from "../json.ts";
import { type FieldErrors, keyProblems, nameProblems, validateLabels } from "../validation.ts";
import { isCidr, isIp, validateClusterIps } from "./service-addresses.ts";
import { isExternal, needsHealthCheckPort, portsOf } from "./service-strategy.ts";

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const POLICIES = ["Cluster", "Local"];
const DISTRIBUTIONS = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const PORT_RANGE = "must be between 1 and 65535, inclusive";
const LB_ONLY = "may only be used when `type` is 'LoadBalancer'";
const MAX_SESSION_S = 86_400;
const IP_WORDS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const CIDR_WORDS = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

const isPort = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;

export function validateService(service: Stored, old: Stored | undefined, errors: FieldErrors): void {
  const spec = fieldsOf(service.spec);
  const type = textOf(spec.type);
  if (old) validateChange(service, old, errors);
  const headless = spec.clusterIP === "None";
  if (portsOf(service).length === 0 && !headless && type !== "ExternalName") errors.required("spec.ports");
  if ((type === "LoadBalancer" || type === "NodePort") && headless) {
    errors.invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${type} services`);
  }
  if (type === "ExternalName") validateExternalName(service, errors);
  validatePorts(service, errors);
  validateLabels(spec.selector, "spec.selector", errors);
  validateAffinity(service, errors);
  if (type !== "ExternalName") validateClusterIps(service, errors);
  listOf(spec.externalIPs).forEach((ip, index) => {
    validateEndpointIp(`spec.externalIPs[${index}]`, textOf(ip), errors);
  });
  if (!TYPES.includes(type)) errors.unsupported("spec.type", type, TYPES);
  validatePortUse(service, errors);
  validateLoadBalancer(service, errors);
  validateTraffic(service, errors);
}

function validateExternalName(service: Stored, errors: FieldErrors): void {
  const spec = fieldsOf(service.spec);
  for (const name of ["clusterIPs", "ipFamilies", "ipFamilyPolicy"]) {
    if (spec[name] !== undefined) errors.forbidden(`spec.${name}`, "may not be set for ExternalName services");
  }
  const name = textOf(spec.externalName).replace(/\.$/, "");
  if (name === "") errors.required("spec.externalName");
  else for (const one of nameProblems("dns1123subdomain", name)) errors.invalid("spec.externalName", name, one);
}

function validatePorts(service: Stored, errors: FieldErrors): void {
  const ports = portsOf(service);
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const field = `spec.ports[${index}]`;
    const name = textOf(port.name);
    if (name === "" && ports.length > 1) errors.required(`${field}.name`);
    if (name !== "") {
      for (const problem of nameProblems("dns1123label", name)) errors.invalid(`${field}.name`, name, problem);
      if (names.has(name)) errors.duplicate(`${field}.name`, name);
      names.add(name);
    }
    if (!isPort(port.port)) errors.invalid(`${field}.port`, port.port ?? 0, PORT_RANGE);
    const protocol = textOf(port.protocol);
    if (!PROTOCOLS.includes(protocol)) errors.unsupported(`${field}.protocol`, protocol, PROTOCOLS);
    validateTargetPort(`${field}.targetPort`, port.targetPort ?? 0, errors);
    if (port.appProtocol !== undefined) {
      for (const problem of keyProblems(textOf(port.appProtocol))) {
        errors.invalid(`${field}.appProtocol`, port.appProtocol, problem);
      }
    }
  });
}

function validateTargetPort(field: string, value: unknown, errors: FieldErrors): void {
  if (typeof value === "number") {
    if (!isPort(value)) errors.invalid(field, value, PORT_RANGE);
    return;
  }
  const text = textOf(value);
  if (text.length > 15) errors.invalid(field, text, "must be no more than 15 characters");
  if (!/^[-a-z0-9]+$/.test(text)) {
    errors.invalid(field, text, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  } else if (!/[a-z]/.test(text)) errors.invalid(field, text, "must contain at least one letter (a-z)");
  if (text.includes("--")) errors.invalid(field, text, "must not contain consecutive hyphens");
  if (/^-|-$/.test(text)) errors.invalid(field, text, "must not begin or end with a hyphen");
}

/** What ports may not share. */
function validatePortUse(service: Stored, errors: FieldErrors): void {
  const ports = portsOf(service);
  const nodePorts = new Set<string>();
  const keys = new Set<string>();
  ports.forEach((port, index) => {
    if (port.nodePort === undefined || at(service, "spec", "type") !== "ClusterIP") return;
    errors.forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'");
  });
  ports.forEach((port, index) => {
    if (port.nodePort === undefined) return;
    const key = `${textOf(port.protocol)}/${textOf(port.nodePort)}`;
    if (nodePorts.has(key)) errors.duplicate(`spec.ports[${index}].nodePort`, port.nodePort);
    nodePorts.add(key);
  });
  ports.forEach(({ protocol, port }, index) => {
    const key = `${textOf(protocol)}/${textOf(port)}`;
    const shown = { Name: "", Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
    if (keys.has(key)) errors.duplicate(`spec.ports[${index}]`, shown);
    keys.add(key);
  });
}

function validateAffinity(service: Stored, errors: FieldErrors): void {
  const spec = fieldsOf(service.spec);
  const affinity = textOf(spec.sessionAffinity);
  if (!["None", "ClientIP"].includes(affinity)) {
    errors.unsupported("spec.sessionAffinity", affinity, ["ClientIP", "None"]);
  }
  if (affinity !== "ClientIP") return;
  const seconds = at(spec.sessionAffinityConfig, "clientIP", "timeoutSeconds");
  if (Number(seconds) > 0 && Number(seconds) <= MAX_SESSION_S) return;
  const field = "spec.sessionAffinityConfig.clientIP.timeoutSeconds";
  errors.invalid(field, seconds, `must be greater than 0 and less than ${MAX_SESSION_S}`);
}

/** An address of the outside world: not the machine's own. */
export function validateEndpointIp(field: string, ip: string, errors: FieldErrors): void {
  if (!isIp(ip)) errors.invalid(field, ip, IP_WORDS);
  else if (ip === "0.0.0.0" || ip === "::") errors.invalid(field, ip, `may not be unspecified (${ip})`);
  else if (/^127\.|^::1$/.test(ip))
    errors.invalid(field, ip, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
  else if (/^169\.254\.|^fe[89ab]/i.test(ip)) {
    errors.invalid(field, ip, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  } else if (/^224\.0\.0\.|^ff02:/i.test(ip)) {
    errors.invalid(field, ip, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
  }
}

function validateTraffic(service: Stored, errors: FieldErrors): void {
  const spec = fieldsOf(service.spec);
  const external = spec.externalTrafficPolicy;
  if (!isExternal(spec)) {
    if (external !== undefined) {
      errors.invalid("spec.externalTrafficPolicy", external, "may only be set for externally-accessible services");
    }
  } else if (!POLICIES.includes(textOf(external))) {
    if (external === undefined) errors.required("spec.externalTrafficPolicy");
    else errors.unsupported("spec.externalTrafficPolicy", external, POLICIES);
  }
  if (spec.healthCheckNodePort !== undefined && !needsHealthCheckPort(spec)) {
    errors.invalid(
      "spec.healthCheckNodePort",
      spec.healthCheckNodePort,
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    );
  }
  const internal = spec.internalTrafficPolicy;
  if (internal !== undefined && !POLICIES.includes(textOf(internal))) {
    errors.unsupported("spec.internalTrafficPolicy", internal, POLICIES);
  }
  const distribution = spec.trafficDistribution;
  if (distribution !== undefined && !DISTRIBUTIONS.includes(textOf(distribution))) {
    errors.unsupported("spec.trafficDistribution", distribution, DISTRIBUTIONS);
  }
}

function validateLoadBalancer(service: Stored, errors: FieldErrors): void {
  const spec = fieldsOf(service.spec);
  const loadBalancer = spec.type === "LoadBalancer";
  const ranges = listOf(spec.loadBalancerSourceRanges);
  // The capital letter is the API server's.
  const field = "spec.LoadBalancerSourceRanges";
  if (ranges.length > 0 && !loadBalancer) errors.forbidden(field, LB_ONLY);
  ranges.forEach((range, index) => {
    if (!isCidr(textOf(range).trim())) errors.invalid(`${field}[${index}]`, textOf(range).trim(), CIDR_WORDS);
  });
  if (spec.allocateLoadBalancerNodePorts !== undefined && !loadBalancer) {
    errors.forbidden("spec.allocateLoadBalancerNodePorts", LB_ONLY);
  }
  validateClass(service, undefined, errors);
}

/** For a change it is looked at before everything else, and again with the rest. */
function validateClass(service: Stored, old: Stored | undefined, errors: FieldErrors): void {
  const spec = fieldsOf(service.spec);
  const before = fieldsOf(old?.spec);
  const loadBalancer = spec.type === "LoadBalancer";
  if (before.type === "LoadBalancer" && loadBalancer && spec.loadBalancerClass !== before.loadBalancerClass) {
    errors.invalid("spec.loadBalancerClass", spec.loadBalancerClass, "may not change once set");
  }
  if (spec.loadBalancerClass === undefined) return;
  if (!loadBalancer) errors.forbidden("spec.loadBalancerClass", LB_ONLY);
  for (const problem of keyProblems(textOf(spec.loadBalancerClass))) {
    errors.invalid("spec.loadBalancerClass", spec.loadBalancerClass, problem);
  }
}

function validateChange(service: Stored, old: Stored, errors: FieldErrors): void {
  const spec = fieldsOf(service.spec);
  const before = fieldsOf(old.spec);
  const bothHaveIp = spec.type !== "ExternalName" && before.type !== "ExternalName";
  if (bothHaveIp && before.clusterIP && spec.clusterIP !== before.clusterIP) {
    errors.invalid("spec.clusterIPs[0]", listOf(spec.clusterIPs), "may not change once set");
  }
  validateClass(service, old, errors);
  if (
    needsHealthCheckPort(spec) &&
    needsHealthCheckPort(before) &&
    spec.healthCheckNodePort !== before.healthCheckNodePort
  ) {
    errors.forbidden("spec.healthCheckNodePort", "field is immutable");
  }
}

export function validateServiceStatus(service: Stored, errors: FieldErrors): void {
  const ingress = listOf(at(service, "status", "loadBalancer", "ingress"));
  if (ingress.length > 0 && at(service, "spec", "type") !== "LoadBalancer") {
    errors.forbidden("status.loadBalancer.ingress", "may only be used when `spec.type` is 'LoadBalancer'");
    return;
  }
  ingress.forEach((entry, index) => {
    const { ip, ipMode, hostname } = fieldsOf(entry);
    const field = `status.loadBalancer.ingress[${index}]`;
    if (ip !== undefined && !isIp(textOf(ip))) errors.invalid(`${field}.ip`, ip, IP_WORDS);
    if (ipMode === undefined) {
      if (ip !== undefined) errors.required(`${field}.ipMode`, "must be specified when `ip` is set");
    } else if (ip === undefined) errors.forbidden(`${field}.ipMode`, "may not be specified when `ip` is not set");
    else if (ipMode !== "VIP" && ipMode !== "Proxy") errors.unsupported(`${field}.ipMode`, ipMode, ["Proxy", "VIP"]);
    if (hostname === undefined) return;
    const name = textOf(hostname);
    for (const problem of nameProblems("dns1123subdomain", name)) errors.invalid(`${field}.hostname`, name, problem);
    if (isIp(name)) errors.invalid(`${field}.hostname`, name, "must be a DNS name, not an IP address");
  });
}
