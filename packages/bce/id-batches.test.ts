import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import fc from "fast-check";
import type { Lane } from "./call.ts";
import { createIdBatches } from "./id-batches.ts";

function scene(size = 100) {
  const clock = new VirtualClock();
  const calls: { readonly ids: readonly string[]; readonly lane: Lane }[] = [];
  const exists = (id: string) => !id.startsWith("gone");
  const find = createIdBatches<{ id: string }>(
    clock,
    size,
    ({ id }) => id,
    async (ids, lane) => {
      calls.push({ ids, lane });
      return ids.filter(exists).map((id) => ({ id }));
    },
  );
  return { clock, calls, find };
}

describe("row 36: look-ups by id", () => {
  it("of one moment share a call, whoever asks, with the urgency of the most urgent", async () => {
    const { clock, calls, find } = scene();
    const all = Promise.all([find(["a", "b"]), find(["b", "c"], { lane: "user" }), find(["gone-1"])]);
    await clock.advance(20);
    assert.deepEqual(await all, [[{ id: "a" }, { id: "b" }], [{ id: "b" }, { id: "c" }], []]);
    assert.deepEqual(calls, [{ ids: ["a", "b", "c", "gone-1"], lane: "user" }]);
  });

  it("do not wait when a call is full, and never exceed its size", async () => {
    const { clock, calls, find } = scene(3);
    const answer = find(["a", "b", "c", "d"]);
    assert.equal(calls.length, 1);
    await clock.advance(20);
    assert.deepEqual((await answer).map(({ id }) => id).sort(), ["a", "b", "c", "d"]);
    assert.deepEqual(
      calls.map(({ ids }) => ids.length),
      [3, 1],
    );
  });

  it("answer everybody with exactly what he asked for", async () => {
    const ids = fc.array(fc.stringMatching(/^(gone)?[a-d]$/), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(ids, { maxLength: 6 }), async (asked) => {
        const { clock, calls, find } = scene(3);
        const answers = Promise.all(asked.map((one) => find(one)));
        await clock.advance(40);
        for (const [i, answer] of (await answers).entries()) {
          const expected = [...new Set(asked[i])].filter((id) => !id.startsWith("gone")).sort();
          assert.deepEqual(answer.map(({ id }) => id).sort(), expected);
        }
        assert.ok(calls.every((call) => call.ids.length <= 3));
      }),
      { numRuns: 100 },
    );
  });

  it("fail for those who waited, and for nobody later", async () => {
    const clock = new VirtualClock();
    let failing = true;
    const find = createIdBatches<string>(clock, 10, String, async (ids) => {
      if (failing) throw new Error("down");
      return ids;
    });
    const first = Promise.allSettled([find(["a"]), find(["b"])]);
    await clock.advance(20);
    assert.deepEqual(
      (await first).map(({ status }) => status),
      ["rejected", "rejected"],
    );
    failing = false;
    const later = find(["a"]);
    await clock.advance(20);
    assert.deepEqual(await later, ["a"]);
  });

  it("let go of who aborts", async () => {
    const { clock, find } = scene();
    const controller = new AbortController();
    const gone = find(["a"], { signal: controller.signal });
    controller.abort(new Error("stop"));
    await assert.rejects(gone, /stop/);
    await clock.advance(20);
  });
});
