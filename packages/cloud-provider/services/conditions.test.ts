import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FacetProblem } from "../contract.ts";
import { CloudError } from "../error.ts";
import { newService } from "../testing/harness.ts";
import { conditionOf, conditionOfFailure, sameCondition } from "./conditions.ts";
import { type Bench, FINALIZER, KEY, start } from "./testing.ts";

const BAD: FacetProblem = {
  facet: "annotations",
  reason: "BadAnnotation",
  message: "bandwidth: expected 1..200",
  retryable: false,
};
const shown = async (bench: Bench) => {
  const { status, reason, message } = (await bench.condition()) ?? {};
  return { status, reason, message };
};
const conditionWrites = (bench: Bench) =>
  bench.writes().filter(({ body }) => body.includes("LoadBalancerReady")).length;

describe("the condition LoadBalancerReady", () => {
  it("comes with the address, in one write, and stays as it is when nothing changes", async () => {
    const bench = await start({ driftPeriodMs: 60_000 });
    await bench.create(newService("web"));
    await bench.seconds(5);
    assert.deepEqual(await shown(bench), {
      status: "True",
      reason: "EnsuredLoadBalancer",
      message: "The load balancer is as the Service asks for.",
    });
    assert.deepEqual(
      bench.writes().map(({ body }) => [body.includes("finalizers"), body.includes("ingress"), body.includes("Ready")]),
      [
        [true, false, false],
        [false, true, true],
      ],
    );
    await bench.seconds(3600);
    assert.ok(bench.cloud.count("ensure") > 10);
    assert.equal(bench.writes().length, 2);
    await bench.close();
  });

  it("says what is wrong and what to do while a part cannot be satisfied, since when, and that it was healed", async () => {
    const bench = await start();
    bench.cloud.problems.set(KEY, [BAD, { ...BAD, reason: "Quota", message: "no address left", retryable: true }]);
    await bench.create(newService("web"));
    await bench.seconds(60);
    const first = await bench.condition();
    assert.deepEqual(await shown(bench), {
      status: "False",
      reason: "BadAnnotation",
      message:
        "bandwidth: expected 1..200 (change the Service, or what the cloud refuses, for it to be tried again); " +
        "no address left (it is tried again by itself)",
    });
    assert.equal(conditionWrites(bench), 1, "once for four tries");
    bench.cloud.problems.set(KEY, [BAD]);
    await bench.seconds(60);
    const second = await bench.condition();
    assert.notEqual(second?.message, first?.message);
    assert.equal(second?.lastTransitionTime, first?.lastTransitionTime, "it was False all the time");
    bench.cloud.problems.delete(KEY);
    await bench.patch({ metadata: { annotations: { bandwidth: "100" } } });
    await bench.seconds(5);
    const healed = await bench.condition();
    assert.equal(healed?.status, "True");
    assert.notEqual(healed?.lastTransitionTime, first?.lastTransitionTime);
    await bench.close();
  });

  it("says why a sync failed, once, although each answer of the cloud has another id", async () => {
    let calls = 0;
    const bench = await start({
      cloud: () => ({
        ensure: () => {
          calls++;
          const id = `${String(calls).padStart(8, "0")}-0000-4000-8000-000000000000`;
          return Promise.reject(new CloudError("retryable", `busy (request id ${id})`));
        },
      }),
    });
    await bench.create(newService("web"));
    await bench.seconds(120);
    assert.ok(calls >= 4);
    const { status, reason, message } = await shown(bench);
    assert.deepEqual([status, reason], ["False", "SyncLoadBalancerFailed"]);
    assert.match(
      String(message),
      /^failed to ensure load balancer: busy \(request id .*\) \(it is tried again by itself\)$/,
    );
    assert.equal(conditionWrites(bench), 1);
    await bench.close();
  });

  it("says so while the cloud is still at work", async () => {
    const bench = await start();
    bench.cloud.lookAgain(KEY, 7000);
    await bench.create(newService("web"));
    await bench.seconds(3);
    assert.equal((await shown(bench)).reason, "EnsuringLoadBalancer");
    await bench.seconds(10);
    assert.equal((await shown(bench)).status, "True");
    await bench.close();
  });

  it("follows the last node that goes, and the first that comes", async () => {
    const bench = await start({ nodes: ["n1"] });
    await bench.create(newService("web"));
    await bench.seconds(5);
    await bench.removeNode("n1");
    await bench.seconds(5);
    assert.equal((await shown(bench)).reason, "UnAvailableLoadBalancer");
    await bench.addNode("n2");
    await bench.seconds(5);
    assert.equal((await shown(bench)).status, "True");
    assert.deepEqual(bench.methods(), ["ensure", "updateBackends", "updateBackends"]);
    await bench.close();
  });

  it("is not touched by a change of nodes while it tells of a problem", async () => {
    const bench = await start({
      cloud: (fake) => ({
        updateBackends: async (request) => ({ ...(await fake.updateBackends(request)), problems: [] }),
      }),
    });
    bench.cloud.problems.set(KEY, [BAD]);
    await bench.create(newService("web"));
    await bench.seconds(5);
    await bench.addNode("n3");
    await bench.seconds(5);
    assert.equal((await shown(bench)).reason, "BadAnnotation");
    assert.equal(conditionWrites(bench), 1);
    await bench.close();
  });

  it("says why a deletion does not end", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.seconds(5);
    bench.cloud.fail("ensureDeleted", new CloudError("permanent", "in use by another"), 100);
    await bench.remove();
    await bench.seconds(5);
    const { message } = await shown(bench);
    assert.match(String(message), /^failed to delete load balancer: in use by another \(change the Service, or what/);
    await bench.close();
  });

  it("goes with the load balancer when the Service becomes another type; conditions of others stay", async () => {
    const bench = await start();
    await bench.create(newService("web"));
    await bench.seconds(5);
    const foreign = {
      type: "example.com/Other",
      status: "True",
      reason: "X",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    const own = await bench.condition();
    await bench.setStatus({ conditions: own ? [own, foreign] : [foreign] });
    await bench.patch({ spec: { type: "ClusterIP" } });
    await bench.seconds(5);
    assert.deepEqual((await bench.get()).status?.conditions, [foreign]);
    await bench.close();
  });

  it("that cannot be written holds nothing up", async () => {
    const bench = await start();
    bench.cloud.fail("ensure", new Error("busy"));
    bench.refuse("PATCH", /services\/web\/status/, "Forbidden");
    await bench.create(newService("web", {}, { finalizers: [FINALIZER] }));
    await bench.seconds(10);
    assert.equal((await shown(bench)).status, "True");
    await bench.close();
  });
});

describe("what a condition says", () => {
  it("keeps to what the API allows", () => {
    const odd = conditionOf(
      { status: undefined, problems: [{ ...BAD, reason: "bad reason!", message: "x".repeat(40_000) }] },
      1,
    );
    assert.equal(odd.reason, "LoadBalancerProblem");
    assert.equal(odd.message.length, 32_768);
  });

  it("for a permanent failure asks for a change, for any other for patience", () => {
    assert.match(conditionOfFailure(new CloudError("permanent", "no")).message, /change the Service/);
    for (const error of [new CloudError("throttled", "slow"), new Error("?")]) {
      assert.match(conditionOfFailure(error).message, /tried again by itself/);
    }
  });

  it("is the same when only a request id is another", () => {
    const of = (id: string) => conditionOfFailure(new Error(`x ${id}-0000-4000-8000-000000000000`));
    assert.equal(sameCondition(of("00000001"), of("00000002")), true);
    assert.equal(sameCondition(of("00000001"), undefined), false);
    assert.equal(sameCondition(undefined, undefined), true);
  });
});
