/** ConfigMaps, Secrets, Endpoints, EndpointSlices, Events, Pods, Deployments. */
import {
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  del,
  deployment,
  ENDPOINTS,
  EVENTS,
  endpoints,
  get,
  NAMESPACE,
  PODS,
  patch,
  pod,
  post,
  put,
  type Scenario,
  SECRETS,
  SLICES,
  scenario,
  secret,
  slice,
} from "./scenario.ts";

const M = `${CONFIG_MAPS}/m`;
const S = `${SECRETS}/s`;
const D = `${DEPLOYMENTS}/d`;
const event = (name: string, rest: object = {}) => ({
  metadata: { name },
  involvedObject: { kind: "Service", namespace: "{ns}", name: "web", apiVersion: "v1" },
  reason: "EnsuringLoadBalancer",
  message: "hello",
  type: "Normal",
  source: { component: "service-controller" },
  firstTimestamp: "2024-01-01T00:00:00Z",
  lastTimestamp: "2024-01-01T00:00:00Z",
  count: 1,
  ...rest,
});

const CONFIG: readonly Scenario[] = [
  scenario(
    "ConfigMap: made, read, replaced, deleted",
    post(CONFIG_MAPS, configMap("m")),
    get(M),
    put(M, configMap("m", { b: "2" })),
    del(M),
    get(M),
    del(M),
  ),
  scenario(
    "ConfigMap: without a namespace, apiVersion or kind in the body",
    post(CONFIG_MAPS, { metadata: { name: "m" }, data: {} }),
  ),
  scenario(
    "ConfigMap: of another namespace",
    post(CONFIG_MAPS, configMap("m", {}, { namespace: "default" })),
    post(CONFIG_MAPS, configMap("m")),
    put(M, configMap("m", {}, { namespace: "default" })),
  ),
  scenario(
    "ConfigMap: of another kind or version",
    post(CONFIG_MAPS, { apiVersion: "v1", kind: "Secret", metadata: { name: "m" } }),
    post(CONFIG_MAPS, { apiVersion: "v2", kind: "ConfigMap", metadata: { name: "m" } }),
  ),
  scenario(
    "ConfigMap: a name on the URL and another in the body",
    post(CONFIG_MAPS, configMap("m")),
    put(M, configMap("n")),
    put(M, { data: { a: "2" } }),
    patch("merge", M, { metadata: { name: "n" } }),
  ),
  scenario(
    "ConfigMap: in a namespace that is not there",
    post("/api/v1/namespaces/{ns}-none/configmaps", configMap("m")),
    get("/api/v1/namespaces/{ns}-none/configmaps"),
  ),
  scenario(
    "ConfigMap: bad names and no name",
    post(CONFIG_MAPS, configMap("M")),
    post(CONFIG_MAPS, configMap("a..b")),
    post(CONFIG_MAPS, configMap("a".repeat(254))),
    post(CONFIG_MAPS, configMap("")),
  ),
  scenario(
    "ConfigMap: bad keys",
    ...["a b", "..", "", "..a", "k".repeat(254)].map((key) => post(CONFIG_MAPS, configMap("m", { [key]: "1" }))),
  ),
  scenario(
    "ConfigMap: the same key in data and binaryData",
    post(CONFIG_MAPS, { metadata: { name: "m" }, data: { a: "1" }, binaryData: { a: "MQ==", b: "MQ==" } }),
  ),
  scenario(
    "ConfigMap: binary data that is not base64",
    post(CONFIG_MAPS, { metadata: { name: "m" }, binaryData: { a: "*" } }),
  ),
  scenario("ConfigMap: data that is not text", post(CONFIG_MAPS, { metadata: { name: "m" }, data: { a: 1 } })),
  scenario("ConfigMap: more than a mebibyte", post(CONFIG_MAPS, configMap("m", { a: "x".repeat(1024 * 1024 + 1) }))),
  scenario(
    "ConfigMap: an immutable one",
    post(CONFIG_MAPS, { ...configMap("m"), immutable: true }),
    patch("merge", M, { data: { a: "2" } }),
    patch("merge", M, { immutable: false }),
    patch("merge", M, { binaryData: { b: "MQ==" } }),
    patch("merge", M, { metadata: { labels: { a: "b" } } }),
  ),
  scenario(
    "ConfigMap: made immutable",
    post(CONFIG_MAPS, configMap("m")),
    patch("merge", M, { immutable: true }),
    put(M, configMap("m")),
  ),
];

