import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import type { Forwarding } from "./data-plane.ts";
import { HealthChecker } from "./health-checker.ts";

const INTERVAL = 3000;

function forwarding(running = true): Forwarding {
  return {
    blbId: "lb-1",
    protocol: "TCP",
    port: 80,
    addresses: [],
    scheduler: "RoundRobin",
    timeoutMs: 1000,
    health: {
      type: "TCP",
      port: undefined,
      timeoutMs: 1000,
      intervalMs: INTERVAL,
      unhealthyThreshold: 3,
      healthyThreshold: 2,
      probe: "",
      uri: "/",
      host: "",
      normalStatus: "http_2xx",
    },
    targets: [{ instanceId: "i-1", host: "127.0.0.1", port: 80, weight: 100, running }],
  };
}

describe("a health checker", () => {
  it("believes the first answer at once, later ones only after as many in a row as the thresholds say", async () => {
    const clock = new VirtualClock();
    let well = true;
    const checker = new HealthChecker(clock, async () => well, forwarding());
    assert.equal(checker.health("i-1"), "Unknown");
    await clock.advance(0);
    assert.equal(checker.health("i-1"), "Alive");
    well = false;
    await clock.advance(2 * INTERVAL);
    assert.equal(checker.health("i-1"), "Alive");
    well = true;
    await clock.advance(INTERVAL);
    well = false;
    await clock.advance(2 * INTERVAL);
    assert.equal(checker.health("i-1"), "Alive", "one good answer starts the count anew");
    await clock.advance(INTERVAL);
    assert.equal(checker.health("i-1"), "Dead");
    well = true;
    await clock.advance(INTERVAL);
    assert.equal(checker.health("i-1"), "Dead");
    await clock.advance(INTERVAL);
    assert.equal(checker.health("i-1"), "Alive");
    checker.close();
  });

  it("finds a machine that is switched off dead without asking it, and asks no more of those that have gone", async () => {
    const clock = new VirtualClock();
    let asked = 0;
    const ask = async () => {
      asked++;
      return true;
    };
    const checker = new HealthChecker(clock, ask, forwarding(false));
    await clock.advance(INTERVAL);
    assert.equal(checker.health("i-1"), "Dead");
    assert.equal(asked, 0);
    checker.update({ ...forwarding(), targets: [] });
    await clock.advance(10 * INTERVAL);
    assert.equal(checker.health("i-1"), "Unknown");
    assert.equal(asked, 0);
  });

  it("asks nobody where the check is switched off: what runs is well", async () => {
    const clock = new VirtualClock();
    const refuse = () => assert.fail("asked");
    for (const running of [true, false]) {
      const unchecked = { ...forwarding(running), health: { ...forwarding().health, enabled: false } };
      const checker = new HealthChecker(clock, refuse, unchecked);
      await clock.advance(5 * INTERVAL);
      assert.equal(checker.health("i-1"), running ? "Alive" : "Dead");
      checker.close();
    }
  });
});
