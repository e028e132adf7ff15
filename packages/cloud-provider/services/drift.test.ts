import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { newService } from "../testing/harness.ts";
import { start } from "./testing.ts";

const HOUR = 3_600_000;

describe("a Service that nobody touches", () => {
  it("is looked at again after the drift period, and changed in the cloud without a word", async () => {
    const bench = await start({ driftPeriodMs: 600_000 });
    await bench.create(newService("web"));
    await bench.clock.advance(5000);
    bench.cloud.balancers.clear();
    await bench.clock.advance(721_000);
    assert.equal(bench.cloud.balancers.size, 1);
    assert.equal(bench.cloud.count("ensure"), 2);
    assert.equal((await bench.events("web", "EnsuringLoadBalancer")).length, 1);
    const { writes } = bench.cloud;
    const requests = bench.requests.length;
    await bench.clock.advance(HOUR);
    assert.ok(bench.cloud.count("ensure") >= 7);
    assert.equal(bench.cloud.writes, writes, "when all is as wanted nothing is written");
    assert.equal(bench.requests.length, requests, "neither there nor here");
    await bench.close();
  });
});
