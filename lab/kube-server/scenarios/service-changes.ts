/** What becomes of a Service that is changed, and what two Services may not share. */
import { del, get, patch, post, put, type Scenario, SERVICES, scenario, service } from "./scenario.ts";

const WEB = `${SERVICES}/web`;
type Spec = Readonly<Record<string, unknown>>;

/** A Service is made with one spec and replaced by another, without a resourceVersion. */
const replaced = (name: string, before: Spec, after: Spec): Scenario =>
  scenario(
    `Service change: ${name}`,
    post(SERVICES, service("web", before), { as: "made" }),
    put(WEB, service("web", after)),
    get(WEB),
  );

/** A Service is made with one spec and merge-patched. */
const patched = (name: string, before: Spec, spec: Spec): Scenario =>
  scenario(
    `Service change: ${name}`,
    post(SERVICES, service("web", before), { as: "made" }),
    patch("merge", WEB, { spec }),
    get(WEB),
  );

const LB = { type: "LoadBalancer" };
const LOCAL = { type: "LoadBalancer", externalTrafficPolicy: "Local" };
const ingress = (...list: unknown[]) => ({ status: { loadBalancer: { ingress: list } } });

export const SERVICE_CHANGE_SCENARIOS: readonly Scenario[] = [
  replaced(
    "what was given out is kept when left out",
    { type: "NodePort" },
    { type: "NodePort", selector: { a: "b" } },
  ),
  replaced("plain to load balancer", {}, LB),
  replaced("load balancer to plain", LB, {}),
  replaced("NodePort to load balancer keeps the port", { type: "NodePort" }, LB),
  replaced("plain to external name", {}, { type: "ExternalName", externalName: "a.b" }),
  replaced("external name to plain", { type: "ExternalName", externalName: "a.b" }, {}),
  replaced("headless to plain", { clusterIP: "None" }, { type: "ClusterIP", clusterIP: "" }),
  replaced("an address cannot be changed", { clusterIP: "10.0.0.61" }, { clusterIP: "10.0.0.62" }),
  replaced("an address cannot be taken away", {}, { clusterIP: "None" }),
  replaced("Local to Cluster gives the health check port back", LOCAL, { ...LB, externalTrafficPolicy: "Cluster" }),
  replaced("Cluster to Local", LB, LOCAL),
  replaced(
    "the class of a load balancer cannot be changed",
    { ...LB, loadBalancerClass: "a.b/c" },
    { ...LB, loadBalancerClass: "a.b/d" },
  ),
  replaced("the class of a load balancer cannot be added", LB, { ...LB, loadBalancerClass: "a.b/c" }),
  replaced("the class of a load balancer goes with its type", { ...LB, loadBalancerClass: "a.b/c" }, {}),
  replaced(
    "ports are added and removed",
    { ports: [{ name: "a", port: 80 }] },
    {
      ports: [
        { name: "b", port: 81 },
        { name: "c", port: 82 },
      ],
    },
  ),
  patched("plain to load balancer by a patch", {}, LB),
  patched("load balancer to plain by a patch", LB, { type: "ClusterIP" }),
  patched("Local load balancer to plain", LOCAL, { type: "ClusterIP" }),
  patched("NodePort to external name", { type: "NodePort" }, { type: "ExternalName", externalName: "a.b" }),
  patched("a health check port cannot be changed", LOCAL, { healthCheckNodePort: 30034 }),
  patched(
    "the class of a load balancer is patched",
    { ...LB, loadBalancerClass: "a.b/c" },
    { loadBalancerClass: null },
  ),
  patched("dual stack is asked for later", {}, { ipFamilyPolicy: "PreferDualStack" }),
  patched("dual stack is required later", {}, { ipFamilyPolicy: "RequireDualStack" }),
  patched("the family cannot be changed", {}, { ipFamilies: ["IPv6"] }),
  patched("addresses are cleared", {}, { clusterIP: null, clusterIPs: null }),
  patched("the type is invalid", {}, { type: "Foo" }),
  patched("sticky sessions", {}, { sessionAffinity: "ClientIP" }),
  patched("sticky sessions no more", { sessionAffinity: "ClientIP" }, { sessionAffinity: "None" }),
  patched("node ports no more", LB, { allocateLoadBalancerNodePorts: false }),
  scenario(
    "Service change: a node port and an address can be held once",
    post(SERVICES, service("a", { type: "NodePort", clusterIP: "10.0.0.63", ports: [{ port: 80, nodePort: 30011 }] })),
    post(SERVICES, service("b", { type: "NodePort", ports: [{ port: 80, nodePort: 30011 }] })),
    post(SERVICES, service("c", { clusterIP: "10.0.0.63" })),
    del(`${SERVICES}/a`),
    post(SERVICES, service("b", { type: "NodePort", clusterIP: "10.0.0.63", ports: [{ port: 80, nodePort: 30011 }] })),
    del(`${SERVICES}/b`),
  ),
  scenario(
    "Service change: a health check port can be held once",
    post(SERVICES, service("a", { ...LOCAL, healthCheckNodePort: 30012 })),
    post(SERVICES, service("b", { ...LOCAL, healthCheckNodePort: 30012 })),
    post(SERVICES, service("c", { type: "NodePort", ports: [{ port: 80, nodePort: 30012 }] })),
    del(`${SERVICES}/a`),
    post(SERVICES, service("d", { type: "NodePort", clusterIP: "10.0.0.65", ports: [{ port: 80, nodePort: 30012 }] })),
    del(`${SERVICES}/d`),
  ),
  scenario(
    "Service change: a port given out is given back by a change of type",
    post(SERVICES, service("a", { type: "NodePort", ports: [{ port: 80, nodePort: 30013 }] })),
    patch("merge", `${SERVICES}/a`, { spec: { type: "ClusterIP", ports: [{ port: 80 }] } }),
    post(SERVICES, service("b", { type: "NodePort", ports: [{ port: 80, nodePort: 30013 }] })),
    del(`${SERVICES}/b`),
  ),
  scenario(
    "Service status: only the status is written, and addresses are VIPs",
    post(SERVICES, service("web", LB)),
    patch("merge", `${WEB}/status`, { ...ingress({ ip: "192.0.2.1" }), spec: { type: "ClusterIP" } }),
    patch("merge", WEB, ingress({ ip: "192.0.2.2" })),
    get(`${WEB}/status`),
  ),
  scenario(
    "Service status: labels are not written with it, annotations neither",
    post(SERVICES, service("web", LB)),
    patch("merge", `${WEB}/status`, {
      metadata: { labels: { a: "b" }, annotations: { c: "d" } },
      ...ingress({ hostname: "a.b" }),
    }),
  ),
  scenario(
    "Service status: modes, hosts and ports",
    post(SERVICES, service("web", LB)),
    patch(
      "merge",
      `${WEB}/status`,
      ingress({ ip: "192.0.2.1", ipMode: "Proxy", ports: [{ port: 80, protocol: "TCP" }] }),
    ),
    patch("merge", `${WEB}/status`, ingress({ hostname: "lb.example.com" })),
    patch("merge", `${WEB}/status`, ingress({ hostname: "lb.example.com", ipMode: "VIP" })),
    patch("merge", `${WEB}/status`, ingress({ ip: "192.0.2.1", ipMode: "Magic" })),
    patch("merge", `${WEB}/status`, ingress({ ip: "nowhere" })),
    patch("merge", `${WEB}/status`, ingress({ hostname: "192.0.2.1" })),
    patch("merge", `${WEB}/status`, ingress({ hostname: "Not_A_Host" })),
  ),
  scenario(
    "Service status: an address on a plain Service",
    post(SERVICES, service("web")),
    patch("merge", `${WEB}/status`, ingress({ ip: "192.0.2.1" })),
  ),
  scenario(
    "Service status: it goes with the type",
    post(SERVICES, service("web", LB)),
    patch("merge", `${WEB}/status`, ingress({ ip: "192.0.2.1" })),
    patch("merge", WEB, { spec: { type: "ClusterIP" } }),
    get(WEB),
  ),
  scenario(
    "Service status: conditions merge by type",
    post(SERVICES, service("web", LB)),
    patch("strategic", `${WEB}/status`, {
      status: {
        conditions: [
          { type: "A", status: "True", reason: "R", message: "m", lastTransitionTime: "2024-01-01T00:00:00Z" },
        ],
      },
    }),
    patch("strategic", `${WEB}/status`, {
      status: {
        conditions: [
          { type: "B", status: "False", reason: "R", message: "", lastTransitionTime: "2024-01-01T00:00:00Z" },
        ],
      },
    }),
    patch("strategic", `${WEB}/status`, { status: { conditions: [{ type: "A", status: "Maybe" }] } }),
  ),
];
