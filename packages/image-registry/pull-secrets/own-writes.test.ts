import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createOwnWrites } from "./own-writes.ts";

const at = (resourceVersion: string) => ({ metadata: { resourceVersion } });

describe("a write of ours", () => {
  const cases = [
    ["is waited for while the copy is as before", at("1"), at("2"), at("1"), true],
    ["is waited for when it made something", undefined, at("2"), undefined, true],
    ["is waited for when it deleted something", at("1"), undefined, at("1"), true],
    ["is not waited for when the copy was faster than the answer", at("1"), at("2"), at("2"), false],
    ["is not waited for when the copy is further already", at("1"), at("2"), at("3"), false],
    ["is not waited for when it changed nothing, as nothing will be told of it", at("1"), at("1"), at("1"), false],
  ] as const;
  for (const [what, before, after, cached, waiting] of cases) {
    it(what, () => {
      const own = createOwnWrites();
      own.wrote("k", before, after, cached);
      assert.deepEqual([own.isWaiting("k"), own.isWaiting("other")], [waiting, false]);
      own.seen("k");
      assert.equal(own.isWaiting("k"), false);
    });
  }
});