const SECRET: readonly Scenario[] = [
  scenario(
    "Secret: text becomes data",
    post(SECRETS, secret("s", { stringData: { a: "b" }, data: { c: "ZA==" } })),
    patch("merge", S, { stringData: { a: "c" } }),
  ),
  scenario(
    "Secret: text wins over data of the same key",
    post(SECRETS, secret("s", { stringData: { a: "b" }, data: { a: "ZA==" } })),
  ),
  scenario("Secret: data that is not base64", post(SECRETS, secret("s", { data: { a: "*" } }))),
  scenario("Secret: a bad key", post(SECRETS, secret("s", { stringData: { "a b": "x" } }))),
  scenario(
    "Secret: the type cannot be changed",
    post(SECRETS, secret("s", { type: "example.com/a" })),
    patch("merge", S, { type: "example.com/b" }),
  ),
  scenario(
    "Secret: types ask for their keys",
    post(SECRETS, secret("s", { type: "kubernetes.io/tls" })),
    post(SECRETS, secret("t", { type: "kubernetes.io/basic-auth" })),
    post(SECRETS, secret("u", { type: "kubernetes.io/dockerconfigjson", stringData: { ".dockerconfigjson": "{" } })),
    post(SECRETS, secret("v", { type: "kubernetes.io/ssh-auth" })),
  ),
  scenario(
    "Secret: a token asks for its account",
    post(SECRETS, secret("s", { type: "kubernetes.io/service-account-token" })),
  ),
  scenario(
    "Secret: an immutable one",
    post(SECRETS, secret("s", { stringData: { a: "b" }, immutable: true })),
    patch("merge", S, { stringData: { a: "c" } }),
    patch("merge", S, { immutable: null }),
  ),
  scenario(
    "Secret: more than a mebibyte",
    post(SECRETS, secret("s", { stringData: { a: "x".repeat(1024 * 1024 + 1) } })),
  ),
  scenario(
    "Secret: PUT without data empties it",
    post(SECRETS, secret("s", { stringData: { a: "b" } })),
    put(S, secret("s")),
  ),
];

const DISCOVERY: readonly Scenario[] = [
  scenario(
    "Endpoints: made and replaced",
    post(
      ENDPOINTS,
      endpoints("web", { subsets: [{ addresses: [{ ip: "192.0.2.2" }, { ip: "192.0.2.1" }], ports: [{ port: 80 }] }] }),
    ),
    get(`${ENDPOINTS}/web`),
    put(`${ENDPOINTS}/web`, endpoints("web")),
  ),
  scenario(
    "Endpoints: bad addresses and ports",
    post(
      ENDPOINTS,
      endpoints("web", { subsets: [{ addresses: [{ ip: "x" }, { ip: "127.0.0.1" }], ports: [{ port: 0 }] }] }),
    ),
  ),
  scenario("Endpoints: an empty subset", post(ENDPOINTS, endpoints("web", { subsets: [{}] }))),
  scenario(
    "EndpointSlice: made with its defaults",
    post(
      SLICES,
      slice(
        "s",
        {
          endpoints: [{ addresses: ["192.0.2.1"], conditions: { ready: true }, nodeName: "n1", zone: "a" }],
          ports: [{ port: 80 }],
        },
        { labels: { "kubernetes.io/service-name": "web" } },
      ),
    ),
    get(SLICES),
  ),
  scenario(
    "EndpointSlice: no addresses, bad types and addresses",
    post(SLICES, slice("s", { endpoints: [{ addresses: [] }] })),
    post(SLICES, slice("s", { addressType: "IPv5" })),
    post(SLICES, slice("s", { endpoints: [{ addresses: ["x"] }] })),
    post(SLICES, { metadata: { name: "s" }, endpoints: [] }),
  ),
  scenario(
    "EndpointSlice: the address type cannot be changed",
    post(SLICES, slice("s")),
    patch("merge", `${SLICES}/s`, { addressType: "IPv6" }),
  ),
  scenario(
    "EndpointSlice: ports of the same name, and bad ones",
    post(SLICES, slice("s", { ports: [{ port: 80 }, { port: 81 }] })),
    post(SLICES, slice("s", { ports: [{ name: "a", port: 80, protocol: "X" }] })),
  ),
  scenario(
    "EndpointSlice: a change of its endpoints counts as a generation",
    post(SLICES, slice("s")),
    patch("merge", `${SLICES}/s`, { endpoints: [{ addresses: ["192.0.2.1"] }] }),
    patch("merge", `${SLICES}/s`, { metadata: { labels: { a: "b" } } }),
  ),
];

