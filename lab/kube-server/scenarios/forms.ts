/** Forms of the answer, paths, methods, and the questions that are answered and not kept. */
import {
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  deployment,
  get,
  LEASES,
  lease,
  NODES,
  node,
  PODS,
  patch,
  pod,
  post,
  put,
  type Scenario,
  SECRETS,
  SERVICES,
  scenario,
  secret,
  service,
} from "./scenario.ts";

const three = [
  post(CONFIG_MAPS, configMap("a", { i: "1" }, { labels: { tier: "x" } }), { as: "a" }),
  post(CONFIG_MAPS, configMap("b", { i: "2" }, { labels: { tier: "y" } }), { as: "b" }),
  post(CONFIG_MAPS, configMap("c", { i: "3" }), { as: "c" }),
];
const accept = (value: string) => ({ headers: { accept: value } });
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json";
const PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

const TABLES: readonly Scenario[] = [
  scenario(
    "table: of one object and a list",
    ...three,
    get(`${CONFIG_MAPS}/a`, accept(TABLE)),
    get(CONFIG_MAPS, accept(TABLE)),
    get(`${CONFIG_MAPS}?includeObject=None`, accept(TABLE)),
    get(`${CONFIG_MAPS}?includeObject=Object`, accept(TABLE)),
    get(`${CONFIG_MAPS}?includeObject=Half`, accept(TABLE)),
    get(`${CONFIG_MAPS}?limit=1`, accept(TABLE)),
  ),
  scenario(
    "table: of Services",
    post(
      SERVICES,
      service("a", {
        type: "LoadBalancer",
        selector: { x: "y", a: "b" },
        ports: [
          { name: "a", port: 80, nodePort: 30021 },
          { name: "b", port: 53, protocol: "UDP", nodePort: 30022 },
        ],
      }),
    ),
    post(SERVICES, service("b", { clusterIP: "None" })),
    post(SERVICES, service("c", { type: "ExternalName", externalName: "a.b" })),
    post(
      SERVICES,
      service("d", {
        type: "LoadBalancer",
        clusterIP: "10.0.0.64",
        externalIPs: ["192.0.2.8"],
        ports: [{ port: 80, nodePort: 30023 }],
      }),
    ),
    patch("merge", `${SERVICES}/d/status`, {
      status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }, { hostname: "a.b" }] } },
    }),
    get(SERVICES, accept(TABLE)),
  ),
  scenario(
    "table: of Nodes",
    post(
      NODES,
      node(
        "a",
        {
          spec: { unschedulable: true },
          status: {
            conditions: [{ type: "Ready", status: "True" }],
            addresses: [
              { type: "InternalIP", address: "192.0.2.1" },
              { type: "ExternalIP", address: "192.0.2.2" },
            ],
            nodeInfo: {
              kubeletVersion: "v1.36.0",
              osImage: "Linux",
              kernelVersion: "6.1",
              containerRuntimeVersion: "containerd://2",
            },
          },
        },
        { labels: { scenario: "{ns}", "node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/edge": "" } },
      ),
    ),
    post(NODES, node("b")),
    post(NODES, node("c", { status: { conditions: [{ type: "Ready", status: "False" }] } })),
    get(`${NODES}?labelSelector=scenario%3D{ns}`, accept(TABLE)),
  ),
  scenario(
    "table: of Leases, Secrets, Deployments, Pods",
    post(LEASES, lease("l", { holderIdentity: "me" })),
    get(LEASES, accept(TABLE)),
    post(SECRETS, secret("s", { stringData: { a: "b" } })),
    get(SECRETS, accept(TABLE)),
    post(DEPLOYMENTS, deployment("d")),
    get(DEPLOYMENTS, accept(TABLE)),
    post(PODS, pod("p")),
    get(PODS, accept(TABLE)),
  ),
  scenario(
    "metadata alone: of one object and a list",
    ...three,
    get(`${CONFIG_MAPS}/a`, accept(PARTIAL)),
    get(CONFIG_MAPS, accept(PARTIAL_LIST)),
    get(`${CONFIG_MAPS}/a`, accept(PARTIAL_LIST)),
  ),
  scenario(
    "accept: what can and cannot be given",
    ...three,
    get(`${CONFIG_MAPS}/a`, accept("application/json")),
    get(`${CONFIG_MAPS}/a`, accept("*/*")),
    get(`${CONFIG_MAPS}/a`, accept("text/html")),
    get(`${CONFIG_MAPS}/a`, accept("application/json;as=Table;v=v9;g=meta.k8s.io")),
    get(`${CONFIG_MAPS}/a`, accept("text/html,application/json;q=0.9")),
  ),
  scenario("accept: YAML", ...three, get(`${CONFIG_MAPS}/a`, accept("application/yaml"))),
];

