import assert from "node:assert/strict";
import test from "node:test";
import { createLogger, type HttpResponse, inProcessTransport, seededRandom, sleep, VirtualClock } from "@ccm/base";
import { createKubeServer } from "@ccm/kube-server";
import { KubeError } from "./error.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { createKubeClient } from "./kube-client.ts";
import { createLeaderElector, type LeaderElectionOptions } from "./leader-election.ts";
import { outcome, readableMetrics, refuse } from "./testing.ts";
import { microTime } from "./time.ts";
import { LEASES, type Lease } from "./types/core.ts";

const REF = { namespace: "kube-system", name: "ccm" };
const TIMES = { leaseDurationMs: 10_000, renewDeadlineMs: 6000, retryPeriodMs: 2000 };

function world() {
  const clock = new VirtualClock();
  const server = createKubeServer({ clock, random: seededRandom("server") });
  const user = createKubeClient({
    baseUrl: "https://kubernetes.test",
    send: inProcessTransport(server.handler),
    clock,
    random: seededRandom("user"),
  });
  const candidate = (identity: string, options: Partial<LeaderElectionOptions> = {}) => {
    const calls: string[] = [];
    const events: string[] = [];
    const lines: string[] = [];
    const metrics = readableMetrics();
    const link = {
      answer: undefined as ((method: string) => HttpResponse | Promise<HttpResponse> | undefined) | undefined,
    };
    const send = inProcessTransport(async (request) => {
      calls.push(`${request.method} ${clock.monotonic()}`);
      return (await link.answer?.(request.method)) ?? server.handler(request);
    });
    const recorder: EventRecorder = {
      event: (_, object, severity, reason, message) =>
        void events.push(`${severity} ${reason} ${object.metadata.name}: ${message}`),
    };
    const elector = createLeaderElector({
      client: createKubeClient({ baseUrl: "https://kubernetes.test", send, clock, random: seededRandom(identity) }),
      clock,
      random: seededRandom(identity),
      logger: createLogger((_, message) => lines.push(message)),
      metrics,
      events: recorder,
      identity,
      ...REF,
      ...TIMES,
      ...options,
    });
    const stop = new AbortController();
    const terms: string[] = [];
    const run = (lead?: (signal: AbortSignal) => Promise<void>) => {
      const work = async (signal: AbortSignal): Promise<void> => {
        terms.push(`began ${clock.monotonic()}`);
        if (lead) return lead(signal);
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        terms.push(`ended ${clock.monotonic()}`);
      };
      const running = elector.run(work, stop.signal);
      running.catch(() => {});
      return running;
    };
    return { calls, events, lines, metrics, link, elector, stop, terms, run };
  };
  const lease = () => user.get(LEASES, REF);
  /** Somebody else's lease, renewed now. */
  const hold = async (spec: Lease["spec"]) => {
    const object: Lease = { metadata: REF, ...(spec ? { spec } : {}) };
    return user.create(LEASES, object);
  };
  const now = () => microTime(clock.now());
  return { clock, user, candidate, lease, hold, now };
}

test("without a lease one is created, with times of six digits and no transitions", async () => {
  const { clock, candidate, lease, now } = world();
  const { run, terms, elector, events, metrics, calls } = candidate("baz");
  const began = now();
  run();
  await clock.advance(1);
  assert.deepEqual(terms, ["began 0"]);
  assert.equal(elector.isLeader, true);
  assert.deepEqual((await lease()).spec, {
    holderIdentity: "baz",
    leaseDurationSeconds: 10,
    acquireTime: began,
    renewTime: began,
    leaseTransitions: 0,
  });
  assert.deepEqual(events, ["Normal LeaderElection ccm: baz became leader"]);
  assert.equal(metrics.values.get('leader_election_master_status{name="ccm"}'), 1);
  assert.deepEqual(calls, ["GET 0", "POST 0"]);
});

test("a leader's notes on the lease come and go with its renewals, without a call of their own", async () => {
  const { clock, candidate, lease } = world();
  const notes: { note?: string } = {};
  const { run, stop, calls } = candidate("baz", { annotations: () => ({ note: notes.note }) });
  const running = run();
  const shown = async () => (await lease()).metadata.annotations;
  await clock.advance(2500);
  assert.equal(await shown(), undefined);
  notes.note = "busy";
  await clock.advance(2000);
  assert.deepEqual(await shown(), { note: "busy" });
  delete notes.note;
  await clock.advance(2000);
  assert.deepEqual((await shown()) ?? {}, {});
  assert.deepEqual(calls, ["GET 0", "POST 0", "PUT 2000", "PUT 4000", "PUT 6000"]);
  stop.abort();
  await clock.advance(1);
  await running;
});

