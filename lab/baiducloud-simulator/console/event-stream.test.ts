import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatEvent, readEvents, type StreamEvent } from "./event-stream.ts";

async function read(chunks: readonly Uint8Array[]): Promise<readonly StreamEvent[]> {
  const stream = async function* () {
    yield* chunks;
  };
  return Array.fromAsync(readEvents(stream()));
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("readEvents", () => {
  it("reads back what formatEvent wrote, however it was cut on the way", async () => {
    const events = fc.array(fc.tuple(fc.constantFrom("delta", "rates"), fc.string({ unit: "binary" })));
    await fc.assert(
      fc.asyncProperty(events, fc.integer({ min: 1, max: 20 }), async (written, size) => {
        const all = bytes(written.map(([event, data]) => formatEvent(event, data)).join(""));
        const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
          all.subarray(index * size, (index + 1) * size),
        );
        const seen = (await read(chunks)).map(({ event, data }) => [event, JSON.parse(data)]);
        assert.deepEqual(seen, written);
      }),
    );
  });

  it("joins lines of data, knows CRLF, and passes over comments and events without data", async () => {
    const text = ": hello\r\n\r\nevent: empty\r\n\r\ndata: one\r\ndata: two\r\n\r\ndata: cut off";
    assert.deepEqual(await read([bytes(text)]), [{ event: "message", data: "one\ntwo" }]);
  });
});
