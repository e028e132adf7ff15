import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HttpResponse } from "@ccm/base";
import fc from "fast-check";
import { KubeError } from "./error.ts";
import { envelope, field, fields, frame } from "./protobuf/testing.ts";
import { SERVICE_MESSAGE } from "./protobuf/types.ts";
import { clientFor, outcome } from "./testing.ts";
import { SERVICES, type Service } from "./types/core.ts";
import { protobufEvents } from "./watch-events.ts";

const PROTOBUF = { "content-type": "application/vnd.kubernetes.protobuf;stream=watch" };
const service = (name: string) =>
  envelope("Service", fields(field(1, fields(field(1, name), field(6, "7"))), field(2, field(4, "LoadBalancer"))));
const gone = envelope("Status", fields(field(2, "Failure"), field(3, "too old"), field(4, "Expired"), field(6, 410)));

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 5) yield bytes.subarray(at, at + 5);
}

const answered = (status: number, headers: Readonly<Record<string, string>>, bytes: Uint8Array): HttpResponse => ({
  status,
  headers,
  body: chunks(bytes),
});

/** All events of one watch that reads protobuf, and what the server was asked. */
async function watch(response: HttpResponse) {
  const { clock, client, seen } = clientFor(() => response);
  const all: unknown[] = [];
  const running = (async () => {
    for await (const event of client.watch<Service>(SERVICES, { resourceVersion: "1", message: SERVICE_MESSAGE })) {
      all.push(event);
    }
  })();
  return { error: await outcome(clock, running), all, seen };
}

describe("a watch that can read protobuf", () => {
  it("asks for it, and takes JSON as well", async () => {
    const line = `${JSON.stringify({ type: "ADDED", object: { metadata: { name: "a", labels: {} } } })}\n`;
    const { all, seen } = await watch(answered(200, { "content-type": "application/json" }, Buffer.from(line)));
    assert.equal(seen[0]?.headers.accept, "application/vnd.kubernetes.protobuf;stream=watch, application/json");
    assert.deepEqual(all, [{ type: "ADDED", object: { metadata: { name: "a", labels: {} } } }]);
  });

  it("gives events as JSON would have", async () => {
    const bookmark = envelope("Service", field(1, field(6, "9")));
    const bytes = fields(frame("ADDED", service("a")), frame("DELETED", service("b")), frame("BOOKMARK", bookmark));
    const { error, all } = await watch(answered(200, PROTOBUF, bytes));
    assert.equal(error, undefined);
    assert.deepEqual(all, [
      { type: "ADDED", object: { metadata: { name: "a", resourceVersion: "7" }, spec: { type: "LoadBalancer" } } },
      { type: "DELETED", object: { metadata: { name: "b", resourceVersion: "7" }, spec: { type: "LoadBalancer" } } },
      { type: "BOOKMARK", object: { metadata: { resourceVersion: "9" } } },
    ]);
  });

  for (const [where, response] of [
    ["in the stream", answered(200, PROTOBUF, frame("ERROR", gone))],
    ["as the answer", answered(410, { "content-type": "application/vnd.kubernetes.protobuf" }, gone)],
  ] as const) {
    it(`understands a refusal in protobuf ${where}`, async () => {
      const { error } = await watch(response);
      assert.ok(error instanceof KubeError);
      assert.equal(error.code, "gone");
      assert.match(error.message, /^watch services at https:\/\/kubernetes.test: too old \(HTTP 410\)$/);
    });
  }

  for (const [what, bytes, expected] of [
    ["an object without its magic", frame("ADDED", Buffer.from("{}{}{}")), /does not begin with "k8s\\0"/],
    ["an unknown type", frame("RENAMED", service("a")), /unknown event type "RENAMED"/],
    [
      "an object without metadata",
      frame("ADDED", envelope("Service", field(2, ""))),
      /an event ADDED without an object/,
    ],
    ["half an event", frame("ADDED", service("a")).subarray(0, 20), /ends in the middle of an event/],
    ["an event cut short inside", Buffer.from([0, 0, 0, 2, 0x0a, 0x09]), /not the protobuf it should be: .* at byte 2/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { error } = await watch(answered(200, PROTOBUF, bytes));
      assert.ok(error instanceof KubeError);
      assert.equal(error.code, "unexpected");
      assert.match(error.message, expected);
    });
  }

  it("ends for any bytes, with events or a KubeError", () => {
    const property = fc.property(
      fc.uint8Array({ maxLength: 100 }),
      fc.constantFrom("ADDED", "ERROR", ""),
      (noise, type) => {
        for (const bytes of [noise, frame(type, noise), frame(type, envelope("Service", noise))]) {
          const reader = protobufEvents("watch", SERVICE_MESSAGE);
          try {
            for (const event of reader.push(bytes)) assert.ok(event.object.metadata);
            reader.end();
          } catch (error) {
            assert.ok(error instanceof KubeError, String(error));
          }
        }
      },
    );
    fc.assert(property, { numRuns: 1000 });
  });
});
