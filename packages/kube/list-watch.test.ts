import assert from "node:assert/strict";
import test from "node:test";
import { createLogger, inProcessTransport, seededRandom, TransportError, textResponse, VirtualClock } from "@ccm/base";
import { createKubeServer } from "@ccm/kube-server";
import { names, startInformer, text } from "./informer-testing.ts";
import { createKubeClient } from "./kube-client.ts";
import { listAll } from "./list.ts";
import { createInformer } from "./list-watch.ts";
import { outcome } from "./testing.ts";
import { SERVICES, type Service } from "./types/core.ts";

test("the first list is told as adds, changes as they come, and to a late subscriber all that is there", async () => {
  const { clock, api, informer, told, handler, run } = startInformer();
  api.put("a");
  informer.subscribe(handler);
  assert.equal(informer.synced, false);
  run();
  await outcome(clock, informer.waitForSync(AbortSignal.any([])));
  assert.equal(informer.synced, true);
  api.put("b");
  api.put("a");
  api.remove("b");
  await clock.advance(1);
  assert.deepEqual(told, ["add a:2", "add b:3", "update a:2 a:4", "delete b:5"]);
  assert.equal(informer.get("default/a")?.metadata.resourceVersion, "4");
  const late: string[] = [];
  informer.subscribe({ add: (object) => void late.push(text(object)) });
  assert.deepEqual(late, ["a:4"]);
});

test("lists are read in pages, and a watch goes on from the list's version for five to ten minutes", async () => {
  const { clock, api, informer, run } = startInformer({ pageSize: 2, namespace: "default", labelSelector: "a=b" });
  for (const name of ["a", "b", "c", "d", "e"]) api.put(name);
  run();
  await clock.advance(1);
  assert.deepEqual(names(informer.list()), ["a", "b", "c", "d", "e"]);
  assert.equal(api.lists.length, 3);
  assert.ok(api.lists.every((query) => query.get("labelSelector") === "a=b"));
  const [watch] = api.watches;
  assert.equal(watch?.get("resourceVersion"), "6");
  assert.equal(watch?.get("allowWatchBookmarks"), "true");
  const seconds = Number(watch?.get("timeoutSeconds"));
  assert.ok(seconds >= 300 && seconds < 600, String(seconds));
});

test("an object deleted and created again under one name between two events is told as a delete and an add", async () => {
  const { clock, api, informer, told, handler, run } = startInformer();
  api.put("a");
  informer.subscribe(handler);
  run();
  await clock.advance(1);
  api.cut("reset");
  api.remove("a");
  api.put("a");
  api.compact();
  await clock.advance(10_000);
  assert.deepEqual(told, ["add a:2", "delete a:2", "add a:4"]);
});

test("the informer follows the embedded API server, across its forgetting of old versions", async () => {
  const clock = new VirtualClock();
  const server = createKubeServer({ clock, random: seededRandom("server"), historySize: 10 });
  let reachable = true;
  const send = inProcessTransport(server.handler, {
    async before() {
      if (!reachable) throw new TransportError("refused", "kubernetes.test: connection refused");
    },
  });
  const parts = { baseUrl: "https://kubernetes.test", clock, random: seededRandom("client") };
  const user = createKubeClient({ ...parts, send: inProcessTransport(server.handler) });
  const informer = createInformer<Service>({
    client: createKubeClient({ ...parts, send }),
    type: SERVICES,
    clock,
    random: seededRandom("informer"),
    logger: createLogger(() => {}),
    pageSize: 3,
  });
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  const spec = { ports: [{ port: 80 }] };
  const create = (name: string) => user.create(SERVICES, { metadata: { name, namespace: "default" }, spec });
  for (const name of ["a", "b", "c", "d"]) await create(name);
  await clock.advance(2000);
  assert.deepEqual(names(informer.list()), ["a", "b", "c", "d", "kubernetes"]);
  reachable = false;
  // The server ends the watch in its own time; it cannot be opened again, and meanwhile history passes.
  await clock.advance(600_000);
  for (let n = 0; n < 30; n++) await create(`more-${n}`);
  await user.delete(SERVICES, { namespace: "default", name: "a" });
  assert.ok(!names(informer.list()).includes("more-29"));
  reachable = true;
  await clock.advance(120_000);
  const { items } = await listAll(user, SERVICES);
  assert.deepEqual(names(informer.list()), names(items));
  assert.equal(informer.get("default/a"), undefined);
  stop.abort(new Error("stop"));
  await running;
  server.close();
});

test("a list is asked for as a stream; the copy is filled at its end, and the same stream goes on with the changes", async () => {
  const { clock, api, informer, told, handler, run } = startInformer({ streamLists: true, labelSelector: "a=b" });
  api.put("a");
  api.put("b");
  informer.subscribe(handler);
  run();
  await clock.advance(1);
  assert.equal(informer.synced, true);
  api.put("c");
  await clock.advance(1);
  assert.deepEqual(told, ["add a:2", "add b:3", "add c:4"]);
  assert.equal(api.lists.length, 0);
  const [watch] = api.watches;
  assert.deepEqual(
    ["sendInitialEvents", "resourceVersionMatch", "resourceVersion", "labelSelector"].map((name) => watch?.get(name)),
    ["true", "NotOlderThan", null, "a=b"],
  );
});

test("a stream that breaks before its end changes nothing, and is asked for again from the start", async () => {
  const { clock, api, informer, run } = startInformer({ streamLists: true });
  api.put("a");
  api.put("b");
  const half = JSON.stringify({ type: "ADDED", object: api.objects.get("a") });
  api.failing = () => textResponse(200, `${half}\n`);
  run();
  await clock.advance(1);
  assert.equal(informer.synced, false);
  assert.deepEqual(informer.list(), []);
  api.failing = undefined;
  await clock.advance(10_000);
  assert.deepEqual(names(informer.list()), ["a", "b"]);
});

test("a server that cannot stream lists is read in pages, at once and from then on", async () => {
  const { clock, api, informer, run } = startInformer({ streamLists: true, pageSize: 1 });
  api.streamsLists = false;
  api.put("a");
  api.put("b");
  run();
  await clock.advance(1);
  assert.deepEqual(names(informer.list()), ["a", "b"]);
  assert.equal(api.lists.length, 2);
  api.compact();
  api.cut("reset");
  await clock.advance(10_000);
  assert.equal(api.lists.length, 4);
  assert.equal(api.watches.filter((query) => query.has("sendInitialEvents")).length, 1);
});
