/** What a Service may say, and what it becomes. */
import { get, post, put, type Scenario, SERVICES, scenario, service } from "./scenario.ts";

/** Each is created, and the answer is what counts. */
const CREATED: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["a plain Service gets its defaults", {}],
  ["a NodePort Service gets its defaults", { type: "NodePort" }],
  ["a load balancer gets its defaults", { type: "LoadBalancer" }],
  [
    "a load balancer that keeps the client's address gets a port for health checks",
    { type: "LoadBalancer", externalTrafficPolicy: "Local" },
  ],
  ["a load balancer may do without node ports", { type: "LoadBalancer", allocateLoadBalancerNodePorts: false }],
  ["a load balancer of a class", { type: "LoadBalancer", loadBalancerClass: "example.com/lb" }],
  ["a headless Service has no address", { clusterIP: "None" }],
  ["a headless Service without ports", { clusterIP: "None", ports: [] }],
  [
    "a headless Service without a selector may require dual stack",
    { clusterIP: "None", selector: {}, ipFamilyPolicy: "PreferDualStack" },
  ],
  ["an external name has no address", { type: "ExternalName", externalName: "db.example.com", ports: [] }],
  ["an external name may end with a dot", { type: "ExternalName", externalName: "db.example.com.", ports: [] }],
  ["sticky sessions get a time", { sessionAffinity: "ClientIP" }],
  [
    "ports with names, protocols and named targets",
    {
      ports: [
        { name: "a", port: 80, targetPort: "http" },
        { name: "b", port: 80, protocol: "UDP", appProtocol: "example.com/x" },
      ],
    },
  ],
  [
    "the same port over TCP and UDP shares a node port number",
    {
      type: "NodePort",
      ports: [
        { name: "a", port: 53 },
        { name: "b", port: 53, protocol: "UDP" },
      ],
    },
  ],
  ["source ranges are kept", { type: "LoadBalancer", loadBalancerSourceRanges: ["192.0.2.0/24", "2001:db8::/32"] }],
  ["a wish for dual stack falls back to one family", { ipFamilyPolicy: "PreferDualStack" }],
  ["traffic distribution is kept", { trafficDistribution: "PreferClose" }],
  ["external addresses are kept", { externalIPs: ["192.0.2.9"], externalTrafficPolicy: "Local" }],
  ["unready addresses may be published", { publishNotReadyAddresses: true }],
  ["an asked load balancer address is kept", { type: "LoadBalancer", loadBalancerIP: "192.0.2.7" }],
];

