import assert from "node:assert/strict";
import test from "node:test";
import { names, startInformer, text } from "./informer-testing.ts";

test("the transform sees what comes in; by default managedFields are dropped", async () => {
  const managed = { metadata: { managedFields: [{ manager: "x" }], labels: { a: "b" } } };
  const plain = startInformer();
  plain.api.put("a", managed);
  plain.run();
  await plain.clock.advance(1);
  plain.api.put("b", managed);
  await plain.clock.advance(1);
  for (const { metadata } of plain.informer.list()) {
    assert.equal("managedFields" in metadata, false);
    assert.deepEqual(metadata.labels, { a: "b" });
  }
  const own = startInformer({ transform: (object) => ({ ...object, spec: { type: "NodePort" } }) });
  own.api.put("a", managed);
  own.run();
  await own.clock.advance(1);
  assert.equal(own.informer.get("default/a")?.spec?.type, "NodePort");
});

test("a transform that throws is told, and the object is kept as it came", async () => {
  const { clock, api, informer, run, errors } = startInformer({
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
  const { clock, api, informer, told, handler, run, lines } = startInformer({
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
  const { clock, api, informer, told, handler, run, stop } = startInformer();
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
  const { clock, api, informer, run } = startInformer();
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

test("an informer's own resync period is for those who bring none", async () => {
  const { clock, api, informer, run } = startInformer({ resyncMs: 60_000 });
  api.put("a");
  run();
  await clock.advance(1);
  const told: string[] = [];
  const listen = (who: string) => ({ update: () => void told.push(who) });
  informer.subscribe(listen("default"));
  informer.subscribe(listen("own"), { resyncMs: 40_000 });
  await clock.advance(119_000);
  assert.deepEqual(told, ["own", "default", "own"]);
});
