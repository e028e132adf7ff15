import assert from "node:assert/strict";
import test from "node:test";
import { at, fieldsOf, listOf } from "./json.ts";
import { names, service, startForTest, version } from "./testing.ts";

const SERVICES = "/api/v1/namespaces/default/services";

test("a load balancer Service gets its defaults, an address and node ports", async () => {
  const { call } = startForTest();
  const { status, body } = await call("POST", SERVICES, service("web", { type: "LoadBalancer" }));
  assert.equal(status, 201);
  const spec = fieldsOf(body.spec);
  assert.equal(spec.externalTrafficPolicy, "Cluster");
  assert.match(String(spec.clusterIP), /^10\.96\./);
  const [port] = listOf(spec.ports);
  assert.equal(at(port, "targetPort"), 80);
  assert.ok(Number(at(port, "nodePort")) >= 30_000);
});

test("an update that leaves out the address and node port keeps them", async () => {
  const { call } = startForTest();
  const { body: made } = await call("POST", SERVICES, service("web", { type: "NodePort" }));
  const { body } = await call("PUT", `${SERVICES}/web`, service("web", { type: "NodePort", selector: { a: "b" } }));
  assert.equal(at(body, "spec", "clusterIP"), at(made, "spec", "clusterIP"));
  assert.deepEqual(at(body, "spec", "ports"), at(made, "spec", "ports"));
});

test("node ports are given back when the type changes or the Service goes", async () => {
  const { call } = startForTest({ nodePortRange: [30_000, 30_000] });
  await call("POST", SERVICES, service("a", { type: "NodePort" }));
  assert.equal((await call("POST", SERVICES, service("b", { type: "NodePort" }))).status, 500);
  const { body } = await call("PUT", `${SERVICES}/a`, service("a", { type: "ClusterIP" }));
  assert.equal(at(listOf(at(body, "spec", "ports"))[0], "nodePort"), undefined);
  assert.equal((await call("POST", SERVICES, service("b", { type: "NodePort" }))).status, 201);
  assert.equal((await call("DELETE", `${SERVICES}/b`)).status, 200);
  assert.equal((await call("POST", SERVICES, service("c", { type: "NodePort" }))).status, 201);
});

test("an invalid port is refused in Kubernetes' words, with the field in the causes", async () => {
  const { call } = startForTest();
  const { status, body } = await call("POST", SERVICES, service("x", { ports: [{ port: 70_000, targetPort: 80 }] }));
  assert.equal(status, 422);
  assert.equal(
    body.message,
    'Service "x" is invalid: spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
  );
  assert.equal(at(listOf(at(body, "details", "causes"))[0], "field"), "spec.ports[0].port");
});

test("a taken node port and a changed cluster IP are refused", async () => {
  const { call } = startForTest();
  const ports = [{ port: 80, nodePort: 30_080 }];
  await call("POST", SERVICES, service("a", { type: "NodePort", ports }));
  const { body } = await call("POST", SERVICES, service("b", { type: "NodePort", ports }));
  assert.match(
    String(body.message),
    /spec\.ports\[0\]\.nodePort: Invalid value: 30080: provided port is already allocated/,
  );
  const changed = await call("PUT", `${SERVICES}/a`, service("a", { type: "NodePort", clusterIP: "10.96.9.9" }));
  assert.match(String(changed.body.message), /may not change once set/);
});

test("a stale resourceVersion is a conflict; a write that changes nothing makes no new one", async () => {
  const { call } = startForTest();
  const { body: made } = await call("POST", SERVICES, service("web"));
  const same = await call("PUT", `${SERVICES}/web`, made);
  assert.equal(version(same.body), version(made));
  const labelled = { ...made, metadata: { ...fieldsOf(made.metadata), labels: { a: "b" } } };
  assert.equal((await call("PUT", `${SERVICES}/web`, labelled)).status, 200);
  const stale = await call("PUT", `${SERVICES}/web`, made);
  assert.equal(stale.status, 409);
  assert.equal(stale.body.reason, "Conflict");
});

test("status and spec are written apart", async () => {
  const { call, patch } = startForTest();
  await call("POST", SERVICES, service("web", { type: "LoadBalancer" }));
  const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }] } };
  await patch("merge", `${SERVICES}/web`, { status });
  assert.deepEqual((await call("GET", `${SERVICES}/web`)).body.status, { loadBalancer: {} });
  const { body } = await patch("merge", `${SERVICES}/web/status`, { status, spec: { type: "ClusterIP" } });
  assert.equal(at(body, "spec", "type"), "LoadBalancer");
  assert.deepEqual(body.status, { loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }] } });
});

test("a finalizer keeps a deleted object until it is taken off", async () => {
  const { call, patch } = startForTest();
  await call("POST", SERVICES, { ...service("web"), metadata: { name: "web", finalizers: ["a.test/x"] } });
  const { body: dying } = await call("DELETE", `${SERVICES}/web`);
  assert.ok(at(dying, "metadata", "deletionTimestamp"));
  const more = await patch("merge", `${SERVICES}/web`, { metadata: { finalizers: ["a.test/x", "a.test/y"] } });
  assert.equal(more.status, 422);
  assert.match(String(more.body.message), /no new finalizers can be added if the object is being deleted/);
  assert.equal((await patch("merge", `${SERVICES}/web`, { metadata: { finalizers: null } })).status, 200);
  assert.equal((await call("GET", `${SERVICES}/web`)).status, 404);
});

