/** What the world's controllers and kubectl really send: whole stories, kind after kind. */
import {
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  del,
  deployment,
  EVENTS,
  events,
  get,
  LEASES,
  lease,
  NAMESPACE,
  NODES,
  node,
  PODS,
  patch,
  pod,
  post,
  put,
  type Scenario,
  SERVICES,
  SLICES,
  scenario,
  service,
  slice,
  watch,
} from "./scenario.ts";

const A = `${NODES}/{ns}-a`;
const WEB = `${SERVICES}/web`;
const CLEANUP = "service.kubernetes.io/load-balancer-cleanup";
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const UNINITIALIZED = { key: "node.cloudprovider.kubernetes.io/uninitialized", value: "true", effect: "NoSchedule" };
const ports = (...list: unknown[]) => ({ spec: { ports: list } });

export const STORY_SCENARIOS: readonly Scenario[] = [
  scenario(
    "story: a node is initialised by a cloud controller manager",
    post(NODES, node("a", { spec: { taints: [UNINITIALIZED] } }), { as: "made" }),
    patch("strategic", A, { spec: { providerID: "cloud://i-1" } }),
    patch("strategic", A, {
      metadata: { labels: { "topology.kubernetes.io/zone": "z1", "node.kubernetes.io/instance-type": "g1" } },
    }),
    patch("strategic", `${A}/status`, {
      status: {
        "$setElementOrder/addresses": [{ type: "InternalIP" }, { type: "Hostname" }],
        addresses: [
          { type: "InternalIP", address: "192.0.2.1" },
          { type: "Hostname", address: "a" },
        ],
      },
    }),
    patch("strategic", A, { metadata: { uid: "{made:metadata.uid}" }, spec: { taints: null } }),
    get(A),
  ),
  scenario(
    "story: a node's condition is taken back by its type",
    post(
      NODES,
      node("a", {
        status: {
          conditions: [
            { type: "NetworkUnavailable", status: "True", reason: "NoRouteCreated" },
            { type: "Ready", status: "True" },
          ],
        },
      }),
    ),
    patch("strategic", `${A}/status`, {
      status: {
        conditions: [
          {
            type: "NetworkUnavailable",
            status: "False",
            reason: "RouteCreated",
            message: "m",
            lastHeartbeatTime: "2024-01-01T00:00:00Z",
            lastTransitionTime: "2024-01-01T00:00:00Z",
          },
        ],
      },
    }),
  ),
  scenario(
    "story: a load balancer is made, gets its address, and is cleaned up",
    post(SERVICES, service("web", { type: "LoadBalancer" }), { as: "made" }),
    watch(`${SERVICES}?watch=1&resourceVersion={made:metadata.resourceVersion}`),
    patch("merge", WEB, { metadata: { finalizers: [CLEANUP] } }),
    patch("merge", `${WEB}/status`, { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }] } } }),
    del(WEB),
    patch("merge", `${WEB}/status`, { status: { loadBalancer: null } }),
    patch("merge", WEB, { metadata: { finalizers: null } }),
    events(5),
  ),
  scenario(
    "story: a leader is elected, renews, and leaves",
    post(
      LEASES,
      lease("l", {
        holderIdentity: "a_1",
        leaseDurationSeconds: 15,
        acquireTime: "2024-01-01T00:00:00.000000Z",
        renewTime: "2024-01-01T00:00:00.000000Z",
        leaseTransitions: 0,
      }),
      { as: "l" },
    ),
    put(
      `${LEASES}/l`,
      lease(
        "l",
        {
          holderIdentity: "a_1",
          leaseDurationSeconds: 15,
          acquireTime: "2024-01-01T00:00:00.000000Z",
          renewTime: "2024-01-01T00:00:02.000001Z",
          leaseTransitions: 0,
        },
        { resourceVersion: "{l:metadata.resourceVersion}" },
      ),
      { as: "l" },
    ),
    put(
      `${LEASES}/l`,
      lease(
        "l",
        { holderIdentity: "", leaseDurationSeconds: 1, leaseTransitions: 1 },
        { resourceVersion: "{l:metadata.resourceVersion}" },
      ),
    ),
  ),
  scenario(
    "story: kubectl apply, changed by hand, applied again",
    post(
      SERVICES,
      service(
        "web",
        {
          ports: [
            { name: "a", port: 80 },
            { name: "b", port: 81 },
          ],
        },
        { annotations: { [LAST_APPLIED]: "{}" } },
      ),
    ),
    patch("strategic", WEB, { spec: { ports: [{ port: 82, name: "hand" }] } }),
    patch("strategic", WEB, {
      spec: { "$setElementOrder/ports": [{ port: 80 }], ports: [{ port: 81, $patch: "delete" }] },
    }),
    patch("strategic", WEB, { metadata: { annotations: { [LAST_APPLIED]: null } } }),
  ),
  scenario(
    "story: an event is counted up",
    post(EVENTS, {
      metadata: { name: "web.1" },
      involvedObject: { kind: "Service", namespace: "{ns}", name: "web", uid: "u" },
      reason: "SyncLoadBalancerFailed",
      message: "m",
      type: "Warning",
      source: { component: "service-controller" },
      firstTimestamp: "2024-01-01T00:00:00Z",
      lastTimestamp: "2024-01-01T00:00:00Z",
      count: 1,
      reportingComponent: "service-controller",
    }),
    patch("strategic", `${EVENTS}/web.1`, { count: 2, lastTimestamp: "2024-01-01T00:01:00Z", message: "again" }),
    get(`${EVENTS}?fieldSelector=involvedObject.uid%3Du,reportingComponent%3Dservice-controller`),
  ),
  scenario(
    "ports: a named node port of another protocol",
    post(
      SERVICES,
      service("web", {
        type: "NodePort",
        ports: [
          { name: "a", port: 53, nodePort: 30041 },
          { name: "b", port: 53, protocol: "UDP", nodePort: 30041 },
        ],
      }),
    ),
    del(WEB),
  ),
  scenario(
    "ports: a number is changed and its node port is given anew",
    post(SERVICES, service("web", { type: "NodePort", ports: [{ name: "a", port: 80, nodePort: 30042 }] })),
    patch("merge", WEB, ports({ name: "a", port: 81 })),
    patch("merge", WEB, ports({ name: "a", port: 81, nodePort: 30043 })),
    del(WEB),
  ),
  scenario(
    "ports: two are swapped",
    post(
      SERVICES,
      service("web", {
        type: "NodePort",
        ports: [
          { name: "a", port: 80, nodePort: 30044 },
          { name: "b", port: 81, nodePort: 30045 },
        ],
      }),
    ),
    put(
      WEB,
      service("web", {
        type: "NodePort",
        ports: [
          { name: "b", port: 81 },
          { name: "a", port: 80 },
        ],
      }),
    ),
    del(WEB),
  ),
  scenario(
    "ports: SCTP, application protocols, targets",
    post(
      SERVICES,
      service("web", {
        ports: [
          { name: "a", port: 1, protocol: "SCTP" },
          { name: "b", port: 65535, appProtocol: "kubernetes.io/h2c", targetPort: 1 },
          { name: "c-1", port: 2, targetPort: "a-1" },
        ],
      }),
    ),
  ),
  scenario(
    "ports: targets with dashes where they may not be",
    ...["-a", "a-", "a--b", "", "1-1"].map((targetPort) =>
      post(SERVICES, service("web", { ports: [{ port: 80, targetPort }] })),
    ),
  ),
  scenario(
    "Service: a selector is taken away and given",
    post(SERVICES, service("web", { selector: { a: "b" } })),
    patch("merge", WEB, { spec: { selector: null } }),
    patch("strategic", WEB, { spec: { selector: { c: "d" } } }),
    patch("strategic", WEB, { spec: { selector: { e: "f", c: null } } }),
  ),
  scenario(
    "Service: a policy that the type has not",
    post(SERVICES, service("web", { type: "NodePort", externalTrafficPolicy: "Local" })),
    patch("merge", WEB, { spec: { type: "ClusterIP" } }),
    patch("merge", WEB, { spec: { internalTrafficPolicy: "Local" } }),
  ),
  scenario(
    "Service: an external name is changed, and becomes a load balancer",
    post(SERVICES, service("web", { type: "ExternalName", externalName: "a.b", ports: [] })),
    patch("merge", WEB, { spec: { externalName: "c.d" } }),
    patch("merge", WEB, { spec: { type: "LoadBalancer" } }),
    patch("merge", WEB, { spec: { type: "LoadBalancer", externalName: null, ports: [{ port: 80 }] } }),
  ),
  scenario(
    "Service: addresses of both fields",
    post(SERVICES, service("web", { clusterIP: "None", clusterIPs: ["None"] })),
    post(SERVICES, service("web2", { clusterIPs: ["None"] })),
    post(SERVICES, service("web3", { clusterIP: "None", clusterIPs: ["None", "10.0.0.71"] })),
  ),
  scenario(
    "Service: the class with an empty name, and long ones",
    post(SERVICES, service("web", { type: "LoadBalancer", loadBalancerClass: "" })),
    post(SERVICES, service("web", { type: "LoadBalancer", loadBalancerClass: "a".repeat(64) })),
    post(SERVICES, service("web", { type: "LoadBalancer", loadBalancerClass: "x/y/z" })),
  ),
  scenario(
    "labels: many objects and a long selector",
    ...["a", "b", "c"].map((name) =>
      post(CONFIG_MAPS, configMap(name, {}, { labels: { app: name, "example.com/tier": "1" } })),
    ),
    get(
      `${CONFIG_MAPS}?labelSelector=${encodeURIComponent("example.com/tier=1,app in (a, c),app notin (b),!missing")}`,
    ),
    get(`${CONFIG_MAPS}?labelSelector=${encodeURIComponent("app in (a,c)")}&fieldSelector=metadata.name%3Dc`),
    get(`${CONFIG_MAPS}?labelSelector=${encodeURIComponent(`app=${"x".repeat(64)}`)}`),
  ),
  scenario(
    "EndpointSlice: as the endpoint slice controller writes it",
    post(
      SLICES,
      slice(
        "web-1",
        {
          endpoints: [
            {
              addresses: ["192.0.2.1"],
              conditions: { ready: true, serving: true, terminating: false },
              nodeName: "n1",
              zone: "z1",
              targetRef: { kind: "Pod", name: "p", namespace: "{ns}", uid: "u" },
            },
            { addresses: ["192.0.2.2"], conditions: { ready: false } },
          ],
          ports: [{ name: "http", port: 80, protocol: "TCP" }],
        },
        {
          labels: { "kubernetes.io/service-name": "web", "endpointslice.kubernetes.io/managed-by": "x" },
          generateName: "web-",
        },
      ),
    ),
    get(`${SLICES}?labelSelector=kubernetes.io/service-name%3Dweb`),
    patch("merge", `${SLICES}/web-1`, { endpoints: null }),
    del(`${SLICES}/web-1`),
  ),
  scenario(
    "EndpointSlice: families, hosts and ports that do not fit",
    post(SLICES, slice("s", { addressType: "IPv6", endpoints: [{ addresses: ["192.0.2.1"] }] })),
    post(SLICES, slice("s", { addressType: "FQDN", endpoints: [{ addresses: ["a_b"] }] })),
    post(SLICES, slice("s", { ports: [{ name: "A", port: 80 }] })),
    post(SLICES, slice("s", { endpoints: [{ addresses: ["127.0.0.1"] }] })),
  ),
  scenario(
    "Deployment: recreated, paused, rolled",
    post(DEPLOYMENTS, deployment("d", { strategy: { type: "Recreate" }, paused: true, minReadySeconds: 5 })),
    patch("strategic", `${DEPLOYMENTS}/d`, {
      spec: { paused: null, template: { metadata: { annotations: { x: "y" } } } },
    }),
    patch("merge", `${DEPLOYMENTS}/d`, { spec: { strategy: { type: "Frob" } } }),
  ),
  scenario(
    "Pod: labels and annotations can be changed, and it can be bound once",
    post(PODS, pod("p")),
    patch("merge", `${PODS}/p`, { metadata: { labels: { a: "b" } } }),
    patch("strategic", `${PODS}/p/status`, {
      status: { conditions: [{ type: "Ready", status: "False", reason: "x" }] },
    }),
  ),
  scenario(
    "Namespace: labels, and a name that is too long",
    patch("merge", NAMESPACE, { metadata: { labels: { a: "b" } } }),
    post("/api/v1/namespaces", { metadata: { name: "a".repeat(64) } }),
    post("/api/v1/namespaces", { metadata: { name: "A" } }),
    put(NAMESPACE, { metadata: { name: "{ns}" } }),
  ),
];
