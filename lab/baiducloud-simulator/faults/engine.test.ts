import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readText, TransportError } from "@ccm/base";
import { createBalancerScene } from "../testing/balancers.ts";
import { createScene, type Scene } from "../testing/client.ts";

const LIST = "GET /v1/blb";
const WRITES = ["POST", "PUT", "DELETE"];

async function createBlb(scene: Scene, name = "web", query = "") {
  const { vpcId, subnetIds } = scene.simulator;
  return scene.call<{ blbId: string }>(`POST /v1/blb${query}`, { vpcId, subnetId: subnetIds[0], name });
}

async function names(scene: Scene, line = LIST): Promise<readonly string[]> {
  const { body } = await scene.call<{ blbList: { name: string }[] }>(line);
  return body.blbList.map(({ name }) => name);
}

function fired(scene: Scene): readonly number[] {
  return scene.simulator.faults.list().map((rule) => rule.fired);
}

async function statuses(scene: Scene, count: number, line = LIST): Promise<readonly number[]> {
  const all: number[] = [];
  for (let call = 0; call < count; call++) all.push((await scene.call(line)).status);
  return all;
}

describe("a rule of faults", () => {
  it("strikes the calls of its product, its operation and its resource, and counts them", async () => {
    const scene = createScene();
    const { blbId } = (await createBlb(scene)).body;
    const error = { kind: "error", status: 503 };
    const { faults } = scene.simulator;
    faults.add({ match: { product: "eip" }, effect: error });
    faults.add({ match: { operation: "*LoadBalancer" }, effect: error });
    faults.add({ match: { resource: blbId }, effect: error });
    assert.equal((await scene.call(LIST)).status, 200);
    assert.equal((await scene.call("GET /v1/eip")).status, 503);
    assert.equal((await createBlb(scene, "other")).status, 503);
    assert.equal((await scene.call(`GET /v1/blb/${blbId}`)).status, 503);
    assert.deepEqual(fired(scene), [1, 1, 1]);
    assert.deepEqual(await names(scene), ["web"]);
  });

  it("finds a resource by its name in a body, and others' names are not it", async () => {
    const scene = createScene();
    scene.simulator.faults.add({ match: { resource: "we*" }, effect: { kind: "error" } });
    assert.equal((await createBlb(scene, "web")).status, 500);
    assert.equal((await createBlb(scene, "nowe")).status, 200);
  });

  const counts: readonly (readonly [title: string, match: object, expected: readonly number[]])[] = [
    ["the nth call only", { nth: 2 }, [200, 500, 200, 200, 200, 200]],
    ["every nth call", { every: 3 }, [200, 200, 500, 200, 200, 500]],
    ["all calls but the first", { skip: 4 }, [200, 200, 200, 200, 500, 500]],
    ["no more calls than it may", { max: 2 }, [500, 500, 200, 200, 200, 200]],
    ["no call, at probability 0", { probability: 0 }, [200, 200, 200, 200, 200, 200]],
    ["all calls, at probability 1", { probability: 1 }, [500, 500, 500, 500, 500, 500]],
  ];
  for (const [title, match, expected] of counts) {
    it(`strikes ${title}`, async () => {
      const scene = createScene();
      scene.simulator.faults.add({ match, effect: { kind: "error" } });
      assert.deepEqual(await statuses(scene, 6), expected);
    });
  }

  it("strikes by chance the same calls for the same seed, and others for another", async () => {
    const run = async (seed: string) => {
      const scene = createScene();
      scene.simulator.faults.add({ match: { probability: 0.5, seed }, effect: { kind: "error" } });
      return (await statuses(scene, 40)).join();
    };
    assert.equal(await run("one"), await run("one"));
    assert.notEqual(await run("one"), await run("two"));
  });

  it("strikes in its window of time only", async () => {
    const scene = createScene();
    scene.simulator.faults.add({ match: { fromMs: 1000, untilMs: 2000 }, effect: { kind: "error" } });
    const seen: number[] = [];
    for (let second = 0; second < 3; second++) {
      seen.push(...(await statuses(scene, 1)));
      await scene.clock.advance(1000);
    }
    assert.deepEqual(seen, [200, 500, 200]);
  });

  it("is named in the log of calls, and rests while it is switched off", async () => {
    const scene = createScene();
    const { faults, admin } = scene.simulator;
    faults.add({ id: "mine", effect: { kind: "error" } });
    await scene.call(LIST);
    faults.change("mine", { enabled: false });
    assert.equal((await scene.call(LIST)).status, 200);
    const request = { method: "GET", target: "/admin/calls", headers: {}, body: new Uint8Array() };
    const { body } = await admin({ ...request, signal: new AbortController().signal });
    const { calls } = JSON.parse(await readText(body)) as { calls: { fault: string; status: number }[] };
    assert.deepEqual(
      calls.map(({ fault, status }) => [fault, status]),
      [
        ["", 200],
        ["mine", 500],
      ],
    );
  });

  const wrong: readonly (readonly [rule: unknown, expected: RegExp])[] = [
    [{ effect: { kind: "explode" } }, /effect\.kind: expected one of error, /],
    [{ effect: { kind: "latency" } }, /effect\.ms is required/],
    [{ effect: { kind: "latency", ms: 1, speed: 3 } }, /effect\.speed is unknown: expected kind, ms/],
    [{ match: { prodcut: "blb" }, effect: { kind: "reset" } }, /match\.prodcut is unknown: expected product/],
    [
      { match: { probability: 2 }, effect: { kind: "reset" } },
      /match\.probability: 2 is out of range, expected 0 to 1/,
    ],
    [{ match: { methods: "GET" }, effect: { kind: "reset" } }, /match\.methods: expected a list/],
    [{ match: {} }, /effect is required/],
    [[], /a rule: expected an object/],
  ];
  for (const [rule, expected] of wrong) {
    it(`is refused when it is not valid: ${JSON.stringify(rule)}`, () => {
      assert.throws(() => createScene().simulator.faults.add(rule), expected);
    });
  }
});

