import assert from "node:assert/strict";
import test from "node:test";
import { createLogger, type HttpResponse, jsonResponse, seededRandom, TransportError } from "@ccm/base";
import fc from "fast-check";
import { createEventRecorder, type EventRecorderOptions } from "./recorder.ts";
import { clientFor, refuse, type Seen } from "./testing.ts";
import { type Event, NODES, type Node, SERVICES, type Service } from "./types/core.ts";

const node: Node = { metadata: { name: "node-1", uid: "u1", resourceVersion: "5" } };
const service: Service = { metadata: { name: "web", namespace: "shop", uid: "u2" } };

function start(options: Partial<EventRecorderOptions> = {}) {
  const stored = new Map<string, Event>();
  const link = { fault: undefined as ((request: Seen) => HttpResponse | undefined) | undefined };
  const { client, clock, seen } = clientFor((request) => {
    const fault = link.fault?.(request);
    if (fault) return fault;
    const body = JSON.parse(request.body) as Event;
    if (request.method === "POST") {
      const path = `${request.path}/${body.metadata.name}`;
      if (stored.has(path)) return refuse(409, "AlreadyExists", "there already");
      stored.set(path, body);
      return jsonResponse(201, body);
    }
    const before = stored.get(request.path);
    if (!before) return refuse(404, "NotFound", "gone");
    const after = { ...before, ...body };
    stored.set(request.path, after);
    return jsonResponse(200, after);
  });
  const lines: string[] = [];
  const recorder = createEventRecorder({
    client,
    clock,
    random: seededRandom("events"),
    logger: createLogger((_, message, fields) => lines.push(`${message} ${JSON.stringify(fields)}`)),
    component: "service-controller",
    ...options,
  });
  const events = () => [...stored.values()].map(({ message, count }) => `${count} ${message}`);
  return { clock, seen, stored, link, lines, recorder, events };
}

test("an event has all that kubectl shows, and is named after its object and the time", async () => {
  const { clock, recorder, stored } = start({ host: "master-1" });
  recorder.event(SERVICES, service, "Warning", "SyncLoadBalancerFailed", "no quota");
  await recorder.flush();
  const [[path, event] = []] = stored;
  assert.match(path ?? "", /^\/api\/v1\/namespaces\/shop\/events\/web\.[0-9a-f]{16}$/);
  const name = event?.metadata.name ?? "";
  const nanoseconds = BigInt(`0x${name.slice(name.indexOf(".") + 1)}`);
  assert.equal(Number(nanoseconds / 1_000_000n), clock.now());
  assert.deepEqual(event, {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace: "shop", name },
    involvedObject: { apiVersion: "v1", kind: "Service", namespace: "shop", name: "web", uid: "u2" },
    type: "Warning",
    reason: "SyncLoadBalancerFailed",
    message: "no quota",
    count: 1,
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:00Z",
    source: { component: "service-controller", host: "master-1" },
    reportingComponent: "service-controller",
    reportingInstance: "master-1",
  });
});

test("events about cluster-scoped objects go to namespace default", async () => {
  const { recorder, stored } = start();
  recorder.event(NODES, node, "Normal", "Synced", "done");
  await recorder.flush();
  const [[path, event] = []] = stored;
  assert.match(path ?? "", /^\/api\/v1\/namespaces\/default\/events\/node-1\./);
  assert.equal(event?.involvedObject.namespace, undefined);
});

test("recording sends nothing before the caller's turn has ended", async () => {
  const { recorder, seen } = start();
  recorder.event(NODES, node, "Normal", "Synced", "done");
  assert.equal(seen.length, 0);
  await recorder.flush();
  assert.equal(seen.length, 1);
});

test("equal events are one event that counts and keeps its first time", async () => {
  const { clock, recorder, stored, seen } = start();
  for (let n = 0; n < 3; n++) {
    recorder.event(NODES, node, "Normal", "Synced", "done");
    await clock.advance(60_000);
  }
  assert.deepEqual(
    seen.map(({ method }) => method),
    ["POST", "PATCH", "PATCH"],
  );
  assert.equal(seen[1]?.headers["content-type"], "application/strategic-merge-patch+json");
  const [event] = stored.values();
  assert.equal(event?.count, 3);
  assert.equal(event?.firstTimestamp, "2026-01-01T00:00:00Z");
  assert.equal(event?.lastTimestamp, "2026-01-01T00:02:00Z");
});

test("events that differ in type, reason, message or object are different events", async () => {
  const { recorder, events } = start();
  recorder.event(NODES, node, "Normal", "A", "m");
  recorder.event(NODES, node, "Warning", "A", "m");
  recorder.event(NODES, node, "Normal", "B", "m");
  recorder.event(NODES, node, "Normal", "A", "n");
  recorder.event(NODES, { metadata: { ...node.metadata, uid: "other" } }, "Normal", "A", "m");
  recorder.event(SERVICES, service, "Normal", "A", "m");
  await recorder.flush();
  assert.equal(events().length, 6);
});

test("the tenth different message about one object and reason, and those after it, become one combined event", async () => {
  const { clock, recorder, events } = start();
  for (let n = 1; n <= 12; n++) recorder.event(NODES, node, "Normal", "Synced", `message ${n}`);
  await recorder.flush();
  const written = events();
  assert.equal(written.length, 10);
  assert.equal(written.at(-1), "3 (combined from similar events): message 12");
  // Ten minutes of silence, and messages count as new again.
  await clock.advance(600_001);
  recorder.event(NODES, node, "Normal", "Synced", "message 13");
  await recorder.flush();
  assert.equal(events().at(-1), "1 message 13");
});

