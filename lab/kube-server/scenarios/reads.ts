/** Lists, pages, versions, watches, selectors, forms of the answer, paths and methods. */
import {
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  del,
  deployment,
  events,
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
  watch,
} from "./scenario.ts";

const M = `${CONFIG_MAPS}/m`;
const three = [
  post(CONFIG_MAPS, configMap("a", { i: "1" }, { labels: { tier: "x" } }), { as: "a" }),
  post(CONFIG_MAPS, configMap("b", { i: "2" }, { labels: { tier: "y" } }), { as: "b" }),
  post(CONFIG_MAPS, configMap("c", { i: "3" }), { as: "c" }),
];
const from = (name: string) => `resourceVersion={${name}:metadata.resourceVersion}`;
const accept = (value: string) => ({ headers: { accept: value } });
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json";
const PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
const selected = (selector: string) => get(`${CONFIG_MAPS}?labelSelector=${encodeURIComponent(selector)}`);
const INITIAL = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

const LISTS: readonly Scenario[] = [
  scenario("list: empty, and with three", get(CONFIG_MAPS), ...three, get(CONFIG_MAPS)),
  scenario(
    "list: page by page",
    ...three,
    get(`${CONFIG_MAPS}?limit=2`, { as: "page" }),
    get(`${CONFIG_MAPS}?limit=2&continue={page:metadata.continue}`),
    get(`${CONFIG_MAPS}?limit=5`),
  ),
  scenario(
    "list: pages show the state of the first",
    ...three,
    get(`${CONFIG_MAPS}?limit=1`, { as: "page" }),
    del(`${CONFIG_MAPS}/b`),
    post(CONFIG_MAPS, configMap("bb")),
    get(`${CONFIG_MAPS}?limit=1&continue={page:metadata.continue}`, { as: "page" }),
    get(`${CONFIG_MAPS}?continue={page:metadata.continue}`),
  ),
  scenario("list: pages of a selection count nothing", ...three, get(`${CONFIG_MAPS}?limit=1&labelSelector=tier`)),
  scenario(
    "list: bad page parameters",
    get(`${CONFIG_MAPS}?limit=abc`),
    get(`${CONFIG_MAPS}?limit=-1`),
    get(`${CONFIG_MAPS}?continue=abc`),
    get(`${CONFIG_MAPS}?continue=e30`),
  ),
  scenario(
    "list: continue with a version",
    ...three,
    get(`${CONFIG_MAPS}?limit=1`, { as: "page" }),
    get(`${CONFIG_MAPS}?limit=1&resourceVersion={page:metadata.resourceVersion}&continue={page:metadata.continue}`),
    get(`${CONFIG_MAPS}?limit=1&resourceVersion=0&continue={page:metadata.continue}`),
  ),
  scenario(
    "list: at version 0 and at a version seen",
    ...three,
    get(`${CONFIG_MAPS}?resourceVersion=0&limit=1`),
    get(`${CONFIG_MAPS}?${from("c")}&limit=1`),
    get(`${CONFIG_MAPS}?resourceVersion=0`),
    get(`${CONFIG_MAPS}?${from("c")}`),
  ),
  scenario(
    "list: exactly at an old version",
    ...three,
    del(`${CONFIG_MAPS}/a`),
    get(`${CONFIG_MAPS}?${from("b")}&resourceVersionMatch=Exact`),
    get(`${CONFIG_MAPS}?${from("b")}&resourceVersionMatch=NotOlderThan`),
  ),
  scenario(
    "list: versions that make no sense",
    get(`${CONFIG_MAPS}?resourceVersion=abc`),
    get(`${CONFIG_MAPS}?resourceVersion=-1`),
    get(`${CONFIG_MAPS}?resourceVersionMatch=Exact`),
    get(`${CONFIG_MAPS}?resourceVersion=0&resourceVersionMatch=Exact`),
    get(`${CONFIG_MAPS}?resourceVersion=1&resourceVersionMatch=Perhaps`),
  ),
  scenario(
    "list: a version from the future",
    get(`${CONFIG_MAPS}?resourceVersion=999999999`),
    get(`${CONFIG_MAPS}?resourceVersion=999999999&resourceVersionMatch=Exact`),
    get(`${M}?resourceVersion=999999999`),
  ),
  scenario("list: sendInitialEvents is for watches", get(`${CONFIG_MAPS}?sendInitialEvents=true`)),
  scenario(
    "get: at a version, and of something that is not there",
    ...three,
    get(`${CONFIG_MAPS}/a?resourceVersion=0`),
    get(`${CONFIG_MAPS}/a?resourceVersion=abc`),
    get(M),
    get(`${SERVICES}/none`),
    get(`${NODES}/{ns}-none`),
    get(`${LEASES}/none`),
    get(`${DEPLOYMENTS}/none`),
  ),
];

