import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import type { Simulator } from "../simulator.ts";
import { createScene, type Scene } from "../testing/client.ts";
import { createBudgetMeter, parseBudget } from "./budget.ts";
import { createRecorder, type RecordedCall, type Recorder } from "./recorder.ts";
import { redact, redactTarget } from "./redact.ts";
import { parseRecording, replay } from "./replay.ts";

interface Studio extends Scene {
  recording(): string;
  calls(): readonly RecordedCall[];
  blb(name: string): Promise<{ readonly status: number; readonly body: { readonly blbId: string } }>;
}

/** A scene whose calls are recorded. */
function createStudio(): Studio {
  let text = "";
  const clock = new VirtualClock();
  const recorder: Recorder = createRecorder(clock, "bj", (line) => {
    text += line;
  });
  const scene = createScene({ clock, interceptors: [recorder.interceptor], onCall: recorder.onCall });
  const handler = recorder.wrap(scene.simulator.handler);
  const call: Scene["call"] = (line, body, how = {}) => scene.call(line, body, { handler, ...how });
  const { vpcId, subnetIds } = scene.simulator;
  return {
    clock,
    simulator: scene.simulator as Simulator,
    settle: (ms = 5000) => clock.advance(ms),
    call,
    recording: () => text,
    calls: () => parseRecording(text).calls,
    blb: (name) => call("POST /v1/blb", { vpcId, subnetId: subnetIds[0], name }),
  };
}

/** A tour with what depends on ids, on time and on order. */
async function tour(studio: Studio): Promise<void> {
  await studio.call("GET /v1/vpc");
  await studio.call("GET /v1/subnet");
  const { blbId } = (await studio.blb("web")).body;
  await studio.settle();
  const listener = { listenerPort: 80, backendPort: 8080, scheduler: "RoundRobin" };
  await studio.call(`POST /v1/blb/${blbId}/TCPlistener`, listener);
  await studio.settle();
  await studio.call(`POST /v1/blb/${blbId}/TCPlistener`, listener);
  await studio.call(`GET /v1/blb/${blbId}`);
  await studio.call("GET /v1/blb/lb-none");
  await studio.call(`DELETE /v1/blb/${blbId}`);
}

