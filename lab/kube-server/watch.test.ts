import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { at, listOf } from "./json.ts";
import { names, startForTest, version } from "./testing.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
type Step = { readonly name: string; readonly delete: boolean };
const steps = fc.array(fc.record({ name: fc.constantFrom("a", "b", "c", "d"), delete: fc.boolean() }), {
  maxLength: 25,
});

async function run(call: ReturnType<typeof startForTest>["call"], list: readonly Step[]): Promise<void> {
  for (const [index, step] of list.entries()) {
    if (step.delete) await call("DELETE", `${MAPS}/${step.name}`);
    else {
      const body = { metadata: { name: step.name }, data: { index: String(index) } };
      const { status } = await call("POST", MAPS, body);
      if (status === 409) await call("PUT", `${MAPS}/${step.name}`, body);
    }
  }
}

test("a list and the watch from its revision give the newest state, whenever the list was made", async () => {
  await fc.assert(
    fc.asyncProperty(steps, steps, async (before, after) => {
      const { call, watch, clock } = startForTest();
      await run(call, before);
      const { body: first } = await call("GET", MAPS);
      await run(call, after);
      const seen = await watch(`${MAPS}?watch=1&resourceVersion=${version(at({ first }, "first"))}`);
      await clock.advance(0);
      const state = new Map(listOf(first.items).map((item) => [at(item, "metadata", "name"), at(item, "data")]));
      for (const { type, object } of seen.events) {
        if (type === "DELETED") state.delete(at(object, "metadata", "name"));
        else state.set(at(object, "metadata", "name"), object.data);
      }
      seen.stop();
      const { body: last } = await call("GET", MAPS);
      const expected = listOf(last.items).map((item) => [at(item, "metadata", "name"), at(item, "data")]);
      assert.deepEqual([...state].sort(), expected);
    }),
    { numRuns: 40 },
  );
});

test("pages show the state of the first one, whatever is written between them", async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.array(steps, { maxLength: 4 }),
      fc.integer({ min: 1, max: 3 }),
      async (before, between, limit) => {
        const { call } = startForTest();
        await run(call, before);
        const expected = names((await call("GET", MAPS)).body);
        const got: unknown[] = [];
        let token = "";
        for (let page = 0; page < 10; page++) {
          const { body } = await call("GET", `${MAPS}?limit=${limit}&continue=${token}`);
          got.push(...names(body));
          token = String(at(body, "metadata", "continue") ?? "");
          if (!token) break;
          await run(call, between[page] ?? []);
        }
        assert.deepEqual(got, expected);
      },
    ),
    { numRuns: 40 },
  );
});

test("an object that stops matching is DELETED and one that starts is ADDED", async () => {
  const { call, patch, watch, clock } = startForTest();
  await call("POST", MAPS, { metadata: { name: "m", labels: { a: "b" } } });
  const seen = await watch(`${MAPS}?watch=1&labelSelector=a%3Db`);
  await patch("merge", `${MAPS}/m`, { metadata: { labels: { a: "c" } } });
  await patch("merge", `${MAPS}/m`, { metadata: { labels: { a: "b" } } });
  await clock.advance(0);
  seen.stop();
  assert.deepEqual(
    seen.events.map((event) => event.type),
    ["ADDED", "DELETED", "ADDED"],
  );
});

test("a watch-list ends its initial events with a marked bookmark, and the watch ends in time", async () => {
  const { call, watch, clock } = startForTest();
  await call("POST", MAPS, { metadata: { name: "m" } });
  const query =
    "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=5";
  const seen = await watch(`${MAPS}?${query}`);
  await clock.advance(5000);
  await seen.done;
  assert.deepEqual(
    seen.events.map((event) => event.type),
    ["ADDED", "BOOKMARK", "BOOKMARK"],
  );
  assert.equal(at(seen.events[1]?.object, "metadata", "annotations", "k8s.io/initial-events-end"), "true");
});

test("a forgotten revision is gone, for a watch and for a page", async () => {
  const { call, watch } = startForTest({ historySize: 3 });
  for (const name of ["a", "b"]) await call("POST", MAPS, { metadata: { name } });
  const { body } = await call("GET", `${MAPS}?limit=1`);
  for (let i = 0; i < 8; i++) await call("PUT", `${MAPS}/a`, { metadata: { name: "a" }, data: { i: String(i) } });
  const late = await watch(`${MAPS}?watch=1&resourceVersion=${version({ metadata: body.metadata })}`);
  await late.done;
  assert.deepEqual([late.status, late.events.map(({ type, object }) => [type, object.code])], [200, [["ERROR", 410]]]);
  const next = await call("GET", `${MAPS}?limit=1&continue=${at(body, "metadata", "continue")}`);
  assert.equal(next.status, 410);
  const token = at(next.body, "metadata", "continue");
  assert.deepEqual(names((await call("GET", `${MAPS}?continue=${token}`)).body), ["b"]);
});
