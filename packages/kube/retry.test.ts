import assert from "node:assert/strict";
import test from "node:test";
import { seededRandom, VirtualClock } from "@ccm/base";
import { KubeError } from "./error.ts";
import { retryOnConflict } from "./retry.ts";
import { outcome } from "./testing.ts";
import { kubeTime, microTime } from "./time.ts";

const conflict = new KubeError("conflict", "changed meanwhile");

async function attempt(answers: readonly (Error | "ok")[]) {
  const clock = new VirtualClock();
  const times: number[] = [];
  const options = { clock, random: seededRandom(1), attempts: 3, delayMs: 100, jitter: 0.1 };
  const running = retryOnConflict(options, async (n) => {
    times.push(clock.monotonic());
    const answer = answers[n] ?? conflict;
    if (answer !== "ok") throw answer;
    return n;
  });
  return { result: await outcome(clock, running), times };
}

test("a conflict is tried again after the pause, and the result of the attempt that succeeds is returned", async () => {
  const { result, times } = await attempt([conflict, conflict, "ok"]);
  assert.equal(result, 2);
  const pauses = times.slice(1).map((time, n) => time - (times[n] ?? 0));
  assert.ok(
    pauses.every((ms) => ms >= 100 && ms < 110),
    String(pauses),
  );
});

test("the last conflict is thrown when all attempts are used up", async () => {
  const { result, times } = await attempt([]);
  assert.equal(result, conflict);
  assert.equal(times.length, 3);
});

test("any other error is thrown at once", async () => {
  const other = new KubeError("invalid", "no");
  const { result, times } = await attempt([other]);
  assert.equal(result, other);
  assert.equal(times.length, 1);
});

test("times are written as Kubernetes reads them: seconds, and six digits for leases", () => {
  const ms = Date.UTC(2026, 10, 24, 13, 5, 7, 42);
  assert.equal(kubeTime(ms), "2026-11-24T13:05:07Z");
  assert.equal(microTime(ms), "2026-11-24T13:05:07.042000Z");
  assert.equal(microTime(0), "1970-01-01T00:00:00.000000Z");
});
