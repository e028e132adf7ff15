/** More of patches, watches and lists. */
import {
  CONFIG_MAPS,
  configMap,
  del,
  events,
  get,
  patch,
  post,
  type Scenario,
  SERVICES,
  scenario,
  service,
  watch,
} from "./scenario.ts";

export const MORE_SCENARIOS: readonly Scenario[] = [
  scenario(
    "patch: every type on the metadata",
    post(CONFIG_MAPS, configMap("m", {}, { labels: { a: "1" }, annotations: { x: "1" } })),
    patch("json", `${CONFIG_MAPS}/m`, [{ op: "add", path: "/metadata/labels/b", value: "2" }]),
    patch("merge", `${CONFIG_MAPS}/m`, { metadata: { labels: { a: null }, annotations: null } }),
    patch("strategic", `${CONFIG_MAPS}/m`, {
      metadata: { labels: { $patch: "replace", c: "3" }, annotations: { y: "2" } },
    }),
  ),
  scenario(
    "patch: owners merge by uid",
    post(
      CONFIG_MAPS,
      configMap("m", {}, { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u1" }] }),
    ),
    patch("strategic", `${CONFIG_MAPS}/m`, {
      metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "q", uid: "u2" }] },
    }),
    patch("strategic", `${CONFIG_MAPS}/m`, { metadata: { ownerReferences: [{ uid: "u1", $patch: "delete" }] } }),
  ),
  scenario(
    "watch: from version 0 with a selector, then what changes",
    post(CONFIG_MAPS, configMap("a", {}, { labels: { x: "1" } })),
    post(CONFIG_MAPS, configMap("b")),
    watch(`${CONFIG_MAPS}?watch=1&resourceVersion=0&labelSelector=x`),
    patch("merge", `${CONFIG_MAPS}/b`, { metadata: { labels: { x: "2" } } }),
    patch("merge", `${CONFIG_MAPS}/a`, { metadata: { labels: null } }),
    events(3),
  ),
  scenario(
    "watch: two at once see the same",
    watch(`${CONFIG_MAPS}?watch=1&resourceVersion=0`, "one"),
    watch(`${CONFIG_MAPS}?watch=1&resourceVersion=0&fieldSelector=metadata.name%3Db`, "two"),
    post(CONFIG_MAPS, configMap("a")),
    post(CONFIG_MAPS, configMap("b")),
    del(`${CONFIG_MAPS}/b`),
    events(3, "one"),
    events(2, "two"),
  ),
  scenario(
    "watch: all namespaces of a kind, by label",
    watch("/api/v1/services?watch=1&resourceVersion=0&labelSelector=scenario%3D{ns}"),
    post(SERVICES, service("a", {}, { labels: { scenario: "{ns}" } })),
    del(`${SERVICES}/a`),
    events(2),
  ),
  scenario(
    "watch: initial events by label, with bookmarks",
    post(CONFIG_MAPS, configMap("a", {}, { labels: { x: "1" } })),
    post(CONFIG_MAPS, configMap("b")),
    watch(
      `${CONFIG_MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=x`,
    ),
    events(2),
  ),
  scenario(
    "watch: initial events as metadata alone",
    post(CONFIG_MAPS, configMap("a")),
    watch(
      `${CONFIG_MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      "w",
      { accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" },
    ),
    events(2),
  ),
  scenario(
    "watch: initial events as a table",
    post(CONFIG_MAPS, configMap("a")),
    watch(
      `${CONFIG_MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      "w",
      { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
    ),
    events(2),
  ),
  scenario(
    "list: all namespaces by label and field",
    post(SERVICES, service("a", {}, { labels: { scenario: "{ns}" } })),
    get("/api/v1/services?labelSelector=scenario%3D{ns}"),
    get("/api/v1/services?labelSelector=scenario%3D{ns}&fieldSelector=metadata.namespace%3D{ns}"),
    get("/api/v1/services?labelSelector=scenario%3D{ns}&fieldSelector=metadata.namespace!%3D{ns}"),
  ),
  scenario(
    "list: a namespace that is not there is empty",
    get("/api/v1/namespaces/{ns}-none/services"),
    get("/apis/discovery.k8s.io/v1/namespaces/{ns}-none/endpointslices"),
  ),
];
