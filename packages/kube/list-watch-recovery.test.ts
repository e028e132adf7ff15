import assert from "node:assert/strict";
import test from "node:test";
import { jsonResponse, TransportError } from "@ccm/base";
import { KubeError } from "./error.ts";
import { names, startInformer } from "./informer-testing.ts";
import { listAll } from "./list.ts";
import { outcome, refuse } from "./testing.ts";
import { SERVICES, type Service } from "./types/core.ts";

test("pages that grow too old are given up for one list of everything", async () => {
  const { clock, api, client } = startInformer();
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
  const { clock, api, told, informer, handler, run } = startInformer();
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
  const { clock, api, run } = startInformer();
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
    const { clock, api, informer, told, handler, run, errors } = startInformer();
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

test("while the server fails it is asked less and less often, for ever, and every error is told", async () => {
  const { clock, api, informer, run, lines, errors } = startInformer();
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
  const { clock, api, run } = startInformer();
  api.failing = () => refuse(429, "TooManyRequests", "no", { "retry-after": "300" });
  run();
  await clock.advance(299_000);
  assert.equal(api.lists.length, 1);
  await clock.advance(2000);
  assert.equal(api.lists.length, 2);
});

test("a server that ends every watch at once is not asked in a tight loop", async () => {
  const { clock, api, run } = startInformer();
  run();
  await clock.advance(1);
  api.failing = () => ({ status: 200, headers: {}, body: (async function* () {})() });
  api.cut("end");
  await clock.advance(60_000);
  assert.ok(api.watches.length < 12, `${api.watches.length} watches in a minute`);
});

test("a watch that ends as asked is followed by the next at once", async () => {
  const { clock, api, run } = startInformer();
  run();
  await clock.advance(200_000);
  api.cut("end");
  await clock.advance(1);
  assert.equal(api.watches.length, 2);
  assert.equal(api.watching, 1);
});

test("run ends after the abort, whatever it waits for, and waiting for the sync ends with it", async () => {
  for (const state of ["watching", "listing", "pausing"]) {
    const { clock, api, informer, run, stop } = startInformer();
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

test("a list's answer without items or version does not end the informer", async () => {
  const { clock, api, informer, run } = startInformer();
  api.failing = () => jsonResponse(200, {});
  run();
  await clock.advance(5000);
  api.failing = undefined;
  api.put("a");
  await clock.advance(60_000);
  assert.deepEqual(names(informer.list()), ["a"]);
});
