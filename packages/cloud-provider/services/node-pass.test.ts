import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import { createNodePasses } from "./node-pass.ts";

describe("a pass over load balancers after a change of nodes", () => {
  const begin = () => {
    const clock = new VirtualClock();
    const took: number[] = [];
    return { clock, took, passes: createNodePasses(clock, (seconds) => took.push(seconds)) };
  };

  it("takes until the last of them was looked at, whoever else is", async () => {
    const { clock, took, passes } = begin();
    passes.begin(["a", "b"]);
    await clock.advance(1000);
    passes.finish("a");
    passes.finish("a");
    passes.finish("other");
    assert.deepEqual(took, []);
    await clock.advance(1000);
    passes.finish("b");
    assert.deepEqual(took, [2]);
  });

  it("over none takes no time", () => {
    const { took, passes } = begin();
    passes.begin([]);
    assert.deepEqual(took, [0]);
  });

  it("ends when the next one takes over what is left of it", async () => {
    const { clock, took, passes } = begin();
    passes.begin(["a", "b"]);
    await clock.advance(1000);
    passes.finish("b");
    passes.begin(["a"]);
    assert.deepEqual(took, [1]);
    await clock.advance(3000);
    passes.finish("a");
    assert.deepEqual(took, [1, 3]);
  });
});
