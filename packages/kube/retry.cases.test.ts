import assert from "node:assert/strict";
import test from "node:test";
import { seededRandom, VirtualClock } from "@ccm/base";
import { KubeError } from "./error.ts";
import { retryOnConflict } from "./retry.ts";
import { outcome } from "./testing.ts";

const conflicts = [1, 2, 3].map((n) => new KubeError("conflict", `conflict ${n}`));
const [first, second, third] = conflicts;
const invalid = new KubeError("invalid", "no such field");
const cancelled = new Error("context cancelled");

const cases: readonly [id: string, what: string, answers: readonly unknown[], result: unknown, calls: number][] = [
  ["WQ-445", "always a conflict: the last one is thrown", conflicts, third, 3],
  ["WQ-446", "success: one call", ["ok"], "ok", 1],
  ["WQ-447", "another error is thrown at once", [invalid], invalid, 1],
  ["WQ-448", "two conflicts, then success", [first, second, "ok"], "ok", 3],
  ["WQ-449", "what an ended caller throws is thrown as it is", [cancelled], cancelled, 1],
];
for (const [id, what, answers, result, calls] of cases) {
  test(`${id}: of three steps: ${what}`, async () => {
    const clock = new VirtualClock();
    let count = 0;
    const options = { clock, random: seededRandom(1), attempts: 3, delayMs: 1, jitter: 0 };
    const running = retryOnConflict(options, async (attempt) => {
      count++;
      if (answers[attempt] instanceof Error) throw answers[attempt];
      return answers[attempt];
    });
    assert.equal(await outcome(clock, running), result);
    assert.equal(count, calls);
  });
}