test("a delete with another uid is a conflict", async () => {
  const { call } = startForTest();
  await call("POST", SERVICES, service("web"));
  assert.equal((await call("DELETE", `${SERVICES}/web`, { preconditions: { uid: "other" } })).status, 409);
});

test("a deleted namespace takes what is in it, waits for finalizers and refuses new objects", async () => {
  const { call, clock, patch } = startForTest();
  await call("POST", "/api/v1/namespaces", { metadata: { name: "foo" } });
  const path = "/api/v1/namespaces/foo/services";
  await call("POST", path, { ...service("web"), metadata: { name: "web", finalizers: ["a.test/x"] } });
  await call("POST", path, service("plain"));
  await call("DELETE", "/api/v1/namespaces/foo");
  await clock.advance(1000);
  assert.deepEqual(names((await call("GET", path)).body), ["web"]);
  assert.equal((await call("POST", path, service("new"))).status, 403);
  await patch("merge", `${path}/web`, { metadata: { finalizers: null } });
  await clock.advance(1000);
  assert.equal((await call("GET", "/api/v1/namespaces/foo")).status, 404);
  assert.equal((await call("POST", path, service("new"))).status, 404);
});

test("Events of core/v1 can be read as events.k8s.io/v1", async () => {
  const { call } = startForTest();
  const event = {
    metadata: { name: "e" },
    involvedObject: { kind: "Pod", name: "p", namespace: "default" },
    message: "hello",
  };
  await call("POST", "/api/v1/namespaces/default/events", event);
  const { body } = await call("GET", "/apis/events.k8s.io/v1/namespaces/default/events/e");
  assert.equal(body.note, "hello");
  assert.equal(at(body, "regarding", "name"), "p");
  const query = "fieldSelector=involvedObject.kind%3DPod,involvedObject.name%3Dp";
  assert.deepEqual(names((await call("GET", `/api/v1/events?${query}`)).body), ["e"]);
});

test("selectors by label and field choose; an unknown field is a bad request", async () => {
  const { call } = startForTest();
  for (const tier of ["a", "b"]) {
    await call("POST", "/api/v1/nodes", { metadata: { name: `n-${tier}`, labels: { tier } } });
  }
  const list = async (query: string) => names((await call("GET", `/api/v1/nodes?${query}`)).body);
  assert.deepEqual(await list(`labelSelector=${encodeURIComponent("tier in (a,c),!x")}`), ["n-a"]);
  assert.deepEqual(await list("fieldSelector=metadata.name%3Dn-b"), ["n-b"]);
  assert.equal((await call("GET", "/api/v1/nodes?fieldSelector=spec.foo%3Db")).status, 400);
});

test("strict field validation names the unknown field; otherwise it is a warning and the field is dropped", async () => {
  const { call } = startForTest();
  const body = service("web", { prots: 1 });
  const strict = await call("POST", `${SERVICES}?fieldValidation=Strict`, body);
  assert.equal(strict.status, 400);
  assert.match(String(strict.body.message), /strict decoding error: unknown field "spec\.prots"/);
  const warned = await call("POST", `${SERVICES}?fieldValidation=Warn`, body);
  assert.match(String(warned.headers.warning), /unknown field/);
  assert.equal(at(warned.body, "spec", "prots"), undefined);
});

test("only a known token gets in", async () => {
  const { call } = startForTest({ tokens: new Map([["good", { user: "ann", groups: ["system:masters"] }]]) });
  assert.equal((await call("GET", "/api/v1/nodes")).status, 401);
  const headers = { authorization: "Bearer good" };
  assert.equal((await call("GET", "/api/v1/nodes", undefined, headers)).status, 200);
  const review = { spec: { token: "good" } };
  const { body } = await call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review, headers);
  assert.equal(at(body, "status", "user", "username"), "ann");
});

test("wrong paths, methods and bodies are answered with the right Status", async () => {
  const { call } = startForTest();
  assert.equal((await call("GET", "/api/v1/nothing")).body.message, "the server could not find the requested resource");
  assert.equal((await call("POST", "/api/v1/nodes/x", {})).status, 405);
  assert.equal((await call("POST", SERVICES, "{")).status, 400);
  assert.equal((await call("POST", "/api/v1/namespaces/none/services", service("x"))).status, 404);
});

test("server-side apply is refused with a clear answer", async () => {
  const { call, patch } = startForTest();
  await call("POST", SERVICES, service("web"));
  const { status, body } = await patch("application/apply-patch+yaml", `${SERVICES}/web`, service("web"));
  assert.equal(status, 415);
  assert.match(String(body.message), /server-side apply is not served here.*application\/strategic-merge-patch\+json/);
});

test("a body of more than three mebibytes is refused before it is read", async () => {
  const { call } = startForTest();
  const { status, body } = await call("POST", SERVICES, "x".repeat(3 * 1024 * 1024 + 1));
  assert.equal(status, 413);
  assert.equal(body.message, "Request entity too large: limit is 3145728");
});
