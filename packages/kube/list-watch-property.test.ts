import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { startInformer, text } from "./informer-testing.ts";
import { refuse } from "./testing.ts";
import type { Service } from "./types/core.ts";
import { keyOf } from "./types/meta.ts";

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
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.boolean(),
      fc.boolean(),
      async (steps, goneInStream, streamLists) => {
        const { clock, api, informer, run, stop } = startInformer({ pageSize: 2, streamLists });
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
      },
    ),
    { numRuns: 100 },
  );
});
