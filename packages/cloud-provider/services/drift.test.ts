import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom, VirtualClock } from "@ccm/base";
import { CloudError } from "../error.ts";
import { newService } from "../testing/harness.ts";
import { watchForDrift } from "./drift.ts";
import { Entries } from "./entries.ts";
import { start } from "./testing.ts";

const HOUR = 3_600_000;
const PERIOD = 600_000;

describe("a Service that nobody touches", () => {
  it("is looked at again after the drift period, and changed in the cloud without a word", async () => {
    const bench = await start({ driftPeriodMs: PERIOD });
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

  it("is left alone when the period is 0", async () => {
    const bench = await start({ driftPeriodMs: 0 });
    await bench.create(newService("web"));
    await bench.clock.advance(24 * HOUR);
    assert.equal(bench.cloud.count("ensure"), 1);
    await bench.close();
  });

  it("is not hurried by it while it waits for its retry", async () => {
    const bench = await start({ driftPeriodMs: 1000 });
    bench.cloud.fail("ensure", new CloudError("permanent", "no"), 100);
    await bench.create(newService("web"));
    await bench.clock.advance(HOUR);
    assert.ok(bench.cloud.count("ensure") <= 13);
    await bench.close();
  });
});

describe("the look at drift", () => {
  const entry = () => ({
    service: newService("web"),
    backends: "",
    ensured: true,
    announced: false,
    written: {},
    writing: false,
    at: 0,
  });

  it("keeps one timer for 10,000 Services, spreads them, and looks at no more than fifty in a period", async () => {
    const clock = new VirtualClock();
    const entries = new Entries();
    for (let i = 0; i < 10_000; i++) entries.put(`s${i}`, entry());
    const looks: { readonly key: string; readonly at: number }[] = [];
    const stop = new AbortController();
    const parts = { clock, random: seededRandom("drift"), entries };
    const running = watchForDrift(parts, PERIOD, (key) => looks.push({ key, at: clock.monotonic() }), stop.signal);
    await clock.advance(11 * PERIOD);
    assert.equal(clock.pending, 1);
    assert.ok(looks.length <= 10 * 50 && looks.length >= 350, `${looks.length} looks in ten periods`);
    assert.equal(new Set(looks.map(({ key }) => key)).size, looks.length, "always the one left alone longest");
    const gaps = new Set(looks.slice(1).map(({ at }, i) => at - (looks[i]?.at ?? 0)));
    assert.ok(gaps.size > 100, "jitter");
    stop.abort();
    await running;
    assert.equal(clock.pending, 0);
  });
});
