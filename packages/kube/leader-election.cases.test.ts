import assert from "node:assert/strict";
import test from "node:test";
import { type HttpResponse, inProcessTransport, seededRandom, silentLogger, VirtualClock } from "@ccm/base";
import { createKubeServer } from "@ccm/kube-server";
import { createKubeClient } from "./kube-client.ts";
import { createLeaderElector, type LeaderElectionOptions } from "./leader-election.ts";
import { outcome, refuse } from "./testing.ts";
import { microTime } from "./time.ts";
import { LEASES, type Lease } from "./types/core.ts";

const REF = { namespace: "foo", name: "bar" };
const TIMES = { leaseDurationMs: 10_000, renewDeadlineMs: 6000, retryPeriodMs: 1000 };

/** We are `baz`; the lock is the Lease foo/bar. */
async function world() {
  const clock = new VirtualClock();
  const server = createKubeServer({ clock, random: seededRandom("server") });
  const calls: string[] = [];
  const fault: { next?: (method: string) => HttpResponse | undefined } = {};
  const client = (record: boolean) =>
    createKubeClient({
      baseUrl: "https://kubernetes.test",
      send: inProcessTransport(async (request) => {
        if (record) calls.push(request.method === "POST" ? "create" : request.method === "PUT" ? "update" : "get");
        return (record && fault.next?.(request.method)) || server.handler(request);
      }),
      clock,
      random: seededRandom("client"),
    });
  const user = client(false);
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: REF.namespace } };
  await outcome(clock, user.post("/api/v1/namespaces", namespace));
  const stop = new AbortController();
  const elector = createLeaderElector({
    client: client(true),
    clock,
    random: { next: () => 0, uuid: () => "" },
    logger: silentLogger,
    identity: "baz",
    ...REF,
    ...TIMES,
  });
  return {
    clock,
    calls,
    fault,
    elector,
    hold: (spec?: Lease["spec"]) =>
      outcome(clock, user.create<Lease>(LEASES, { metadata: REF, ...(spec ? { spec } : {}) })),
    spec: async () => {
      const lease = await outcome(clock, user.get<Lease>(LEASES, REF));
      return lease instanceof Error ? assert.fail(lease) : (lease.spec ?? {});
    },
    /** Starts to contend; one attempt a second. */
    run() {
      const lead = (signal: AbortSignal) =>
        new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      elector.run(lead, stop.signal).catch(() => {});
    },
    async stop() {
      stop.abort(new Error("over"));
      await clock.advance(1000);
    },
  };
}
const heldBy = (holderIdentity: string, now: number, leaseDurationSeconds = 10): Lease["spec"] => ({
  holderIdentity,
  leaseDurationSeconds,
  acquireTime: microTime(now),
  renewTime: microTime(now),
  leaseTransitions: 0,
});

test("LE-450: no lease is there: it is created, and held without a transition", async () => {
  const { clock, calls, run, elector, spec, stop } = await world();
  run();
  await clock.advance(10);
  assert.equal(elector.isLeader, true);
  assert.deepEqual(calls, ["get", "create"]);
  assert.equal((await spec()).leaseTransitions, 0);
  await stop();
});

const taken: readonly [id: string, what: string, holder: string | undefined][] = [
  ["LE-451", "a lease without a record", undefined],
  ["LE-453", "a record with an empty holder", ""],
];
for (const [id, what, holder] of taken) {
  test(`${id}: ${what} is taken by an update, as a transition`, async () => {
    const { clock, calls, run, elector, spec, hold, stop } = await world();
    await hold(holder === undefined ? undefined : heldBy(holder, clock.now()));
    run();
    await clock.advance(10);
    assert.equal(elector.isLeader, true);
    assert.deepEqual(calls, ["get", "update"]);
    assert.equal((await spec()).leaseTransitions, 1);
    await stop();
  });
}

test("LE-452: another's lease of three seconds is refused at first and taken after three seconds", async () => {
  const { clock, run, elector, spec, hold, stop } = await world();
  await hold(heldBy("bing", clock.now(), 3));
  run();
  await clock.advance(2500);
  assert.equal(elector.isLeader, false);
  await clock.advance(1000);
  assert.equal(elector.isLeader, true);
  assert.equal((await spec()).leaseTransitions, 1);
  await stop();
});

test("LE-454: another's lease that we saw unchanged for longer than it lasts is taken", async () => {
  const { clock, run, elector, spec, hold, stop } = await world();
  await hold(heldBy("bing", clock.now()));
  run();
  await clock.advance(11_000);
  assert.equal(elector.isLeader, true);
  assert.equal((await spec()).leaseTransitions, 1);
  await stop();
});

test("LE-455: an empty holder never blocks, whatever times the record has", async () => {
  const { clock, run, elector, spec, hold, stop } = await world();
  await hold(heldBy("", clock.now() + 3_600_000));
  run();
  await clock.advance(10);
  assert.equal(elector.isLeader, true);
  assert.equal((await spec()).leaseTransitions, 1);
  await stop();
});

test("LE-456: another's lease whose record we have just seen is refused without an update", async () => {
  const { clock, calls, run, elector, spec, hold, stop } = await world();
  await hold(heldBy("bing", clock.now() + 3_600_000));
  run();
  await clock.advance(10);
  assert.equal(elector.isLeader, false);
  assert.deepEqual(calls, ["get"]);
  assert.equal((await spec()).holderIdentity, "bing");
  await stop();
});

test("LE-457: our own lease is renewed without a transition", async () => {
  const { clock, run, elector, spec, hold, stop } = await world();
  await hold(heldBy("baz", clock.now()));
  run();
  await clock.advance(10);
  assert.equal(elector.isLeader, true);
  assert.equal((await spec()).leaseTransitions, 0);
  await stop();
});

test("LE-458: a leader renews twice by updates alone", async () => {
  const { clock, calls, run, stop } = await world();
  run();
  await clock.advance(2500);
  assert.deepEqual(calls, ["get", "create", "update", "update"]);
  await stop();
});

test("LE-459: a renewal that meets a conflict reads the lease, renews it, and goes on by updates", async () => {
  const { clock, calls, fault, run, stop } = await world();
  let updates = 0;
  fault.next = (method) => (method === "PUT" && ++updates === 2 ? refuse(409, "Conflict", "changed") : undefined);
  run();
  await clock.advance(3500);
  assert.deepEqual(calls, ["get", "create", "update", "update", "get", "update", "update"]);
  await stop();
});

const built = (options: Partial<LeaderElectionOptions>) => {
  const clock = new VirtualClock();
  const client = createKubeClient({
    baseUrl: "https://kubernetes.test",
    send: async () => assert.fail("no call is expected"),
    clock,
    random: seededRandom(1),
  });
  const durations = { leaseDurationMs: 15_000, renewDeadlineMs: 2000, retryPeriodMs: 1000 };
  const parts = { client, clock, random: seededRandom(1), logger: silentLogger, ...REF, ...durations };
  return createLeaderElector({ ...parts, identity: "baz", ...options });
};

test("LE-460: a lease of 15 s, renewed within 2 s, tried every second, is accepted", () => {
  assert.equal(built({}).isLeader, false);
});

test("LE-461: an empty identity is refused", () => {
  assert.throws(() => built({ identity: "" }), /Lock identity is empty/);
});