const EVENT: readonly Scenario[] = [
  scenario(
    "Event: made and counted up",
    post(EVENTS, event("e")),
    patch("merge", `${EVENTS}/e`, { count: 2, message: "again" }),
    get(`${EVENTS}/e`),
  ),
  scenario(
    "Event: read as events.k8s.io",
    post(EVENTS, event("e")),
    get("/apis/events.k8s.io/v1/namespaces/{ns}/events/e"),
    get("/apis/events.k8s.io/v1/namespaces/{ns}/events?fieldSelector=regarding.kind%3DService"),
  ),
  scenario(
    "Event: of another namespace",
    post(EVENTS, event("e", { involvedObject: { kind: "Pod", namespace: "default", name: "p" } })),
  ),
  scenario(
    "Event: of something without a namespace",
    post(EVENTS, event("e", { involvedObject: { kind: "Node", name: "n" } })),
  ),
  scenario(
    "Event: made as events.k8s.io",
    post("/apis/events.k8s.io/v1/namespaces/{ns}/events", {
      metadata: { name: "e" },
      eventTime: "2024-01-01T00:00:00.000000Z",
      reportingController: "example.com/c",
      reportingInstance: "c-1",
      action: "Ensure",
      reason: "R",
      type: "Normal",
      note: "n",
      regarding: { kind: "Service", namespace: "{ns}", name: "web" },
    }),
    get(`${EVENTS}/e`),
  ),
  scenario(
    "Event: made as events.k8s.io with nothing in it",
    post("/apis/events.k8s.io/v1/namespaces/{ns}/events", {
      metadata: { name: "e" },
      regarding: { kind: "Service", namespace: "{ns}", name: "web" },
    }),
  ),
  scenario(
    "Event: selected by what it is about",
    post(EVENTS, event("e")),
    post(EVENTS, event("f", { type: "Warning", reason: "SyncLoadBalancerFailed" })),
    get(`${EVENTS}?fieldSelector=involvedObject.name%3Dweb,type%3DWarning`),
    get(`${EVENTS}?fieldSelector=reason!%3DSyncLoadBalancerFailed`),
    get(`${EVENTS}?fieldSelector=source%3Dservice-controller`),
  ),
];