const WATCHES: readonly Scenario[] = [
  scenario(
    "watch: from a version, all that happens",
    post(CONFIG_MAPS, configMap("m"), { as: "m" }),
    watch(`${CONFIG_MAPS}?watch=1&${from("m")}`),
    post(CONFIG_MAPS, configMap("n")),
    patch("merge", M, { data: { a: "2" } }),
    del(`${CONFIG_MAPS}/n`),
    events(3),
  ),
  scenario(
    "watch: from a version, what has happened",
    ...three,
    del(`${CONFIG_MAPS}/b`),
    patch("merge", `${CONFIG_MAPS}/c`, { data: { i: "9" } }),
    watch(`${CONFIG_MAPS}?watch=true&${from("a")}`),
    events(4),
  ),
  scenario("watch: without a version begins with what is there", ...three, watch(`${CONFIG_MAPS}?watch=1`), events(3)),
  scenario(
    "watch: version 0 begins with what is there",
    ...three,
    watch(`${CONFIG_MAPS}?watch=1&resourceVersion=0`),
    events(3),
  ),
  scenario(
    "watch: the initial events end with a bookmark",
    ...three,
    watch(`${CONFIG_MAPS}?${INITIAL}`),
    post(CONFIG_MAPS, configMap("d")),
    events(5),
  ),
  scenario("watch: initial events of an empty collection", watch(`${CONFIG_MAPS}?${INITIAL}`), events(1)),
  scenario(
    "watch: initial events need their parameters",
    watch(`${CONFIG_MAPS}?watch=1&sendInitialEvents=true`),
    events(1),
    watch(`${CONFIG_MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1`, "v"),
    events(1, "v"),
    watch(`${CONFIG_MAPS}?watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=1`, "u"),
    events(1, "u"),
  ),
  scenario(
    "watch: no initial events when they are not wanted",
    ...three,
    watch(`${CONFIG_MAPS}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&${from("c")}`),
    post(CONFIG_MAPS, configMap("d")),
    events(1),
  ),
  scenario(
    "watch: with a label selector, what begins and ceases to match",
    ...three,
    watch(`${CONFIG_MAPS}?watch=1&labelSelector=tier%3Dx&${from("c")}`),
    patch("merge", `${CONFIG_MAPS}/b`, { metadata: { labels: { tier: "x" } } }),
    patch("merge", `${CONFIG_MAPS}/a`, { metadata: { labels: { tier: "z" } } }),
    patch("merge", `${CONFIG_MAPS}/b`, { data: { i: "9" } }),
    del(`${CONFIG_MAPS}/b`),
    events(4),
  ),
  scenario(
    "watch: one object by name",
    ...three,
    watch(`${CONFIG_MAPS}?watch=1&fieldSelector=metadata.name%3Db&${from("c")}`),
    del(`${CONFIG_MAPS}/a`),
    del(`${CONFIG_MAPS}/b`),
    events(1),
  ),
  scenario(
    "watch: the old path for one object",
    ...three,
    watch(`/api/v1/watch/namespaces/{ns}/configmaps/b?${from("c")}`),
    del(`${CONFIG_MAPS}/a`),
    del(`${CONFIG_MAPS}/b`),
    events(1),
  ),
  scenario(
    "watch: an object that is held shows its death in two events",
    post(CONFIG_MAPS, configMap("m", {}, { finalizers: ["a.b/c"] }), { as: "m" }),
    watch(`${CONFIG_MAPS}?watch=1&${from("m")}`),
    del(M),
    patch("merge", M, { metadata: { finalizers: null } }),
    events(2),
  ),
  scenario(
    "watch: a write that changes nothing is no event",
    post(CONFIG_MAPS, configMap("m"), { as: "m" }),
    watch(`${CONFIG_MAPS}?watch=1&${from("m")}`),
    patch("merge", M, {}),
    put(M, configMap("m")),
    del(M),
    events(1),
  ),
  scenario(
    "watch: a deleted collection",
    ...three,
    watch(`${CONFIG_MAPS}?watch=1&${from("c")}`),
    del(CONFIG_MAPS),
    events(3),
  ),
  scenario("watch: versions that make no sense", watch(`${CONFIG_MAPS}?watch=1&resourceVersion=abc`), events(1)),
  scenario(
    "watch: Services through their life",
    watch(`${SERVICES}?watch=1&resourceVersion=0`),
    post(SERVICES, service("web", { type: "LoadBalancer" })),
    patch("merge", `${SERVICES}/web/status`, { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } }),
    del(`${SERVICES}/web`),
    events(3),
  ),
  scenario(
    "watch: Nodes by label",
    post(NODES, node("a"), { as: "a" }),
    watch(`${NODES}?watch=1&labelSelector=scenario%3D{ns}&${from("a")}`),
    patch("merge", `${NODES}/{ns}-a`, { spec: { unschedulable: true } }),
    del(`${NODES}/{ns}-a`),
    events(2),
  ),
  scenario(
    "watch: as a table",
    ...three,
    watch(`${CONFIG_MAPS}?watch=1&${from("a")}`, "w", { accept: TABLE }),
    events(2),
  ),
  scenario(
    "watch: as metadata alone",
    ...three,
    watch(`${CONFIG_MAPS}?watch=1&${from("a")}`, "w", { accept: PARTIAL }),
    events(2),
  ),
  scenario(
    "watch: a namespace that is not there has nothing to tell",
    watch(`/api/v1/namespaces/{ns}-none/configmaps?${INITIAL}`),
    events(1),
  ),
];