test("a leader renews by updates alone, every retry period, and keeps the time of acquisition", async () => {
  const { clock, candidate, lease, now } = world();
  const { run, calls, metrics } = candidate("baz");
  const began = now();
  run();
  await clock.advance(4500);
  assert.deepEqual(calls, ["GET 0", "POST 0", "PUT 2000", "PUT 4000"]);
  const { spec } = await lease();
  assert.equal(spec?.acquireTime, began);
  assert.equal(spec?.renewTime, microTime(clock.now() - 500));
  assert.equal(spec?.leaseTransitions, 0);
  assert.equal(metrics.values.get('leader_election_slowpath_total{name="ccm"}'), 1);
});

test("a renewal that meets a conflict reads the lease and renews it all the same", async () => {
  const { clock, candidate } = world();
  const { run, calls, link, elector } = candidate("baz");
  run();
  await clock.advance(3000);
  let conflicts = 1;
  link.answer = (method) => (method === "PUT" && conflicts-- > 0 ? refuse(409, "Conflict", "changed") : undefined);
  await clock.advance(2000);
  assert.deepEqual(calls, ["GET 0", "POST 0", "PUT 2000", "PUT 4000", "GET 4000", "PUT 4000"]);
  assert.equal(elector.isLeader, true);
});

test("a lease without a record or without a holder is taken at once, as a transition", async () => {
  for (const spec of [undefined, { holderIdentity: "", leaseDurationSeconds: 1, leaseTransitions: 0 }]) {
    const { clock, candidate, lease, hold } = world();
    await hold(spec);
    const { run, elector } = candidate("baz");
    run();
    await clock.advance(1);
    assert.equal(elector.isLeader, true);
    assert.equal((await lease()).spec?.leaseTransitions, 1);
  }
});

test("another's lease is taken when it has not changed for its own duration, measured on our clock, not by its times", async () => {
  // The times are a day ahead, or a day behind: both are another machine's idea.
  for (const skewMs of [86_400_000, -86_400_000]) {
    const { clock, candidate, lease, hold } = world();
    const time = microTime(clock.now() + skewMs);
    await hold({
      holderIdentity: "bing",
      leaseDurationSeconds: 3,
      acquireTime: time,
      renewTime: time,
      leaseTransitions: 4,
    });
    const { run, elector } = candidate("baz");
    run();
    await clock.advance(2999);
    assert.equal(elector.isLeader, false);
    await clock.advance(5000);
    assert.equal(elector.isLeader, true);
    const { spec } = await lease();
    assert.equal(spec?.holderIdentity, "baz");
    assert.equal(spec?.leaseTransitions, 5);
    assert.equal(spec?.leaseDurationSeconds, 10);
  }
});

test("a lease that is renewed is left to its holder", async () => {
  const { clock, candidate, lease } = world();
  const first = candidate("bing");
  const second = candidate("baz");
  first.run();
  await clock.advance(1);
  second.run();
  await clock.advance(120_000);
  assert.equal((await lease()).spec?.holderIdentity, "bing");
  assert.deepEqual(second.terms, []);
  assert.ok(second.calls.every((call) => call.startsWith("GET")));
  assert.equal(second.elector.healthProblem(0), undefined);
});

test("our own lease from before a restart under the same name is renewed without a transition", async () => {
  const { clock, candidate, lease, hold, now } = world();
  const before = now();
  await hold({
    holderIdentity: "baz",
    leaseDurationSeconds: 10,
    acquireTime: before,
    renewTime: before,
    leaseTransitions: 2,
  });
  const { run, elector } = candidate("baz");
  await clock.advance(500);
  run();
  await clock.advance(1);
  assert.equal(elector.isLeader, true);
  const { spec } = await lease();
  assert.equal(spec?.leaseTransitions, 2);
  assert.equal(spec?.acquireTime, before);
});

