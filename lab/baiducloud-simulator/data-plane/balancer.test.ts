import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createBalancer } from "./balancer.ts";
import type { Target } from "./data-plane.ts";

const targetsOf = (weights: readonly number[]): readonly Target[] =>
  weights.map((weight, i) => ({ instanceId: `i-${i}`, host: "127.0.0.1", port: 80, weight, running: true }));

const weights = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 8 });
const schedulers = fc.constantFrom("RoundRobin", "LeastConnection", "WeightLeastConn", "Hash");

const counted = (names: readonly string[]) => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
};

describe("a balancer", () => {
  it("never chooses weight 0, whatever the scheduler, and nobody where all have it", () => {
    fc.assert(
      fc.property(
        weights,
        schedulers,
        fc.array(fc.ipV4(), { minLength: 1, maxLength: 20 }),
        (given, scheduler, sources) => {
          const balancer = createBalancer();
          const targets = targetsOf(given);
          for (const source of sources) {
            const chosen = balancer.choose(targets, scheduler, source);
            if (given.every((weight) => weight === 0)) assert.equal(chosen, undefined);
            else assert.ok((chosen?.weight ?? 0) > 0);
            if (chosen) balancer.count(chosen.instanceId, 1);
          }
        },
      ),
    );
  });

  it("by round robin gives each backend exactly its weight in a full round", () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 3 }), (given, rounds) => {
        const balancer = createBalancer();
        const targets = targetsOf(given);
        const total = given.reduce((sum, weight) => sum + weight, 0);
        const names = Array.from(
          { length: rounds * total },
          () => balancer.choose(targets, "RoundRobin", "")?.instanceId,
        );
        const counts = counted(names.map(String));
        given.forEach((weight, i) => {
          assert.equal(counts.get(`i-${i}`) ?? 0, rounds * weight);
        });
      }),
    );
  });

  it("by round robin spreads a heavy backend's turns: equal weights take turns one by one", () => {
    const balancer = createBalancer();
    const targets = targetsOf([5, 5, 5]);
    const names = Array.from({ length: 6 }, () => balancer.choose(targets, "RoundRobin", "")?.instanceId);
    assert.deepEqual(names, ["i-0", "i-1", "i-2", "i-0", "i-1", "i-2"]);
  });

  it("by least connections takes one with the fewest for its weight", () => {
    const change = fc.record({ target: fc.nat(7), ends: fc.boolean() });
    fc.assert(
      fc.property(weights, fc.array(change, { maxLength: 60 }), (given, changes) => {
        const balancer = createBalancer();
        const targets = targetsOf(given);
        const open = given.map(() => 0);
        for (const { target, ends } of changes) {
          const i = target % given.length;
          if (ends && (open[i] ?? 0) > 0) {
            open[i] = (open[i] ?? 0) - 1;
            balancer.count(`i-${i}`, -1);
          } else {
            open[i] = (open[i] ?? 0) + 1;
            balancer.count(`i-${i}`, 1);
          }
        }
        const loads = given.map((weight, i) => (weight === 0 ? Number.POSITIVE_INFINITY : (open[i] ?? 0) / weight));
        const chosen = balancer.choose(targets, "LeastConnection", "");
        if (!chosen) return assert.ok(given.every((weight) => weight === 0));
        assert.equal(loads[targets.indexOf(chosen)], Math.min(...loads));
      }),
    );
  });

  it("by source keeps a client with its backend, and moves only those of one that goes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 6 }),
        fc.array(fc.ipV4(), { minLength: 1, maxLength: 30 }),
        (given, sources) => {
          const balancer = createBalancer();
          const all = targetsOf(given);
          const [gone, ...rest] = all;
          for (const source of sources) {
            const first = balancer.choose(all, "Hash", source);
            assert.equal(balancer.choose(all, "Hash", source), first);
            if (first !== gone) assert.equal(balancer.choose(rest, "Hash", source), first);
          }
        },
      ),
    );
  });

  it("by source spreads clients in proportion to the weights", () => {
    const balancer = createBalancer();
    const targets = targetsOf([10, 30]);
    const names = Array.from({ length: 4000 }, (_, i) => {
      const source = `10.0.${i >> 8}.${i & 255}`;
      return String(balancer.choose(targets, "Hash", source)?.instanceId);
    });
    const share = (counted(names).get("i-1") ?? 0) / names.length;
    assert.ok(share > 0.7 && share < 0.8, `three quarters expected: ${share}`);
  });
});
