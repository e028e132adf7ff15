import assert from "node:assert/strict";
import test from "node:test";
import { createLogger, inProcessTransport, jsonResponse, seededRandom, TransportError, VirtualClock } from "@ccm/base";
import { createKubeServer } from "@ccm/kube-server";
import fc from "fast-check";
import { KubeError } from "./error.ts";
import { createKubeClient } from "./kube-client.ts";
import { listAll } from "./list.ts";
import { createInformer, type InformerOptions } from "./list-watch.ts";
import { FakeServices, outcome, refuse } from "./testing.ts";
import { SERVICES, type Service } from "./types/core.ts";
import { keyOf } from "./types/meta.ts";

function start(options: Partial<InformerOptions<Service>> = {}) {
  const clock = new VirtualClock();
  const api = new FakeServices(seededRandom("api"));
  const client = createKubeClient({
    baseUrl: "https://kubernetes.test",
    send: inProcessTransport((request) => api.handler(request)),
    clock,
    random: seededRandom("client"),
  });
  const lines: string[] = [];
  const errors: unknown[] = [];
  const informer = createInformer<Service>({
    client,
    type: SERVICES,
    clock,
    random: seededRandom("informer"),
    logger: createLogger((level, message) => lines.push(`${level} ${message}`)),
    onError: (error) => errors.push(error),
    ...options,
  });
  const told: string[] = [];
  const handler = {
    add: (object: Service) => void told.push(`add ${text(object)}`),
    update: (before: Service, after: Service) => void told.push(`update ${text(before)} ${text(after)}`),
    delete: (object: Service) => void told.push(`delete ${text(object)}`),
  };
  const stop = new AbortController();
  const run = () => informer.run(stop.signal);
  return { clock, api, client, informer, told, handler, run, stop, lines, errors };
}

const text = ({ metadata: { name, resourceVersion } }: Service) => `${name}:${resourceVersion}`;
const names = (objects: readonly Service[]) => objects.map(({ metadata }) => metadata.name).sort();