describe("an effect", () => {
  it("error: has the status, code, message and headers that it says", async () => {
    const scene = createScene();
    const { faults, handler } = scene.simulator;
    faults.add({ effect: { kind: "error", status: 503, code: "Busy", message: "later", retryAfter: 7 } });
    let headers: Readonly<Record<string, string>> = {};
    const { status, body } = await scene.call(LIST, undefined, {
      handler: async (request) => {
        const answer = await handler(request);
        headers = answer.headers;
        return answer;
      },
    });
    assert.deepEqual([status, body.code, body.message, headers["retry-after"]], [503, "Busy", "later", "7"]);
    assert.match(body.requestId, /^[0-9a-f-]{36}$/);
  });

  for (const [how, expected] of [
    ["reset", /was reset/],
    ["truncate", /was cut off/],
  ] as const) {
    it(`error-after ${how}: the change is made, the answer is lost, and the same token gets it`, async () => {
      const scene = createScene();
      scene.simulator.faults.add({ match: { methods: WRITES, max: 1 }, effect: { kind: "error-after", how } });
      await assert.rejects(createBlb(scene, "web", "?clientToken=t1"), (error) => {
        assert.ok(error instanceof TransportError && error.code === "reset");
        return expected.test(error.message);
      });
      assert.deepEqual(await names(scene), ["web"]);
      assert.equal((await createBlb(scene, "web", "?clientToken=t1")).status, 200);
      assert.deepEqual(await names(scene), ["web"]);
    });
  }

  it("error-after error: the change is made, and the answer is an error", async () => {
    const scene = createScene();
    scene.simulator.faults.add({ match: { max: 1 }, effect: { kind: "error-after", how: "error", status: 502 } });
    assert.equal((await createBlb(scene)).status, 502);
    assert.deepEqual(await names(scene), ["web"]);
  });

  for (const kind of ["hang", "error-after"] as const) {
    it(`${kind}: nothing comes until the client gives up`, async () => {
      const scene = createScene();
      scene.simulator.faults.add({ match: { max: 1 }, effect: { kind, ...(kind === "hang" ? {} : { how: "hang" }) } });
      const gone = new AbortController();
      const { handler } = scene.simulator;
      let ended = false;
      const call = scene.call(LIST, undefined, { handler: (request) => handler({ ...request, signal: gone.signal }) });
      const rejected = assert.rejects(call, /enough/).then(() => {
        ended = true;
      });
      await scene.clock.advance(3_600_000);
      assert.equal(ended, false);
      gone.abort(new Error("enough"));
      await rejected;
    });
  }

  it("latency: the answer comes that much later", async () => {
    const scene = createScene();
    scene.simulator.faults.add({ effect: { kind: "latency", ms: 2000 } });
    let done = false;
    const call = scene.call(LIST).then(() => {
      done = true;
    });
    await scene.clock.advance(1999);
    assert.equal(done, false);
    await scene.clock.advance(1);
    await call;
  });

  it("throttle: calls beyond the rate get 429 and are counted, those within do not", async () => {
    const scene = createScene();
    scene.simulator.faults.add({ effect: { kind: "throttle", perSecond: 1, burst: 2 } });
    assert.deepEqual(await statuses(scene, 3), [200, 200, 429]);
    await scene.clock.advance(1000);
    assert.deepEqual(await statuses(scene, 2), [200, 429]);
    assert.deepEqual(fired(scene), [2]);
  });

  it("quota: is the cloud's refusal", async () => {
    const scene = createScene();
    scene.simulator.faults.add({ match: { operation: "CreateLoadBalancer" }, effect: { kind: "quota" } });
    const { status, body } = await createBlb(scene);
    assert.deepEqual([status, body.code], [403, "QuotaLimitExceeded"]);
  });

  it("partial: the first of a batch are done, and the call fails without being remembered as done", async () => {
    const scene = createBalancerScene();
    const { blbId } = (await createBlb(scene)).body;
    await scene.settle();
    const ids = ["a", "b", "c"].map((name) => scene.simulator.createInstance({ name }).id);
    const add = (token: string) =>
      scene.call(`POST /v1/blb/${blbId}/backendserver?clientToken=${token}`, {
        backendServerList: ids.map((instanceId) => ({ instanceId, weight: 50 })),
      });
    scene.simulator.faults.add({ match: { resource: blbId, max: 1 }, effect: { kind: "partial", first: 1 } });
    const count = () =>
      scene.simulator.world.account("lab").store.table<{ backends: unknown[] }>("blbs").get(blbId)?.backends.length;
    assert.equal((await add("t")).status, 500);
    assert.equal(count(), 1);
    await scene.settle();
    // Remembered, it would be answered as done.
    assert.equal((await add("t")).status, 409);
    assert.equal(count(), 1);
  });

  const bodies: readonly (readonly [how: string, expected: RegExp, type: RegExp])[] = [
    ["cut", /^\{"marker":"[^}]*$/, /json/],
    ["html", /<h1>502/, /html/],
    ["empty", /^$/, /json/],
    ["null", /^null$/, /json/],
    ["type", /^\{.*\}$/, /plain/],
  ];
  for (const [how, expected, type] of bodies) {
    it(`body ${how}: the body is wrong and complete`, async () => {
      const scene = createScene();
      await createBlb(scene);
      scene.simulator.faults.add({ effect: { kind: "body", how } });
      const { handler } = scene.simulator;
      let seen: { text: string; headers: Readonly<Record<string, string>> } | undefined;
      await scene.call(LIST, undefined, {
        async handler(request) {
          const answer = await handler(request);
          seen = { text: await readText(answer.body), headers: answer.headers };
          return {
            ...answer,
            body: (async function* () {
              yield new TextEncoder().encode("{}");
            })(),
          };
        },
      });
      assert.match(seen?.text ?? "", expected);
      assert.match(seen?.headers["content-type"] ?? "", type);
      assert.equal(seen?.headers["content-length"], String(seen?.text.length));
    });
  }
});
