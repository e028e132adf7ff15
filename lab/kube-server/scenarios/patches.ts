/** Patches of every type. */
import { CONFIG_MAPS, configMap, get, patch, post, type Scenario, SERVICES, scenario, service } from "./scenario.ts";

const M = `${CONFIG_MAPS}/m`;
const WEB = `${SERVICES}/web`;
const made = (metadata: object = {}, data: object = { a: "1", b: "2" }) =>
  post(CONFIG_MAPS, configMap("m", { ...data }, { ...metadata }), { as: "made" });
const VERSION = "{made:metadata.resourceVersion}";
const op = (op: string, path: string, value?: unknown) => ({ op, path, ...(value === undefined ? {} : { value }) });
const apply = { "content-type": "application/apply-patch+yaml" };

export const PATCH_SCENARIOS: readonly Scenario[] = [
  scenario(
    "JSON patch: add, replace, remove, copy, move, test",
    made(),
    patch("json", M, [
      op("test", "/data/a", "1"),
      op("add", "/data/c", "3"),
      op("replace", "/data/a", "9"),
      op("remove", "/data/b"),
      { op: "copy", from: "/data/c", path: "/data/d" },
      { op: "move", from: "/data/c", path: "/data/e" },
    ]),
  ),
  scenario("JSON patch: a test that fails", made(), patch("json", M, [op("test", "/data/a", "x")]), get(M)),
  scenario(
    "JSON patch: a path that is not there",
    made(),
    patch("json", M, [op("remove", "/data/zz")]),
    patch("json", M, [op("replace", "/data/zz", "1")]),
    patch("json", M, [op("add", "/zz/a", "1")]),
  ),
  scenario(
    "JSON patch: not a list, an operation that does not exist",
    made(),
    patch("json", M, { a: 1 }),
    patch("json", M, [op("frob", "/data/a", "1")]),
    patch("json", M, "nonsense"),
  ),
  scenario(
    "JSON patch: indexes of lists",
    post(SERVICES, service("web", { ports: [{ name: "a", port: 80 }] })),
    patch("json", WEB, [op("add", "/spec/ports/-", { name: "b", port: 81 })]),
    patch("json", WEB, [op("add", "/spec/ports/0", { name: "c", port: 82 })]),
    patch("json", WEB, [op("remove", "/spec/ports/1")]),
    patch("json", WEB, [op("remove", "/spec/ports/7")]),
  ),
  scenario(
    "JSON patch: quoted slashes in keys",
    made({ annotations: { "a.b/c": "1" } }),
    patch("json", M, [
      op("replace", "/metadata/annotations/a.b~1c", "2"),
      op("add", "/metadata/annotations/d~1e", "3"),
    ]),
  ),
  scenario(
    "JSON patch: what becomes invalid is refused",
    made(),
    patch("json", M, [op("add", "/metadata/labels", { a: "b c" })]),
    patch("json", M, [op("replace", "/data", "text")]),
  ),
  scenario(
    "merge patch: add, change, remove",
    made(),
    patch("merge", M, { data: { a: "9", b: null, c: "3" }, metadata: { labels: { x: "y" } } }),
  ),
  scenario(
    "merge patch: not an object",
    made(),
    patch("merge", M, "[]"),
    patch("merge", M, "nonsense"),
    patch("merge", M, ""),
  ),
  scenario("merge patch: an empty one changes nothing", made(), patch("merge", M, {}), get(M)),
  scenario(
    "merge patch: the version is a precondition",
    made(),
    patch("merge", M, { metadata: { resourceVersion: VERSION }, data: { a: "2" } }),
    patch("merge", M, { metadata: { resourceVersion: VERSION }, data: { a: "3" } }),
  ),
  scenario(
    "merge patch: the uid is a precondition",
    made(),
    patch("merge", M, { metadata: { uid: "{made:metadata.uid}" }, data: { a: "2" } }),
    patch("merge", M, { metadata: { uid: "00000000-0000-4000-8000-000000000001" }, data: { a: "3" } }),
  ),
  scenario("merge patch: of something that is not there", patch("merge", M, { data: {} })),
  scenario(
    "merge patch: lists are replaced",
    post(SERVICES, service("web", { ports: [{ name: "a", port: 80 }] })),
    patch("merge", WEB, { spec: { ports: [{ name: "b", port: 81 }] } }),
  ),
  scenario(
    "merge patch: what the server owns is kept or refused",
    made(),
    patch("merge", M, {
      metadata: {
        creationTimestamp: null,
        generateName: "x-",
        deletionTimestamp: "2024-01-01T00:00:00Z",
        selfLink: "/x",
      },
    }),
    patch("merge", M, { metadata: { creationTimestamp: "2001-01-01T00:00:00Z" } }),
  ),
  scenario(
    "strategic patch: ports merge by port",
    post(SERVICES, service("web", { ports: [{ name: "a", port: 80 }] })),
    patch("strategic", WEB, { spec: { ports: [{ name: "b", port: 81 }] } }),
    patch("strategic", WEB, { spec: { ports: [{ port: 80, targetPort: 8080 }] } }),
    patch("strategic", WEB, { spec: { ports: [{ port: 80, $patch: "delete" }] } }),
  ),
  scenario(
    "strategic patch: order and replacement",
    post(
      SERVICES,
      service("web", {
        ports: [
          { name: "a", port: 80 },
          { name: "b", port: 81 },
        ],
      }),
    ),
    patch("strategic", WEB, {
      spec: { "$setElementOrder/ports": [{ port: 82 }, { port: 81 }, { port: 80 }], ports: [{ name: "c", port: 82 }] },
    }),
    patch("strategic", WEB, { spec: { ports: [{ $patch: "replace" }, { name: "z", port: 99 }] } }),
  ),
  scenario(
    "strategic patch: maps are replaced or emptied on request",
    made(),
    patch("strategic", M, { data: { $patch: "replace", z: "1" } }),
    patch("strategic", M, { data: { $patch: "delete" } }),
  ),
  scenario(
    "strategic patch: finalizers unite and are taken off",
    made({ finalizers: ["a.b/c"] }),
    patch("strategic", M, { metadata: { finalizers: ["a.b/d"] } }),
    patch("strategic", M, { metadata: { "$deleteFromPrimitiveList/finalizers": ["a.b/c"] } }),
    patch("strategic", M, { metadata: { finalizers: null } }),
  ),
  scenario(
    "strategic patch: without the merge key, with a directive that does not exist",
    post(SERVICES, service("web")),
    patch("strategic", WEB, { spec: { ports: [{ name: "x" }] } }),
    patch("strategic", WEB, { spec: { ports: [{ port: 80, $patch: "frob" }] } }),
    patch("strategic", WEB, { $patch: "frob" }),
  ),
  scenario(
    "strategic patch: of the wrong types",
    post(SERVICES, service("web")),
    patch("strategic", WEB, { spec: { ports: "x" } }),
    patch("strategic", WEB, { spec: 1 }),
    patch("strategic", WEB, "[]"),
  ),
  scenario(
    "a patch of a type that does not exist",
    made(),
    patch("merge", M, {}, { headers: { "content-type": "application/frob+json" } }),
    patch("merge", M, {}, { headers: { "content-type": "application/json" } }),
  ),
  scenario("a patch that makes a namespace another", made(), patch("merge", M, { metadata: { namespace: "default" } })),
  scenario(
    "a patch that changes kind or apiVersion",
    made(),
    patch("merge", M, { kind: "Frob" }),
    patch("merge", M, { apiVersion: "v9" }),
  ),
  scenario("server-side apply needs a field manager", patch("merge", M, configMap("m"), { headers: apply })),
];
