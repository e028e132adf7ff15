/** Conflicts, preconditions, finalizers, namespaces, dry runs, validation of fields. */
import {
  CONFIG_MAPS,
  configMap,
  del,
  get,
  NAMESPACE,
  NODES,
  node,
  patch,
  post,
  put,
  type Scenario,
  SERVICES,
  scenario,
  service,
} from "./scenario.ts";

const M = `${CONFIG_MAPS}/m`;
const WEB = `${SERVICES}/web`;
const made = (metadata: object = {}, data: object = { a: "1", b: "2" }) =>
  post(CONFIG_MAPS, configMap("m", { ...data }, { ...metadata }), { as: "made" });
const VERSION = "{made:metadata.resourceVersion}";
const op = (op: string, path: string, value?: unknown) => ({ op, path, ...(value === undefined ? {} : { value }) });

const CONFLICTS: readonly Scenario[] = [
  scenario(
    "conflict: PUT with a stale version",
    made(),
    patch("merge", M, { data: { a: "2" } }),
    put(M, configMap("m", {}, { resourceVersion: VERSION })),
  ),
  scenario(
    "conflict: PUT with another uid",
    made(),
    put(M, configMap("m", {}, { uid: "00000000-0000-4000-8000-000000000001" })),
  ),
  scenario(
    "conflict: a PUT that changes nothing makes no new version",
    made(),
    put(M, configMap("m", { a: "1", b: "2" })),
    get(M),
  ),
  scenario("conflict: a version that is no number", made(), put(M, configMap("m", {}, { resourceVersion: "abc" }))),
  scenario(
    "conflict: created twice, created with a version",
    made(),
    made(),
    post(CONFIG_MAPS, configMap("n", {}, { resourceVersion: "1" })),
  ),
  scenario(
    "conflict: what the server owns is not taken from the client",
    post(
      CONFIG_MAPS,
      configMap(
        "m",
        {},
        {
          uid: "00000000-0000-4000-8000-000000000001",
          creationTimestamp: "2001-01-01T00:00:00Z",
          deletionTimestamp: "2001-01-01T00:00:00Z",
          deletionGracePeriodSeconds: 5,
          generation: 7,
          selfLink: "/x",
        },
      ),
    ),
  ),
  scenario(
    "delete: with another uid or version",
    made(),
    del(M, { preconditions: { uid: "00000000-0000-4000-8000-000000000001" } }),
    del(M, { preconditions: { resourceVersion: "1" } }),
    del(M, { preconditions: { uid: "{made:metadata.uid}", resourceVersion: VERSION } }),
  ),
  scenario(
    "delete: with options of every kind",
    made(),
    del(M, { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: "Background", gracePeriodSeconds: 0 }),
  ),
  scenario(
    "delete: options that make no sense",
    made(),
    del(M, { propagationPolicy: "Sideways" }),
    del(M, { propagationPolicy: "Orphan", orphanDependents: true }),
    del(M, { gracePeriodSeconds: -1 }),
    del(M, "nonsense"),
  ),
  scenario(
    "delete: options in the query",
    made(),
    del(`${M}?propagationPolicy=Foreground`),
    get(M),
    patch("merge", M, { metadata: { finalizers: null } }),
    get(M),
  ),
  scenario(
    "delete: orphaning waits for the collector",
    made(),
    del(`${M}?propagationPolicy=Orphan`),
    patch("merge", M, { metadata: { finalizers: [] } }),
  ),
  scenario("delete: dry run", made(), del(`${M}?dryRun=All`), del(M, { dryRun: ["All"] }), get(M)),
  scenario(
    "delete: a collection",
    made(),
    post(CONFIG_MAPS, configMap("n", {}, { labels: { a: "b" } })),
    del(`${CONFIG_MAPS}?labelSelector=a%3Db`),
    get(CONFIG_MAPS),
    del(`${CONFIG_MAPS}?fieldSelector=metadata.name%3Dzz`),
    del(CONFIG_MAPS),
    get(CONFIG_MAPS),
  ),
  scenario(
    "delete: a collection of Services",
    post(SERVICES, service("a")),
    post(SERVICES, service("b")),
    del(SERVICES),
    get(SERVICES),
  ),
  scenario("delete: a collection in all namespaces", del("/api/v1/configmaps")),
];

