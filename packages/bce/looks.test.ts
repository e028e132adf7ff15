import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import { createLooks } from "./looks.ts";

interface Thing {
  readonly id: string;
}

function source(there: readonly string[], listed = there) {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const look = createLooks<Thing>(clock, {
    one: async (id, { lane }) => {
      asked.push(`${id} ${lane}`);
      return there.includes(id) ? { id } : undefined;
    },
    all: async ({ lane }) => {
      asked.push(`all ${lane}`);
      return listed.map((id) => ({ id }));
    },
    idOf: ({ id }) => id,
  });
  return { clock, asked, look };
}

describe("looks at single objects", () => {
  it("ask for each when they are few", async () => {
    const { clock, asked, look } = source(["a"]);
    const found = Promise.all([look("a"), look("b")]);
    await clock.advance(50);
    assert.deepEqual(await found, [{ id: "a" }, undefined]);
    assert.deepEqual(asked, ["a resync", "b resync"]);
  });
  it("share one list when they are many, in the most urgent of their lanes", async () => {
    const ids = ["a", "b", "c", "d", "e"];
    const { clock, asked, look } = source(ids);
    const found = Promise.all(ids.map((id, i) => look(id, i === 3 ? { lane: "user" } : {})));
    await clock.advance(50);
    assert.deepEqual(
      (await found).map((thing) => thing?.id),
      ids,
    );
    assert.deepEqual(asked, ["all user"]);
  });
  it("believe no list that something is gone", async () => {
    const { clock, asked, look } = source(["a", "b", "c", "new"], ["a", "b", "c"]);
    const found = Promise.all(["a", "b", "c", "new"].map((id) => look(id)));
    await clock.advance(50);
    assert.equal((await found)[3]?.id, "new");
    assert.deepEqual(asked, ["all resync", "new resync"]);
  });
  it("begin after they were asked for, so that who wrote sees it", async () => {
    const { clock, asked, look } = source(["a"]);
    const first = look("a");
    await clock.advance(20);
    const second = look("a");
    await clock.advance(20);
    await Promise.all([first, second]);
    assert.equal(asked.length, 2);
  });
});