const WORKLOAD: readonly Scenario[] = [
  scenario("Pod: made with its defaults", post(PODS, pod("p")), get(`${PODS}/p`)),
  scenario(
    "Pod: bound by its spec, with a status of its own",
    post(PODS, pod("p", { nodeName: "n1" })),
    patch("strategic", `${PODS}/p/status`, {
      status: {
        phase: "Running",
        podIP: "192.0.2.1",
        podIPs: [{ ip: "192.0.2.1" }],
        conditions: [{ type: "Ready", status: "True" }],
      },
    }),
    get(`${PODS}?fieldSelector=spec.nodeName%3Dn1,status.phase%3DRunning`),
  ),
  scenario(
    "Pod: no containers, no image, two of a name",
    post(PODS, pod("p", { containers: [] })),
    post(PODS, pod("p", { containers: [{ name: "c" }] })),
    post(
      PODS,
      pod("p", {
        containers: [
          { name: "c", image: "a" },
          { name: "c", image: "b" },
        ],
      }),
    ),
    post(PODS, pod("p", { containers: [{ name: "C_", image: "a" }] })),
  ),
  scenario(
    "Pod: the spec cannot be changed, the image can",
    post(PODS, pod("p")),
    patch("merge", `${PODS}/p`, { spec: { restartPolicy: "Never" } }),
    patch("strategic", `${PODS}/p`, { spec: { containers: [{ name: "c", image: "nginx:2" }] } }),
  ),
  scenario("Pod: deleted at once when it runs nowhere", post(PODS, pod("p")), del(`${PODS}/p`), get(`${PODS}/p`)),
  scenario(
    "Pod: deleted on a node waits for its kubelet",
    post(PODS, pod("p", { nodeName: "n1" })),
    del(`${PODS}/p`),
    get(`${PODS}/p`),
    del(`${PODS}/p`, { gracePeriodSeconds: 0 }),
    get(`${PODS}/p`),
  ),
  scenario(
    "Pod: ports, environment and resources",
    post(
      PODS,
      pod("p", {
        hostNetwork: true,
        tolerations: [{ key: "a", operator: "Exists" }],
        containers: [
          {
            name: "c",
            image: "nginx",
            ports: [{ containerPort: 80 }],
            env: [{ name: "A", value: "b" }],
            resources: { requests: { cpu: "100m" }, limits: { cpu: "1" } },
          },
        ],
      }),
    ),
  ),
  scenario("Deployment: made with its defaults", post(DEPLOYMENTS, deployment("d")), get(D)),
  scenario(
    "Deployment: no selector, another's labels",
    post(DEPLOYMENTS, deployment("d", { selector: {} })),
    post(DEPLOYMENTS, deployment("d", { selector: { matchLabels: { x: "y" } } })),
    post(DEPLOYMENTS, deployment("d", { replicas: -1 })),
  ),
  scenario(
    "Deployment: the selector cannot be changed",
    post(DEPLOYMENTS, deployment("d")),
    patch("merge", D, {
      spec: { selector: { matchLabels: { app: "e" } }, template: { metadata: { labels: { app: "e" } } } },
    }),
  ),
  scenario(
    "Deployment: its generation counts the spec, not the rest",
    post(DEPLOYMENTS, deployment("d")),
    patch("merge", D, { spec: { replicas: 3 } }),
    patch("merge", D, { metadata: { labels: { a: "b" } } }),
    patch("merge", `${D}/status`, { status: { observedGeneration: 2, replicas: 3 } }),
  ),
  scenario(
    "Deployment: scaled",
    post(DEPLOYMENTS, deployment("d")),
    get(`${D}/scale`),
    patch("merge", `${D}/scale`, { spec: { replicas: 5 } }),
    put(`${D}/scale`, { metadata: { name: "d", namespace: "{ns}" }, spec: { replicas: 2 } }),
    get(D),
  ),
  scenario(
    "Deployment: a strategy is replaced as a whole",
    post(DEPLOYMENTS, deployment("d")),
    patch("strategic", D, { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } }),
    patch("merge", D, { spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 2 } } } }),
  ),
  scenario(
    "Deployment: containers merge by name",
    post(DEPLOYMENTS, deployment("d")),
    patch("strategic", D, { spec: { template: { spec: { containers: [{ name: "side", image: "busybox" }] } } } }),
    patch("strategic", D, { spec: { template: { spec: { containers: [{ name: "c", $patch: "delete" }] } } } }),
  ),
];

export const DATA_SCENARIOS: readonly Scenario[] = [
  ...CONFIG,
  ...SECRET,
  ...DISCOVERY,
  ...EVENT,
  ...WORKLOAD,
  scenario(
    "ServiceAccount: made and replaced",
    post(`${NAMESPACE}/serviceaccounts`, { metadata: { name: "robot" } }),
    put(`${NAMESPACE}/serviceaccounts/robot`, { metadata: { name: "robot" }, automountServiceAccountToken: false }),
  ),
];