test("different messages within ten minutes of each other stay combined, however long it goes on", async () => {
  const { clock, recorder, events } = start();
  for (let n = 1; n <= 20; n++) {
    recorder.event(NODES, node, "Normal", "Synced", `message ${n}`);
    await clock.advance(500_000);
  }
  assert.equal(events().length, 10);
  assert.equal(events().at(-1), "11 (combined from similar events): message 20");
});

test("one object is written about 25 times at once and once in five minutes; what is held back is counted later", async () => {
  const { clock, recorder, seen, events } = start();
  for (let n = 0; n < 40; n++) recorder.event(NODES, node, "Normal", "Synced", "done");
  recorder.event(SERVICES, service, "Normal", "Synced", "another object is not held back");
  await recorder.flush();
  assert.equal(seen.length, 26);
  assert.deepEqual(events(), ["25 done", "1 another object is not held back"]);
  await clock.advance(299_000);
  recorder.event(NODES, node, "Normal", "Synced", "done");
  await recorder.flush();
  assert.equal(seen.length, 26);
  await clock.advance(1000);
  recorder.event(NODES, node, "Normal", "Synced", "done");
  await recorder.flush();
  assert.equal(seen.length, 27);
  assert.equal(events()[0], "42 done");
});

test("an event that the server has forgotten is written anew with its count", async () => {
  const { recorder, stored, events } = start();
  recorder.event(NODES, node, "Normal", "Synced", "done");
  await recorder.flush();
  stored.clear();
  recorder.event(NODES, node, "Normal", "Synced", "done");
  await recorder.flush();
  assert.deepEqual(events(), ["2 done"]);
});

test("an outage delays events about ten seconds at a time, and costs none of those that may be written", async () => {
  const { clock, recorder, link, events, seen } = start();
  link.fault = () => {
    throw new TransportError("refused", "kubernetes.test: connection refused");
  };
  for (let n = 0; n < 5; n++) recorder.event(NODES, node, "Normal", `Reason${n}`, "done");
  await clock.advance(60_000);
  assert.ok(seen.length >= 5 && seen.length <= 8, `${seen.length} attempts`);
  link.fault = undefined;
  await clock.advance(15_000);
  assert.equal(events().length, 5);
  // Attempts are not occurrences: 20 of the burst are left.
  for (let n = 0; n < 30; n++) recorder.event(NODES, node, "Normal", "Later", "done");
  await recorder.flush();
  assert.deepEqual(events().slice(5), ["20 done"]);
});

test("after twelve attempts an event is given up, and said so", async () => {
  const { clock, recorder, link, seen, lines } = start();
  link.fault = () => {
    throw new TransportError("refused", "kubernetes.test: connection refused");
  };
  recorder.event(NODES, node, "Normal", "Synced", "done");
  await clock.advance(600_000);
  assert.equal(seen.length, 12);
  assert.match(lines.join(), /an event could not be written .*"reason":"Synced".*connection refused/);
  assert.equal(clock.pending, 0);
});

test("an event that the server refuses is not sent again", async () => {
  const { clock, recorder, link, seen, lines } = start();
  link.fault = () => refuse(403, "Forbidden", "the namespace is being terminated");
  recorder.event(SERVICES, service, "Normal", "Synced", "done");
  await clock.advance(600_000);
  assert.equal(seen.length, 1);
  assert.equal(lines.length, 1);
});

test("when only the answer is lost the event is not written twice", async () => {
  const { clock, recorder, link, stored } = start();
  let lost = 1;
  link.fault = (request) => {
    if (lost-- <= 0) return undefined;
    const body = JSON.parse(request.body) as Event;
    stored.set(`${request.path}/${body.metadata.name}`, body);
    throw new TransportError("reset", "kubernetes.test: connection lost");
  };
  recorder.event(NODES, node, "Normal", "Synced", "done");
  await clock.advance(60_000);
  assert.equal(stored.size, 1);
  recorder.event(NODES, node, "Normal", "Synced", "done");
  await recorder.flush();
  assert.equal([...stored.values()][0]?.count, 2);
});

test("more than a thousand events at once are dropped, counted in one line", async () => {
  const { recorder, seen, lines } = start();
  for (let n = 0; n < 1200; n++) {
    recorder.event(NODES, { metadata: { name: `node-${n}`, uid: `u${n}` } }, "Normal", "Synced", "done");
  }
  await recorder.flush();
  assert.equal(seen.length, 1000);
  assert.deepEqual(lines, [
    'too many events at once, some were dropped {"component":"service-controller","dropped":200}',
  ]);
});

test("property: recording never throws, flush always ends, and no more than the burst is written at once", async () => {
  const fault = fc.constantFrom("none", "refused", "forbidden", "unavailable");
  const event = fc.record({ message: fc.string({ maxLength: 3 }), reason: fc.constantFrom("A", "B"), fault });
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (list) => {
      const { clock, recorder, link, stored } = start();
      let done = false;
      (async () => {
        for (const { message, reason, fault: kind } of list) {
          link.fault = () => {
            if (kind === "refused") throw new TransportError("refused", "kubernetes.test: refused");
            if (kind === "forbidden") return refuse(403, "Forbidden", "no");
            return kind === "unavailable" ? refuse(503, "ServiceUnavailable", "no") : undefined;
          };
          recorder.event(NODES, node, "Normal", reason, message);
          await recorder.flush();
        }
        done = true;
      })();
      await clock.advance(60 * 200_000);
      assert.ok(done);
      assert.ok(stored.size <= 20, `${stored.size} events for two reasons`);
    }),
    { numRuns: 30 },
  );
});
