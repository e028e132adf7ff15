import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type Clock,
  createLogger,
  inProcessTransport,
  readText,
  seededRandom,
  silentLogger,
  sleep,
  VirtualClock,
} from "@ccm/base";
import { createKubeClient, createLeaderElector, LEASES, type Lease } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { until } from "../testing/harness.ts";
import { createHealthChecks, type HealthChecks } from "./health.ts";

const good = () => undefined;
const bad = () => "broken";

async function get(health: HealthChecks, target = "/healthz") {
  const [path = "", query = ""] = target.split("?");
  const { status, body } = await health.answer(path, new URLSearchParams(query));
  return `${status} ${await readText(body)}`;
}

describe("/healthz", () => {
  it("HZ-409: is well without checks", async () => {
    assert.equal(await get(createHealthChecks(silentLogger)), "200 ok");
  });

  it("HZ-410: is well when its check passes", async () => {
    const health = createHealthChecks(silentLogger);
    health.add("good", good);
    assert.equal(await get(health), "200 ok");
  });

  it("HZ-411: lists its checks when asked to", async () => {
    const health = createHealthChecks(silentLogger);
    health.add("good", good);
    assert.equal(await get(health, "/healthz?verbose=true"), "200 [+]good ok\nhealthz check passed\n");
  });

  const failed = "500 [+]good ok\n[-]bad failed: reason withheld\nhealthz check failed\n";
  it("HZ-412: lists them when one fails", async () => {
    const health = createHealthChecks(silentLogger);
    health.add("good", good);
    health.add("bad", bad);
    assert.equal(await get(health), failed);
  });

  it("HZ-413: lists them when one that came later fails", async () => {
    const health = createHealthChecks(silentLogger);
    health.add("good", good);
    await get(health);
    health.add("bad", bad);
    assert.equal(await get(health), failed);
  });

  it("HZ-414: is well with two checks that pass, and not any more when a third fails", async () => {
    const health = createHealthChecks(silentLogger);
    health.add("one", good);
    health.add("two", good);
    assert.equal(await get(health), "200 ok");
    health.add("three", bad);
    assert.match(await get(health), /^500 /);
  });

  it("HZ-415: answers for one check alone; deviates: at the server too", async () => {
    const health = createHealthChecks(silentLogger);
    health.add("good", good);
    health.add("bad", bad);
    assert.equal(await get(health, "/healthz/good"), "200 ok");
  });

  it("HZ-416: asks a check that hangs for each of five requests at once", async () => {
    const clock = new VirtualClock();
    const health = createHealthChecks(silentLogger);
    let started = 0;
    health.add("slow", async () => {
      started++;
      await sleep(clock, 60_000);
      return undefined;
    });
    const answers = Promise.all([1, 2, 3, 4, 5].map(() => get(health)));
    await clock.advance(1000);
    assert.equal(started, 5);
    assert.equal((await until(clock, answers)).length, 5);
  });

  it("HZ-417: a check keeps its name, and its reason goes to the log", async () => {
    const lines: string[] = [];
    const health = createHealthChecks(
      createLogger((_level, _message, { check, problem }) => lines.push(`${check}: ${problem}`)),
    );
    health.add("foo", () => "hello");
    await get(health);
    assert.deepEqual(lines, ["foo: hello"]);
  });
});

/** We contend for the Lease foo that lasts a minute; the check tolerates 20 s more. */
function election(holder?: string) {
  const clock = new VirtualClock();
  const server = createKubeServer({ clock, random: seededRandom("server") });
  const send = inProcessTransport(server.handler);
  const random = seededRandom("client");
  const client = createKubeClient({ baseUrl: "https://kubernetes.test", send, clock, random });
  let asleepMs = 0;
  /** A machine that sleeps: time goes on for it, and its timers are late. */
  const machine: Clock = {
    now: () => clock.now() + asleepMs,
    monotonic: () => clock.monotonic() + asleepMs,
    schedule: (ms, fn) => clock.schedule(ms, fn),
  };
  const ref = { namespace: "kube-system", name: "foo" };
  const elector = createLeaderElector({
    client,
    clock: machine,
    random,
    logger: silentLogger,
    ...ref,
    identity: "us",
    leaseDurationMs: 60_000,
    renewDeadlineMs: 40_000,
    retryPeriodMs: 2000,
  });
  return {
    problemAfter(ms: number) {
      asleepMs = ms;
      return elector.healthProblem(20_000);
    },
    async contend() {
      if (holder) {
        const spec = { holderIdentity: holder, leaseDurationSeconds: 3600, leaseTransitions: 0 };
        await until(clock, client.create<Lease>(LEASES, { metadata: ref, spec }));
      }
      elector.run(() => new Promise(() => {}), new AbortController().signal).catch(() => {});
      await clock.advance(100);
      return elector.isLeader;
    },
  };
}

describe("the check of the leader election", () => {
  it("HZ-418: passes before the election has begun", () => {
    assert.equal(election().problemAfter(3_600_000), undefined);
  });

  const cases: readonly [id: string, what: string, holder: string | undefined, ms: number, problem?: string][] = [
    [
      "HZ-419",
      "fails when we lead and have not renewed for an hour",
      undefined,
      3_600_000,
      "failed election to renew leadership on lease foo",
    ],
    ["HZ-420", "passes when somebody else leads", "them", 3_600_000],
    ["HZ-421", "passes when we lead and have just renewed", undefined, 0],
    ["HZ-422", "passes when our lease ran out a second ago", undefined, 61_000],
  ];
  for (const [id, what, holder, ms, problem] of cases) {
    it(`${id}: ${what}`, async () => {
      const { contend, problemAfter } = election(holder);
      assert.equal(await contend(), holder === undefined);
      assert.equal(problemAfter(ms), problem);
    });
  }
});