const FINALIZERS: readonly Scenario[] = [
  scenario(
    "finalizer: holds a deleted object until it goes",
    post(SERVICES, service("web", {}, { finalizers: ["service.kubernetes.io/load-balancer-cleanup"] })),
    del(WEB),
    del(WEB),
    get(WEB),
    patch("merge", WEB, { metadata: { finalizers: null } }),
    get(WEB),
  ),
  scenario(
    "finalizer: none can be added to a dying object",
    made({ finalizers: ["a.b/c"] }),
    del(M),
    patch("merge", M, { metadata: { finalizers: ["a.b/c", "a.b/d"] } }),
    patch("merge", M, { metadata: { labels: { still: "writable" } } }),
    put(M, configMap("m")),
  ),
  scenario(
    "finalizer: a dying object cannot be revived",
    made({ finalizers: ["a.b/c"] }),
    del(M),
    patch("merge", M, { metadata: { deletionTimestamp: null } }),
    patch("merge", M, { metadata: { deletionTimestamp: "2001-01-01T00:00:00Z" } }),
  ),
  scenario(
    "finalizer: names must be qualified",
    post(CONFIG_MAPS, configMap("m", {}, { finalizers: ["nonsense", "a b/c"] })),
  ),
  scenario(
    "finalizer: on a Node",
    post(NODES, node("a", {}, { finalizers: ["a.b/c"] })),
    del(`${NODES}/{ns}-a`),
    patch("json", `${NODES}/{ns}-a`, [op("remove", "/metadata/finalizers/0")]),
    get(`${NODES}/{ns}-a`),
  ),
  scenario(
    "namespace: made with its finalizer and label",
    post("/api/v1/namespaces", { metadata: { name: "{ns}-x" } }),
    post("/api/v1/namespaces", { metadata: { name: "{ns}-x" } }),
    post("/api/v1/namespaces", { metadata: { name: "a.b" } }),
    patch("merge", "/api/v1/namespaces/{ns}-x", {
      metadata: { labels: { a: "b", "kubernetes.io/metadata.name": "other" } },
      spec: { finalizers: [] },
    }),
  ),
  scenario(
    "namespace: dying, it refuses new objects, then goes",
    del(NAMESPACE),
    made(),
    get(NAMESPACE),
    put(`${NAMESPACE}/finalize`, { metadata: { name: "{ns}" }, spec: { finalizers: [] } }),
    get(NAMESPACE),
    made(),
  ),
  scenario("namespace: deleted twice", del(NAMESPACE), del(NAMESPACE)),
  scenario("namespace: default stays", del("/api/v1/namespaces/default"), del("/api/v1/namespaces/kube-system")),
  scenario(
    "namespace: its status",
    patch("merge", `${NAMESPACE}/status`, {
      status: { conditions: [{ type: "A", status: "True", reason: "R", message: "m" }] },
    }),
  ),
  scenario(
    "owner: references are validated",
    made({ ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p" }] }),
    made({
      ownerReferences: [
        { apiVersion: "v1", kind: "Pod", name: "p", uid: "u", controller: true },
        { apiVersion: "v1", kind: "Pod", name: "q", uid: "v", controller: true },
      ],
    }),
    made({ ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u", blockOwnerDeletion: true }] }),
  ),
];

const MISSPELT = { ...service("web", { prots: [1], ports: [{ port: 80, tragetPort: 1 }] }), sepc: {} };

const FIELDS: readonly Scenario[] = [
  scenario("fields: strict refuses unknown ones", post(`${SERVICES}?fieldValidation=Strict`, MISSPELT)),
  scenario("fields: a warning for each, and they are dropped", post(`${SERVICES}?fieldValidation=Warn`, MISSPELT)),
  scenario("fields: by default there is a warning", post(SERVICES, MISSPELT)),
  scenario("fields: ignored without a word", post(`${SERVICES}?fieldValidation=Ignore`, MISSPELT)),
  scenario("fields: a mode that does not exist", post(`${SERVICES}?fieldValidation=Perhaps`, service("web"))),
  scenario(
    "fields: strict for PUT and patches",
    post(SERVICES, service("web")),
    put(`${WEB}?fieldValidation=Strict`, MISSPELT),
    patch("merge", `${WEB}?fieldValidation=Strict`, { spec: { prots: 1 } }),
    patch("strategic", `${WEB}?fieldValidation=Strict`, { spec: { prots: 1 } }),
    patch("json", `${WEB}?fieldValidation=Strict`, [op("add", "/spec/prots", 1)]),
    patch("merge", WEB, { spec: { prots: 1 } }),
  ),
  scenario(
    "fields: one given twice",
    post(`${CONFIG_MAPS}?fieldValidation=Strict`, '{"metadata":{"name":"m"},"data":{"a":"1"},"data":{"a":"2"}}'),
    post(CONFIG_MAPS, '{"metadata":{"name":"m"},"data":{"a":"1"},"data":{"a":"2"}}'),
  ),
  scenario("fields: the wrong case is another field", post(CONFIG_MAPS, { metadata: { name: "m" }, Data: { a: "1" } })),
  scenario(
    "fields: wrong types are refused in any mode",
    post(`${SERVICES}?fieldValidation=Ignore`, service("web", { ports: "80" })),
    post(SERVICES, service("web", { ports: [{ port: "80" }] })),
    post(SERVICES, service("web", { publishNotReadyAddresses: "yes" })),
    post(SERVICES, { metadata: { name: 5 } }),
  ),
  scenario(
    "fields: nulls and empty values",
    post(
      SERVICES,
      service(
        "web",
        { selector: null, sessionAffinity: null, externalName: "", loadBalancerSourceRanges: [] },
        { labels: null, annotations: {} },
      ),
    ),
  ),
  scenario(
    "dry run: create, change, and nothing is there",
    post(`${CONFIG_MAPS}?dryRun=All`, configMap("m")),
    get(M),
    made(),
    put(`${M}?dryRun=All`, configMap("m", { z: "1" })),
    patch("merge", `${M}?dryRun=All`, { data: { z: "1" } }),
    get(M),
  ),
  scenario(
    "dry run: what is invalid or conflicts is told",
    made(),
    post(`${CONFIG_MAPS}?dryRun=All`, configMap("m")),
    post(`${SERVICES}?dryRun=All`, service("web", { ports: [] })),
    post(`${CONFIG_MAPS}?dryRun=Some`, configMap("n")),
  ),
  scenario(
    "dry run: a node port is not taken",
    post(`${SERVICES}?dryRun=All`, service("a", { type: "NodePort", ports: [{ port: 80, nodePort: 30014 }] })),
    post(SERVICES, service("b", { type: "NodePort", ports: [{ port: 80, nodePort: 30014 }] })),
    del(`${SERVICES}/b`),
  ),
  scenario(
    "names: made up from a prefix",
    post(CONFIG_MAPS, { metadata: { generateName: "gen-" } }),
    post(CONFIG_MAPS, { metadata: { name: "set", generateName: "gen-" } }),
    post(CONFIG_MAPS, { metadata: { generateName: "Bad_" } }),
    post(CONFIG_MAPS, { metadata: { generateName: "x".repeat(300) } }),
  ),
  scenario(
    "bodies: broken, empty, a list, a number",
    post(CONFIG_MAPS, "{"),
    post(CONFIG_MAPS, ""),
    post(CONFIG_MAPS, "[]"),
    post(CONFIG_MAPS, "5"),
    post(CONFIG_MAPS, "null"),
  ),
  scenario(
    "bodies: YAML",
    post(CONFIG_MAPS, "metadata: {name: m}\ndata: {a: b}\n", { headers: { "content-type": "application/yaml" } }),
    post(CONFIG_MAPS, "a: [", { headers: { "content-type": "application/yaml" } }),
  ),
  scenario(
    "bodies: of a type that does not exist",
    post(CONFIG_MAPS, configMap("m"), { headers: { "content-type": "text/plain" } }),
    put(M, configMap("m"), { headers: { "content-type": "application/xml" } }),
  ),
];

export const WRITE_SCENARIOS: readonly Scenario[] = [...CONFLICTS, ...FINALIZERS, ...FIELDS];