test("candidates wait up to 120 percent longer than the retry period between two attempts", async () => {
  const { clock, candidate, hold, now } = world();
  await hold({ holderIdentity: "bing", leaseDurationSeconds: 3600, acquireTime: now(), renewTime: now() });
  const { run, calls } = candidate("baz");
  run();
  await clock.advance(200_000);
  const times = calls.map((call) => Number(call.split(" ")[1]));
  const pauses = times.slice(1).map((time, n) => time - (times[n] ?? 0));
  assert.ok(Math.min(...pauses) >= 2000 && Math.max(...pauses) <= 4400, String(pauses));
  assert.ok(Math.max(...pauses) - Math.min(...pauses) > 1000);
});

test("a leader that cannot renew until the deadline loses the lease: its work is stopped, the lease left as it is", async () => {
  const { clock, candidate, lease } = world();
  const { run, terms, link, elector, events, metrics, calls } = candidate("baz");
  const running = run();
  await clock.advance(3000);
  link.answer = () => refuse(500, "InternalError", "broken");
  const error = await outcome(clock, running);
  assert.ok(error instanceof KubeError, String(error));
  assert.equal(error.code, "lost_lease");
  assert.match(error.message, /^leader lease kube-system\/ccm lost: /);
  // A renewal every 2 s, and 6 s of trying.
  assert.equal(clock.monotonic(), 10_000);
  assert.deepEqual(terms, ["began 0", "ended 10000"]);
  assert.equal(elector.isLeader, false);
  assert.deepEqual(events.slice(1), ["Normal LeaderElection ccm: baz stopped leading"]);
  assert.equal(metrics.values.get('leader_election_master_status{name="ccm"}'), 0);
  const after = calls.length;
  await clock.advance(60_000);
  assert.equal(calls.length, after);
  assert.equal((await lease()).spec?.holderIdentity, "baz");
});

test("a leader that finds another's name in the lease stops leading before the deadline's end", async () => {
  const { clock, candidate, user, lease } = world();
  const { run, terms } = candidate("baz");
  const running = run();
  await clock.advance(3000);
  const { metadata, spec } = await lease();
  await user.update(LEASES, { metadata, spec: { ...spec, holderIdentity: "usurper", leaseDurationSeconds: 3600 } });
  const error = await outcome(clock, running);
  assert.match(String(error), /lost: /);
  assert.ok(clock.monotonic() <= 10_000);
  assert.equal(terms.length, 2);
});

test("after a stop the work ends first, then the lease is given back and another leads without waiting", async () => {
  const { clock, candidate, lease } = world();
  const first = candidate("bing");
  const second = candidate("baz");
  const running = first.run(async (signal) => {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    assert.equal((await lease()).spec?.holderIdentity, "bing");
    // Cleaning up takes longer than the lease lasts, and renewals go on.
    await sleep(clock, 15_000);
    assert.equal((await lease()).spec?.holderIdentity, "bing");
  });
  await clock.advance(1);
  second.run();
  await clock.advance(4999);
  first.stop.abort(new Error("stop"));
  await outcome(clock, running);
  assert.equal(clock.monotonic(), 20_000);
  assert.deepEqual(second.terms, []);
  assert.equal((await lease()).spec?.holderIdentity, "");
  await clock.advance(4500);
  assert.equal(second.terms.length, 1);
  assert.equal((await lease()).spec?.leaseTransitions, 1);
});

test("with releaseOnExit false the lease is left to expire", async () => {
  const { clock, candidate, lease } = world();
  const { run, stop } = candidate("baz", { releaseOnExit: false });
  const running = run();
  await clock.advance(1);
  stop.abort(new Error("stop"));
  assert.equal(await outcome(clock, running), undefined);
  assert.equal((await lease()).spec?.holderIdentity, "baz");
});

test("work that ends by throwing the abort's reason has ended as asked; any other error is thrown, the lease given back", async () => {
  for (const [own, expected] of [
    [false, "undefined"],
    [true, "Error: crashed"],
  ] as const) {
    const { clock, candidate, lease } = world();
    const { run, stop } = candidate("baz");
    const running = run(async (signal) => {
      await sleep(clock, 5000, own ? undefined : signal);
      throw new Error("crashed");
    });
    await clock.advance(1000);
    if (!own) stop.abort(new Error("stop"));
    assert.equal(String(await outcome(clock, running)), expected);
    assert.equal((await lease()).spec?.holderIdentity, "");
    assert.equal(clock.pending, 0);
  }
});

