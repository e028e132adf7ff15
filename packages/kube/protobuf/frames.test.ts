import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrameSplitter } from "./frames.ts";

function framed(content: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(content.length);
  return Buffer.concat([header, content]);
}

/** What comes out when the bytes are cut at these places. */
function split(
  bytes: Uint8Array,
  cuts: readonly number[],
): { readonly frames: readonly string[]; readonly rest: number } {
  const splitter = new FrameSplitter();
  const frames: string[] = [];
  let start = 0;
  for (const end of [...[...cuts].sort((a, b) => a - b), bytes.length]) {
    for (const frame of splitter.push(bytes.subarray(start, end))) frames.push(Buffer.from(frame).toString("hex"));
    start = end;
  }
  return { frames, rest: splitter.rest };
}

describe("FrameSplitter", () => {
  it("gives the same frames however the stream is cut", () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    const property = fc.property(contents, fc.array(fc.nat(), { maxLength: 20 }), (all, cuts) => {
      const bytes = Buffer.concat(all.map(framed));
      const { frames, rest } = split(
        bytes,
        cuts.map((cut) => cut % (bytes.length + 1)),
      );
      assert.deepEqual(
        frames,
        all.map((content) => Buffer.from(content).toString("hex")),
      );
      assert.equal(rest, 0);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it("puts together a frame that is larger than its buffer", () => {
    const large = Buffer.alloc(300_000, 7);
    const bytes = Buffer.concat([framed(large), framed(Buffer.from("after"))]);
    const cuts = Array.from({ length: 100 }, (_, i) => i * 2999);
    assert.deepEqual(split(bytes, cuts).frames, [large.toString("hex"), Buffer.from("after").toString("hex")]);
  });

  it("tells what is left of a frame that never came", () => {
    assert.equal(split(Buffer.from([0, 0]), []).rest, 2);
    assert.equal(split(Buffer.from([0, 0, 0, 9, 1, 2]), [3]).rest, 6);
  });

  it("refuses a frame that would fill the memory", () => {
    assert.throws(() => split(Buffer.from([0xff, 0xff, 0xff, 0xff, 1]), []), /a frame of 4294967295 bytes/);
  });
});