const PATHS: readonly Scenario[] = [
  scenario(
    "paths: that are not there",
    ...[
      "/nope",
      "/api/v9",
      "/api/v1/nothing",
      "/apis/nothing.example.com",
      "/apis/nothing.example.com/v1/things",
      "/apis/apps/v9/deployments",
      `${CONFIG_MAPS}/a/status`,
      `${SERVICES}/a/frob`,
      "/api/v1/namespaces/{ns}/nodes",
      "/api/v1/namespaces/{ns}/nothing",
    ].map((path) => get(path)),
  ),
  scenario(
    "methods: that are not allowed",
    post(`${NODES}/{ns}-x`, {}),
    put(CONFIG_MAPS, {}),
    patch("merge", CONFIG_MAPS, {}),
    post("/api/v1/configmaps", configMap("m")),
    { method: "DELETE", path: `${SERVICES}/a/status` },
    post(`${SERVICES}/a/status`, {}),
    get("/api/v1/namespaces/{ns}/finalize"),
    { method: "FROB", path: CONFIG_MAPS },
    { method: "OPTIONS", path: CONFIG_MAPS },
  ),
  scenario("methods: HEAD is GET without a body", { method: "HEAD", path: CONFIG_MAPS }),
  scenario(
    "paths: a name with slashes, dots and percent signs",
    get(`${CONFIG_MAPS}/..`),
    get(`${CONFIG_MAPS}/a%2Fb`),
    get(`${CONFIG_MAPS}/a%20b`),
    get(`${CONFIG_MAPS}/`),
  ),
  scenario("paths: a namespace by itself", get("/api/v1/namespaces/{ns}"), get("/api/v1/namespaces/{ns}-none")),
  scenario("discovery: groups and one group's resources", get("/apis/coordination.k8s.io")),
];

const REVIEWS: readonly Scenario[] = [
  scenario(
    "review: a token that nobody knows",
    post("/apis/authentication.k8s.io/v1/tokenreviews", { spec: { token: "nonsense" } }),
  ),
  scenario("review: no token at all", post("/apis/authentication.k8s.io/v1/tokenreviews", { spec: {} })),
  scenario(
    "review: may an administrator do it",
    post("/apis/authorization.k8s.io/v1/subjectaccessreviews", {
      spec: {
        user: "ann",
        groups: ["system:masters"],
        resourceAttributes: { verb: "get", resource: "pods", namespace: "{ns}" },
      },
    }),
  ),
  scenario(
    "review: may nobody do it",
    post("/apis/authorization.k8s.io/v1/subjectaccessreviews", {
      spec: { user: "nobody", resourceAttributes: { verb: "get", resource: "pods", namespace: "{ns}" } },
    }),
  ),
  scenario(
    "review: without a user, without a question, with two",
    post("/apis/authorization.k8s.io/v1/subjectaccessreviews", {
      spec: { resourceAttributes: { verb: "get", resource: "pods" } },
    }),
    post("/apis/authorization.k8s.io/v1/subjectaccessreviews", { spec: { user: "ann" } }),
    post("/apis/authorization.k8s.io/v1/subjectaccessreviews", {
      spec: { user: "ann", resourceAttributes: { verb: "get" }, nonResourceAttributes: { path: "/", verb: "get" } },
    }),
  ),
  scenario(
    "review: oneself",
    post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
      spec: { resourceAttributes: { verb: "delete", resource: "nodes" } },
    }),
  ),
  scenario(
    "review: cannot be read",
    get("/apis/authentication.k8s.io/v1/tokenreviews"),
    get("/apis/authorization.k8s.io/v1/subjectaccessreviews/x"),
  ),
];

export const FORM_SCENARIOS: readonly Scenario[] = [...TABLES, ...PATHS, ...REVIEWS];
