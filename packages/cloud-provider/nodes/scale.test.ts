/** What the node controller costs at scale, in calls and in virtual time: a cloud that takes 100 ms for each call. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODES, type Node } from "@ccm/kube";
import { defaultConfig } from "../manager/config.ts";
import { createHarness, newNode, UNINITIALIZED } from "../testing/harness.ts";
import { A3, runNodeController } from "../testing/nodes.ts";

const CALL_MS = 100;
/** A write of a Node on a busy API server of two cores, with twenty in flight. */
const WRITE_MS = 50;

const config = defaultConfig("fake");
const workers = {
  workers: config.concurrentNodeSyncs,
  statusWorkers: config.concurrentNodeStatusUpdates || config.concurrentNodeSyncs,
};

describe("a thousand new nodes at once, with the default flags", () => {
  for (const bulk of [true, false]) {
    it(`are initialised within eight seconds by two writes each, ${bulk ? "with few calls" : "without a bulk call"}`, async () => {
      const harness = await createHarness({
        bulk,
        batchSize: 100,
        latencyMs: CALL_MS,
        writeMs: WRITE_MS,
        qps: config.kubeApiQps,
        burst: config.kubeApiBurst,
      });
      const { cloud, clock, requests, user } = harness;
      await runNodeController(harness, workers);
      const start = clock.monotonic();
      const names = Array.from({ length: 1000 }, (_, n) => `n${n}`);
      for (const name of names)
        cloud.machines.set(name, { name, addresses: A3, instanceType: "t", zone: "z", region: "r" });
      await harness.during(
        Promise.all(names.map((name) => user.create(NODES, newNode(name, { spec: { taints: [UNINITIALIZED] } })))),
      );
      const untainted = () => requests.filter(({ path }) => !path.endsWith("/status")).length;
      assert.ok(await clock.advanceUntil(() => untainted() === 1000, 60_000));
      const took = clock.monotonic() - start;
      assert.ok(took <= 8000, `${took} ms`);
      await clock.advance(5000);
      assert.equal(requests.length, 2000);
      assert.deepEqual(new Set(requests.map(({ status }) => status)), new Set([200]));
      assert.ok(cloud.count() <= (bulk ? 20 : 1000), `${cloud.count()} calls`);
      assert.ok(cloud.peak <= config.concurrentNodeSyncs);
      const { items } = await harness.during(user.list<Node>(NODES));
      assert.ok(items.every(({ spec, status }) => !spec?.taints?.length && status?.addresses?.length === 3));
      await harness.close();
    });
  }
});

describe("a pass over five thousand nodes", () => {
  it("takes at most fifty calls and ten seconds, and writes nothing when nothing changed", async () => {
    const harness = await createHarness({ batchSize: 100, latencyMs: CALL_MS });
    const { cloud, clock, user } = harness;
    const names = Array.from({ length: 5000 }, (_, n) => `n${n}`);
    for (const name of names) {
      cloud.machines.set(name, { name });
      await user.create(NODES, newNode(name, { spec: { providerID: `fake://${name}` } }));
    }
    await runNodeController(harness, workers);
    await clock.advance(10_000);
    assert.equal(cloud.count(), 50);
    assert.ok((cloud.calls.at(-1)?.at ?? 0) + CALL_MS <= 10_000);
    assert.ok(cloud.peak <= 4);
    assert.deepEqual(harness.requests, []);
    assert.ok(clock.pending < 20, `${clock.pending} timers`);
    await harness.close();
  });
});