/** Each is refused, and the Status is what counts. */
const REFUSED: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["no ports", { ports: [] }],
  ["a port of 0", { ports: [{ port: 0 }] }],
  ["a port above 65535", { ports: [{ port: 70000 }] }],
  ["a port with a bad number and a bad target", { ports: [{ port: -1, targetPort: 65536 }] }],
  ["two ports without names", { ports: [{ port: 80 }, { port: 81 }] }],
  [
    "two ports of the same name",
    {
      ports: [
        { name: "a", port: 80 },
        { name: "a", port: 81 },
      ],
    },
  ],
  [
    "the same port and protocol twice",
    {
      ports: [
        { name: "a", port: 80 },
        { name: "b", port: 80 },
      ],
    },
  ],
  ["a port name with capitals", { ports: [{ name: "Http", port: 80 }] }],
  ["a protocol that does not exist", { ports: [{ port: 80, protocol: "HTTP" }] }],
  ["a target port name that is too long", { ports: [{ port: 80, targetPort: "a-very-long-port-name" }] }],
  ["a target port name with capitals", { ports: [{ port: 80, targetPort: "Http" }] }],
  ["a target port name of digits", { ports: [{ port: 80, targetPort: "80" }] }],
  ["an appProtocol that is no qualified name", { ports: [{ port: 80, appProtocol: "a b" }] }],
  ["a type that does not exist", { type: "Balancer" }],
  ["a session affinity that does not exist", { sessionAffinity: "Cookie" }],
  ["a session time of 0", { sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } }],
  [
    "a session time of two days",
    { sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 172800 } } },
  ],
  [
    "a session configuration without affinity",
    { sessionAffinity: "None", sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } } },
  ],
  ["a headless load balancer", { type: "LoadBalancer", clusterIP: "None" }],
  ["a headless NodePort Service", { type: "NodePort", clusterIP: "None" }],
  ["an external name that is missing", { type: "ExternalName", ports: [] }],
  ["an external name that is no DNS name", { type: "ExternalName", externalName: "-x", ports: [] }],
  ["an external name with an address", { type: "ExternalName", externalName: "a.b", clusterIP: "10.0.0.7", ports: [] }],
  ["an external name with families", { type: "ExternalName", externalName: "a.b", ipFamilies: ["IPv4"], ports: [] }],
  ["a node port on a plain Service", { ports: [{ port: 80, nodePort: 30031 }] }],
  ["a node port out of range", { type: "NodePort", ports: [{ port: 80, nodePort: 80 }] }],
  [
    "the same node port twice",
    {
      type: "NodePort",
      ports: [
        { name: "a", port: 80, nodePort: 30032 },
        { name: "b", port: 81, nodePort: 30032 },
      ],
    },
  ],
  ["an address that is none", { clusterIP: "10.0.0" }],
  ["an address out of range", { clusterIP: "192.0.2.1" }],
  ["addresses that do not match", { clusterIP: "10.0.0.11", clusterIPs: ["10.0.0.12"] }],
  ["three addresses", { clusterIPs: ["10.0.0.11", "fd00::1", "10.0.0.12"] }],
  ["two addresses of one family", { clusterIPs: ["10.0.0.11", "10.0.0.12"] }],
  ["a family that does not exist", { ipFamilies: ["IPv5"] }],
  ["the same family twice", { ipFamilies: ["IPv4", "IPv4"], ipFamilyPolicy: "PreferDualStack" }],
  ["a family policy that does not exist", { ipFamilyPolicy: "Triple" }],
  ["two families with a single stack policy", { ipFamilies: ["IPv4", "IPv6"], ipFamilyPolicy: "SingleStack" }],
  ["dual stack where the cluster has one", { ipFamilyPolicy: "RequireDualStack" }],
  ["a family that the cluster has not", { ipFamilies: ["IPv6"] }],
  ["an external traffic policy that does not exist", { type: "LoadBalancer", externalTrafficPolicy: "Near" }],
  ["an external traffic policy on a plain Service", { externalTrafficPolicy: "Local" }],
  ["an internal traffic policy that does not exist", { internalTrafficPolicy: "Near" }],
  ["a traffic distribution that does not exist", { trafficDistribution: "Anywhere" }],
  ["a health check port without its policy", { type: "LoadBalancer", healthCheckNodePort: 30033 }],
  [
    "a health check port out of range",
    { type: "LoadBalancer", externalTrafficPolicy: "Local", healthCheckNodePort: 80 },
  ],
  ["a load balancer class on a plain Service", { loadBalancerClass: "example.com/lb" }],
  ["a load balancer class that is no label key", { type: "LoadBalancer", loadBalancerClass: "a b" }],
  ["node port allocation on a plain Service", { allocateLoadBalancerNodePorts: true }],
  ["source ranges on a plain Service", { loadBalancerSourceRanges: ["192.0.2.0/24"] }],
  ["source ranges that are none", { type: "LoadBalancer", loadBalancerSourceRanges: ["192.0.2.0/24", "here"] }],
  ["a selector value that is no label", { selector: { app: "-x-" } }],
  ["a selector key that is no label", { selector: { "a b": "x" } }],
  ["external addresses that are none", { externalIPs: ["x", "127.0.0.1", "0.0.0.0"] }],
  ["many mistakes at once", { type: "Foo", sessionAffinity: "Bar", ports: [{ port: 0 }, { port: 70000 }] }],
];

const NAMES = ["Web", "1web", "web.x", "-web", "a".repeat(64), "web_x"];

export const SERVICE_SCENARIOS: readonly Scenario[] = [
  ...CREATED.map(([name, spec]) => scenario(`Service: ${name}`, post(SERVICES, service("web", spec)))),
  ...REFUSED.map(([name, spec]) => scenario(`Service: refused are ${name}`, post(SERVICES, service("web", spec)))),
  scenario("Service: names that are no DNS labels are refused", ...NAMES.map((name) => post(SERVICES, service(name)))),
  scenario(
    "Service: annotations of load balancers are taken as they are",
    post(SERVICES, service("web", { type: "LoadBalancer" }, { annotations: { "example.com/Lb-ID": "lb-1", x: "" } })),
  ),
  scenario(
    "Service: a bad label, annotation and finalizer are all named",
    post(SERVICES, service("web", {}, { labels: { d: "-" }, annotations: { "/x": "y" }, finalizers: ["nonsense"] })),
  ),
  scenario("Service: PUT to a name that is not there", put(`${SERVICES}/web`, service("web")), get(`${SERVICES}/web`)),
  scenario(
    "Service: PUT to a name that is not there, with a uid or a version",
    put(`${SERVICES}/web`, service("web", {}, { uid: "00000000-0000-4000-8000-000000000001" })),
    put(`${SERVICES}/web`, service("web", {}, { resourceVersion: "5" })),
  ),
];