test("a stop while waiting for the lease ends the wait", async () => {
  const { clock, candidate, hold, now } = world();
  await hold({ holderIdentity: "bing", leaseDurationSeconds: 3600, acquireTime: now(), renewTime: now() });
  const { run, stop, terms } = candidate("baz");
  const running = run();
  await clock.advance(5000);
  stop.abort(new Error("stop"));
  assert.equal(await outcome(clock, running), undefined);
  assert.deepEqual(terms, []);
  assert.equal(clock.pending, 0);
});

test("the health check fails when a leader has not renewed for the lease's duration and the tolerance", async () => {
  const { clock, candidate } = world();
  // A deadline that never comes in the test, to see a leader that hangs.
  const { run, elector, link } = candidate("baz", { leaseDurationMs: 101_000, renewDeadlineMs: 100_000 });
  assert.equal(elector.healthProblem(20_000), undefined);
  run();
  await clock.advance(1000);
  link.answer = () => new Promise<HttpResponse>(() => {});
  await clock.advance(50_000);
  assert.equal(elector.healthProblem(20_000), undefined);
  assert.equal(elector.healthProblem(-60_000), "failed election to renew leadership on lease ccm");
});

test("durations that cannot keep two leaders apart, and an empty identity, are refused", () => {
  const { candidate } = world();
  const bad: readonly (readonly [Partial<LeaderElectionOptions>, RegExp])[] = [
    [{ leaseDurationMs: 6000 }, /lease duration must be greater than the renew deadline/],
    [{ renewDeadlineMs: 2400 }, /greater than 1\.2 times the retry period/],
    [{ retryPeriodMs: 0 }, /greater than zero/],
    [{ identity: "" }, /Lock identity is empty/],
  ];
  for (const [options, message] of bad) {
    assert.throws(
      () => candidate("baz", options),
      (error) => error instanceof KubeError && error.code === "config" && message.test(error.message),
    );
  }
  candidate("baz", { leaseDurationMs: 15_000, renewDeadlineMs: 2000, retryPeriodMs: 1000 });
});

test("of five candidates whose connections come and go, never two work at once, and somebody always works again", async () => {
  const { clock, candidate } = world();
  const random = seededRandom("chaos");
  const working = new Set<string>();
  let terms = 0;
  const all = Array.from({ length: 5 }, (_, n) => candidate(`candidate-${n}`));
  let over = false;
  for (const [n, { elector, link, stop }] of all.entries()) {
    const lead = async (signal: AbortSignal): Promise<void> => {
      working.add(`${n}`);
      terms++;
      assert.equal(working.size, 1, `two leaders: ${[...working]}`);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      working.delete(`${n}`);
    };
    (async () => {
      while (!over) await elector.run(lead, stop.signal).catch(() => sleep(clock, 1000));
    })();
    (async () => {
      while (!over) {
        await sleep(clock, 5000 + random.next() * 60_000);
        link.answer = random.next() < 0.5 ? () => refuse(503, "ServiceUnavailable", "") : () => new Promise(() => {});
        await sleep(clock, random.next() * 40_000);
        link.answer = undefined;
      }
    })();
  }
  await clock.advance(3_600_000);
  assert.ok(terms > 10, `${terms} terms`);
  over = true;
  for (const { stop } of all) stop.abort(new Error("stop"));
});

test("a candidate is the first only where it has never seen a Lease: not when another's was deleted under its eyes", async () => {
  const { clock, user, candidate, now, hold } = world();
  await hold({ holderIdentity: "other", leaseDurationSeconds: 10, acquireTime: now(), renewTime: now() });
  const standby = candidate("standby");
  const waiting = standby.run();
  await clock.advance(3000);
  await user.delete(LEASES, REF);
  await clock.advance(10_000);
  assert.equal(standby.terms.length, 1);
  assert.equal(standby.elector.isFirst, false);
  standby.stop.abort();
  await clock.advance(1000);
  await waiting;

  const fresh = world();
  const first = fresh.candidate("first");
  const told: boolean[] = [];
  for (let term = 0; term < 2; term++) {
    const leading = first.run(async () => void told.push(first.elector.isFirst));
    await fresh.clock.advance(20_000);
    await leading;
  }
  assert.deepEqual(told, [true, false]);
});