const SELECTORS: readonly Scenario[] = [
  scenario(
    "labels: every operator",
    ...three,
    ...[
      "tier=x",
      "tier==x",
      "tier!=x",
      "tier in (x,y)",
      "tier notin (x)",
      "tier",
      "!tier",
      "tier=x,tier=y",
      "tier in (x), tier",
      "tier=",
      "nothing notin ()",
    ].map(selected),
  ),
  scenario(
    "labels: selectors that cannot be read",
    ...["tier in x", "=x", "tier=a b", "tier in (x", "a/b/c=d", "tier>x", "tier=-", ",", "!", "tier in ()"].map(
      selected,
    ),
  ),
  scenario(
    "labels: more and less than a number",
    post(CONFIG_MAPS, configMap("m", {}, { labels: { n: "5" } })),
    selected("n>4"),
    selected("n<4"),
    selected("n>x"),
  ),
  scenario(
    "fields: name and namespace",
    ...three,
    get(`${CONFIG_MAPS}?fieldSelector=metadata.name%3Da`),
    get(`${CONFIG_MAPS}?fieldSelector=metadata.name!%3Da`),
    get(`${CONFIG_MAPS}?fieldSelector=metadata.namespace%3Dother`),
    get(`${CONFIG_MAPS}?fieldSelector=metadata.name%3Da,metadata.name%3Db`),
  ),
  scenario(
    "fields: what cannot be selected by",
    ...[
      `${CONFIG_MAPS}?fieldSelector=data.a%3D1`,
      `${NODES}?fieldSelector=spec.foo%3Db`,
      `${SERVICES}?fieldSelector=spec.foo%3Db`,
      `${LEASES}?fieldSelector=spec.holderIdentity%3Db`,
      `${CONFIG_MAPS}?fieldSelector=nonsense`,
      `${CONFIG_MAPS}?fieldSelector=a%3Db%3Dc`,
    ].map((path) => get(path)),
  ),
  scenario(
    "fields: of Services, Nodes, Secrets, Pods",
    post(SERVICES, service("a", { type: "NodePort" })),
    post(SERVICES, service("b")),
    get(`${SERVICES}?fieldSelector=spec.type%3DNodePort`),
    get(`${SERVICES}?fieldSelector=spec.clusterIP%3DNone`),
    post(NODES, node("n", { spec: { unschedulable: true } })),
    get(`${NODES}?labelSelector=scenario%3D{ns}&fieldSelector=spec.unschedulable%3Dtrue`),
    get(`${NODES}?labelSelector=scenario%3D{ns}&fieldSelector=spec.unschedulable%3Dfalse`),
    post(SECRETS, secret("s", { type: "a.b/c" })),
    get(`${SECRETS}?fieldSelector=type%3Da.b/c`),
    post(PODS, pod("p")),
    get(`${PODS}?fieldSelector=spec.nodeName%3D`),
    get(`${PODS}?fieldSelector=status.phase!%3DPending`),
  ),
];

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
          { name: "a", port: 80, nodePort: 30950 },
          { name: "b", port: 53, protocol: "UDP", nodePort: 30951 },
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
        ports: [{ port: 80, nodePort: 30952 }],
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

export const READ_SCENARIOS: readonly Scenario[] = [
  ...LISTS,
  ...WATCHES,
  ...SELECTORS,
  ...TABLES,
  ...PATHS,
  ...REVIEWS,
];