test("the first list is told as adds, changes as they come, and to a late subscriber all that is there", async () => {
  const { clock, api, informer, told, handler, run } = start();
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
  const { clock, api, informer, run } = start({ pageSize: 2, namespace: "default", labelSelector: "a=b" });
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

test("pages that grow too old are given up for one list of everything", async () => {
  const { clock, api, client } = start();
  for (const name of ["a", "b", "c"]) api.put(name);
  let pages = 0;
  const transform = (object: Service): Service => {
    if (++pages === 2) api.compact();
    return object;
  };
  const result = await outcome(clock, listAll(client, SERVICES, { limit: 2, transform }));
  assert.ok(!(result instanceof Error), String(result));
  assert.deepEqual(names(result.items), ["a", "b", "c"]);
  assert.deepEqual(
    api.lists.map((query) => query.get("limit")),
    ["2", "2", null],
  );
});

test("a broken watch goes on where it broke: nothing is told twice, and nothing goes back in time", async () => {
  const { clock, api, told, informer, handler, run } = start();
  api.put("a");
  informer.subscribe(handler);
  run();
  await clock.advance(1);
  api.put("a");
  await clock.advance(1);
  for (const how of ["reset", "half"] as const) {
    api.cut(how);
    api.put("a");
    await clock.advance(5000);
  }
  assert.deepEqual(told, ["add a:2", "update a:2 a:3", "update a:3 a:4", "update a:4 a:5"]);
  assert.deepEqual(
    api.watches.map((query) => query.get("resourceVersion")),
    ["2", "3", "4"],
  );
  assert.equal(api.lists.length, 1);
});

test("bookmarks move the version on, so that a quiet watch does not have to list again", async () => {
  const { clock, api, run } = start();
  api.put("a");
  run();
  await clock.advance(1);
  api.bookmark();
  await clock.advance(2000);
  api.cut("end");
  await clock.advance(1);
  assert.deepEqual(
    api.watches.map((query) => query.get("resourceVersion")),
    ["2", "3"],
  );
});

for (const goneInStream of [false, true]) {
  test(`a version that is too old, told ${goneInStream ? "in the stream" : "as the answer"}, is followed by a list that is compared with the copy`, async () => {
    const { clock, api, informer, told, handler, run, errors } = start();
    api.goneInStream = goneInStream;
    for (const name of ["stays", "changes", "goes", "returns"]) api.put(name);
    informer.subscribe(handler);
    run();
    await clock.advance(1);
    told.length = 0;
    // Later than the disconnection, and forgotten before the next watch.
    api.cut("reset");
    api.put("changes");
    api.remove("goes");
    api.remove("returns");
    api.put("returns");
    api.put("new");
    api.compact();
    await clock.advance(10_000);
    assert.deepEqual(told.sort(), [
      "add new:10",
      "add returns:9",
      "delete goes:4",
      "delete returns:5",
      "update changes:3 changes:6",
    ]);
    assert.equal(api.lists.length, 2);
    assert.ok(errors.some((error) => error instanceof KubeError && error.code === "gone"));
  });
}

test("an object deleted and created again under one name between two events is told as a delete and an add", async () => {
  const { clock, api, informer, told, handler, run } = start();
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

test("while the server fails it is asked less and less often, for ever, and every error is told", async () => {
  const { clock, api, informer, run, lines, errors } = start();
  api.failing = () => refuse(403, "Forbidden", "not allowed");
  run();
  await clock.advance(3_600_000);
  const asked = api.lists.length;
  assert.ok(asked > 80 && asked < 140, `${asked} lists in an hour`);
  assert.equal(errors.length, asked);
  assert.ok(lines.every((line) => line === "warn list or watch failed, trying again"));
  assert.equal(informer.synced, false);
  api.put("a");
  api.failing = undefined;
  await clock.advance(60_000);
  assert.equal(informer.synced, true);
});

test("a server that asks for a pause gets it", async () => {
  const { clock, api, run } = start();
  api.failing = () => refuse(429, "TooManyRequests", "no", { "retry-after": "300" });
  run();
  await clock.advance(299_000);
  assert.equal(api.lists.length, 1);
  await clock.advance(2000);
  assert.equal(api.lists.length, 2);
});

test("a server that ends every watch at once is not asked in a tight loop", async () => {
  const { clock, api, run } = start();
  run();
  await clock.advance(1);
  api.failing = () => ({ status: 200, headers: {}, body: (async function* () {})() });
  api.cut("end");
  await clock.advance(60_000);
  assert.ok(api.watches.length < 12, `${api.watches.length} watches in a minute`);
});

test("a watch that ends as asked is followed by the next at once", async () => {
  const { clock, api, run } = start();
  run();
  await clock.advance(200_000);
  api.cut("end");
  await clock.advance(1);
  assert.equal(api.watches.length, 2);
  assert.equal(api.watching, 1);
});

test("the transform sees what comes in; by default managedFields are dropped", async () => {
  const managed = { metadata: { managedFields: [{ manager: "x" }], labels: { a: "b" } } };
  const plain = start();
  plain.api.put("a", managed);
  plain.run();
  await plain.clock.advance(1);
  plain.api.put("b", managed);
  await plain.clock.advance(1);
  for (const { metadata } of plain.informer.list()) {
    assert.equal("managedFields" in metadata, false);
    assert.deepEqual(metadata.labels, { a: "b" });
  }
  const own = start({ transform: (object) => ({ ...object, spec: { type: "NodePort" } }) });
  own.api.put("a", managed);
  own.run();
  await own.clock.advance(1);
  assert.equal(own.informer.get("default/a")?.spec?.type, "NodePort");
});

test("a transform that throws is told, and the object is kept as it came", async () => {
  const { clock, api, informer, run, errors } = start({
    transform() {
      throw new Error("cannot trim");
    },
  });
  api.put("a");
  run();
  await clock.advance(1);
  api.put("b");
  await clock.advance(1);
  assert.deepEqual(names(informer.list()), ["a", "b"]);
  assert.equal(errors.length, 2);
});

test("a handler that throws, and an error handler that throws, disturb nobody", async () => {
  const { clock, api, informer, told, handler, run, lines } = start({
    onError() {
      throw new Error("the reporter failed");
    },
  });
  informer.subscribe({
    add() {
      throw new Error("handler failed");
    },
  });
  informer.subscribe(handler);
  run();
  api.put("a");
  await clock.advance(1);
  api.put("b");
  await clock.advance(1);
  assert.deepEqual(told, ["add a:2", "add b:3"]);
  assert.ok(lines.includes("error a handler of a Kubernetes object threw"));
});

test("a resync repeats the copy to the one who asked for it, in its own period, until it unsubscribes", async () => {
  const { clock, api, informer, told, handler, run, stop } = start();
  api.put("a");
  run();
  await clock.advance(1);
  const others: string[] = [];
  const unsubscribe = informer.subscribe(handler, { resyncMs: 10_000 });
  informer.subscribe({ update: () => void others.push("update") });
  await clock.advance(25_000);
  assert.deepEqual(told, ["add a:2", "update a:2 a:2", "update a:2 a:2"]);
  assert.deepEqual(others, []);
  unsubscribe();
  api.put("a");
  await clock.advance(25_000);
  assert.equal(told.length, 3);
  informer.subscribe(handler, { resyncMs: 10_000 });
  stop.abort(new Error("stop"));
  await clock.advance(1);
  assert.equal(clock.pending, 0);
});

test("who subscribes while a change is told hears of it once", async () => {
  const { clock, api, informer, run } = start();
  const late: string[] = [];
  informer.subscribe({
    add: () => void informer.subscribe({ add: (object) => void late.push(text(object)) }),
  });
  run();
  await clock.advance(1);
  api.put("a");
  await clock.advance(1);
  assert.deepEqual(late, ["a:2"]);
});

test("run ends after the abort, whatever it waits for, and waiting for the sync ends with it", async () => {
  for (const state of ["watching", "listing", "pausing"]) {
    const { clock, api, informer, run, stop } = start();
    if (state === "listing") api.failing = () => new Promise(() => {});
    if (state === "pausing") {
      api.failing = () => {
        throw new TransportError("refused", "kubernetes.test: connection refused");
      };
    }
    const running = run();
    const waiting = informer.waitForSync(stop.signal).catch((error: unknown) => String(error));
    await clock.advance(10_000);
    stop.abort(new Error("stop"));
    await running;
    assert.equal(await waiting, state === "watching" ? undefined : "Error: stop");
    assert.equal(clock.pending, 0);
  }
});

test("property: after any changes, cuts, compactions and outages the copy is what the server has, and the handlers were told exactly that", async () => {
  const name = fc.constantFrom("a", "b", "c", "d", "e");
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("put" as const), name }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), name }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(0, 1, 900, 20_000) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("cut" as const), how: fc.constantFrom("end", "reset", "half") }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("compact", "bookmark", "heal") }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("fail" as const), code: fc.constantFrom(403, 410, 429, 500) }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, goneInStream) => {
      const { clock, api, informer, run, stop } = start({ pageSize: 2 });
      api.goneInStream = goneInStream;
      const copy = new Map<string, Service>();
      informer.subscribe({
        add(object) {
          assert.ok(!copy.has(keyOf(object)), "added twice");
          copy.set(keyOf(object), object);
        },
        update(before, after) {
          assert.equal(copy.get(keyOf(after)), before, "updated from something else than was told before");
          assert.equal(before.metadata.uid, after.metadata.uid);
          assert.ok(Number(after.metadata.resourceVersion) > Number(before.metadata.resourceVersion), "back in time");
          copy.set(keyOf(after), after);
        },
        delete(object) {
          assert.ok(copy.delete(keyOf(object)), "deleted what was not there");
        },
      });
      const running = run();
      for (const each of steps) {
        if (each.do === "put") api.put(each.name);
        if (each.do === "remove") api.remove(each.name);
        if (each.do === "wait") await clock.advance(each.ms);
        if (each.do === "cut") api.cut(each.how as "end");
        if (each.do === "compact") api.compact();
        if (each.do === "bookmark") api.bookmark();
        if (each.do === "fail") api.failing = () => refuse(each.code, "", "out of order");
        if (each.do === "heal") api.failing = undefined;
      }
      api.failing = undefined;
      await clock.advance(120_000);
      const there = [...api.objects.values()].map(text).sort();
      assert.deepEqual(informer.list().map(text).sort(), there);
      assert.deepEqual([...copy.values()].map(text).sort(), there);
      assert.equal(api.watching, 1);
      stop.abort(new Error("stop"));
      await running;
    }),
    { numRuns: 100 },
  );
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

test("a list's answer without items or version does not end the informer", async () => {
  const { clock, api, informer, run } = start();
  api.failing = () => jsonResponse(200, {});
  run();
  await clock.advance(5000);
  api.failing = undefined;
  api.put("a");
  await clock.advance(60_000);
  assert.deepEqual(names(informer.list()), ["a"]);
});