describe("a recording", () => {
  it("has a line for each call, with its operation, what was sent and what came back", async () => {
    const studio = createStudio();
    await studio.blb("web");
    const [call] = studio.calls();
    assert.deepEqual(
      [call?.account, call?.product, call?.operation, call?.method, call?.status],
      ["lab", "blb", "CreateLoadBalancer", "POST", 200],
    );
    assert.match(JSON.stringify(call?.request), /"name":"web"/);
    assert.match(JSON.stringify(call?.answer), /"blbId":"lb-/);
  });

  it("holds no secret: no signature, no key, no password", async () => {
    const studio = createStudio();
    await studio.call("GET /v1/blb?authorization=bce-auth-v1%2Fsecret");
    const made = await studio.call<{ keypair: { privateKey: string } }>("POST /v2/keypair?create", { name: "key" });
    assert.ok(made.body.keypair.privateKey.length > 20);
    const text = studio.recording();
    for (const secret of [
      "bce-auth-v1",
      studio.simulator.credentials.secretAccessKey,
      made.body.keypair.privateKey.slice(0, 40),
    ])
      assert.equal(text.includes(JSON.stringify(secret).slice(1, -1)), false, secret);
  });

  it("says which calls a fault has struck, and whether they were done", async () => {
    const studio = createStudio();
    const { faults } = studio.simulator;
    faults.add({ id: "before", match: { nth: 1 }, effect: { kind: "error" } });
    faults.add({ id: "after", match: { nth: 2 }, effect: { kind: "error-after", how: "reset" } });
    await studio.blb("one");
    await assert.rejects(studio.blb("two"));
    assert.deepEqual(
      studio.calls().map(({ status, fault, done }) => [status, fault, done]),
      [
        [500, "before", false],
        [0, "after", true],
      ],
    );
  });
});

describe("a replay", () => {
  it("gets the same answers from a new cloud, whose ids are others", async () => {
    const studio = createStudio();
    await tour(studio);
    const { sent, differences } = await replay(parseRecording(studio.recording()));
    assert.deepEqual([sent, differences], [8, []]);
  });

  it("leaves out what faults have refused, and does what was done though its answer was lost", async () => {
    const studio = createStudio();
    await studio.call("GET /v1/vpc");
    await studio.call("GET /v1/subnet");
    studio.simulator.faults.add({ match: { nth: 1 }, effect: { kind: "error" } });
    studio.simulator.faults.add({ match: { nth: 2 }, effect: { kind: "error-after", how: "reset" } });
    await studio.blb("refused");
    await assert.rejects(studio.blb("lost"));
    await studio.call("GET /v1/blb");
    const { sent, skipped, differences } = await replay(parseRecording(studio.recording()));
    assert.deepEqual([sent, skipped, differences], [4, 1, []]);
  });

  it("tells which call is answered otherwise", async () => {
    const studio = createStudio();
    await tour(studio);
    const text = studio.recording().replace('"status":404', '"status":200');
    const { differences } = await replay(parseRecording(text));
    assert.deepEqual(
      differences.map(({ call, got }) => [call, got]),
      [["GET /v1/blb/lb-none", "404 NoSuchObject"]],
    );
  });

  for (const [text, expected] of [
    ["", /line 1: expected \{"recording"/],
    ["{}", /line 1/],
    ['{"recording":"baiducloud","version":1}\nnothing', /line 2: expected a JSON object/],
    ['{"recording":"baiducloud","version":1}\n{}', /line 2: expected a call/],
  ] as const) {
    it(`is not tried with a file that is no recording: ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseRecording(text), expected);
    });
  }
});

describe("what is secret", () => {
  it("is removed at any depth, and what looks like it stays", () => {
    const given = { adminPass: "p", list: [{ secretAccessKey: "s", clientToken: "t", name: "n" }], sessionToken: "x" };
    assert.deepEqual(redact(given), {
      adminPass: "<removed>",
      list: [{ secretAccessKey: "<removed>", clientToken: "t", name: "n" }],
      sessionToken: "<removed>",
    });
    assert.equal(redactTarget("/v1/x?authorization=a&name=b"), "/v1/x?authorization=<removed>&name=b");
  });
});

describe("a budget", () => {
  const known = new Set(["blb", "eip", "blb/DescribeLoadBalancers"]);

  it("has one line for each limit that a run exceeds, and none for the others", async () => {
    const text = "total: 3\nproducts: {blb: 2, eip: 0}\noperations: {blb/DescribeLoadBalancers: 1}";
    const meter = createBudgetMeter(parseBudget(text, known));
    const { call } = createScene({ onCall: meter.onCall });
    await call("GET /v1/blb");
    assert.deepEqual(meter.exceeded(), []);
    await call("GET /v1/blb");
    await call("GET /v1/vpc");
    await call("GET /v1/vpc");
    assert.deepEqual(meter.exceeded(), [
      "budget exceeded: total: 4 calls, expected at most 3",
      "budget exceeded: blb/DescribeLoadBalancers: 2 calls, expected at most 1",
    ]);
  });

  for (const [text, expected] of [
    ["- 1", /the file: expected an object/],
    ["totl: 1", /totl is unknown: expected total, products, operations/],
    ["products: {bbl: 1}", /products\.bbl: there is no such product/],
    ["operations: {blb/Nothing: 1}", /operations\.blb\/Nothing: there is no such operation/],
    ["total: many", /total: expected a whole number, got "many"/],
  ] as const) {
    it(`is refused when it is not valid: ${text}`, () => assert.throws(() => parseBudget(text, known), expected));
  }
});
