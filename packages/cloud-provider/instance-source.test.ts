import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import { CloudError } from "./error.ts";
import { FakeProvider, type FakeProviderOptions } from "./fake-provider.ts";
import { createInstanceSource } from "./instance-source.ts";
import { newNode, until } from "./testing/harness.ts";

interface Options extends Omit<FakeProviderOptions, "clock"> {
  readonly concurrency?: number;
}

function create({ concurrency = 10, ...options }: Options = {}) {
  const clock = new VirtualClock();
  const cloud = new FakeProvider({ clock, ...options });
  const stop = new AbortController();
  for (const name of ["a", "b", "c"]) cloud.machines.set(name, { name });
  return { clock, cloud, stop, source: createInstanceSource(cloud.instances, clock, stop.signal, { concurrency }) };
}
const node = (name: string) => newNode(name, { uid: name });

describe("the instance source", () => {
  it("asks once for nodes that are looked up within a moment, and gives each its own answer", async () => {
    const { clock, cloud, stop, source } = create();
    const asked = Promise.all(["b", "x", "a"].map((name) => source.lookup(node(name), stop.signal)));
    const found = await until(clock, asked);
    assert.deepEqual(
      found.map((lookup) => (lookup.state === "found" ? lookup.metadata.providerId : lookup.state)),
      ["fake://b", "absent", "fake://a"],
    );
    assert.deepEqual(
      cloud.calls.map(({ method, about }) => [method, ...about]),
      [["lookupMany", "b", "x", "a"]],
    );
  });

  it("looks a single node up by itself", async () => {
    const { clock, cloud, stop, source } = create();
    await until(clock, source.lookup(node("a"), stop.signal));
    assert.deepEqual([cloud.count("lookup"), cloud.count("lookupMany")], [1, 0]);
  });

  it("shares one look-up among all who ask for the same node", async () => {
    for (const bulk of [true, false]) {
      const { clock, cloud, stop, source } = create({ bulk, latencyMs: 100 });
      await until(clock, Promise.all([1, 2, 3].map(() => source.lookup(node("a"), stop.signal))));
      assert.equal(cloud.count(), 1);
    }
  });

  it("ends one caller's waiting, and not the others', when that caller stops", async () => {
    const { clock, stop, source } = create({ latencyMs: 100 });
    const impatient = new AbortController();
    const left = source.lookup(node("a"), impatient.signal).catch((error: unknown) => error);
    const stayed = source.lookup(node("a"), stop.signal);
    impatient.abort(new Error("enough"));
    assert.match(String(await until(clock, left)), /enough/);
    assert.equal((await until(clock, stayed)).state, "found");
  });

  it("tells all who waited when the cloud cannot be asked", async () => {
    const { clock, cloud, stop, source } = create();
    cloud.fail("lookupMany", new CloudError("throttled", "slow down"));
    const asked = ["a", "b"].map((name) => assert.rejects(source.lookup(node(name), stop.signal), /slow down/));
    await until(clock, Promise.all(asked));
  });

  it("without a bulk call asks one by one, at most so many at a time, and a failed one is unknown", async () => {
    const { clock, cloud, stop, source } = create({ bulk: false, latencyMs: 10 });
    const nodes = Array.from({ length: 25 }, (_, i) => node(`n${i}`));
    cloud.fail("lookup", new CloudError("retryable", "hiccup"));
    const found = await until(clock, source.lookupMany(nodes, stop.signal));
    assert.equal(cloud.peak, 10);
    assert.deepEqual(
      found.map(({ state }) => state).sort(),
      [...Array.from({ length: 24 }, () => "absent"), "unknown"].sort(),
    );
    cloud.fail("lookup", new CloudError("retryable", "down"), 25);
    await until(clock, assert.rejects(source.lookupMany(nodes, stop.signal), /down/));
  });

  it("splits a long list by the provider's batch size, a few batches at a time; one that fails leaves the others", async () => {
    const { clock, cloud, stop, source } = create({ batchSize: 10, latencyMs: 10 });
    const nodes = Array.from({ length: 95 }, (_, i) => node(`n${i}`));
    cloud.fail("lookupMany", new CloudError("retryable", "hiccup"));
    const found = await until(clock, source.lookupMany(nodes, stop.signal));
    assert.deepEqual(
      cloud.calls.map(({ about }) => about.length).sort(),
      [10, 10, 10, 10, 10, 10, 10, 10, 10, 5].sort(),
    );
    assert.equal(cloud.peak, 4);
    assert.equal(found.filter(({ state }) => state === "unknown").length, 10);
    assert.equal(found.filter(({ state }) => state === "absent").length, 85);
  });

  it("lets look-ups join a call that has not begun, whoever asks, and one that is under way for the same node", async () => {
    const { clock, cloud, stop, source } = create({ latencyMs: 100 });
    const pass = source.lookupMany(["a", "b"].map(node), stop.signal);
    const joined = source.lookup(node("c"), stop.signal);
    await clock.advance(60);
    const same = source.lookup(node("a"), stop.signal);
    await until(clock, Promise.all([pass, joined, same]));
    assert.deepEqual(
      cloud.calls.map(({ about }) => about),
      [["a", "b", "c"]],
    );
  });

  it("remembers found instances for two seconds, and nothing else", async () => {
    const { clock, cloud, stop, source } = create();
    const ask = () => until(clock, source.lookupMany(["a", "x"].map(node), stop.signal));
    await ask();
    await clock.advance(1000);
    await ask();
    assert.deepEqual(
      cloud.calls.map(({ about }) => about),
      [["a", "x"], ["x"]],
      "an absence is asked for anew each time",
    );
    await clock.advance(2000);
    cloud.machines.delete("a");
    const [lookup] = await ask();
    assert.equal(lookup?.state, "absent");
    await until(clock, source.lookup(node("b"), stop.signal));
    await clock.advance(10_000);
    assert.equal(clock.pending, 0);
  });

  it("asks anew for a node that got a provider ID, and for another node of the same name", async () => {
    const { clock, cloud, stop, source } = create();
    const variants = [
      node("a"),
      newNode("a", { uid: "a", spec: { providerID: "fake://a" } }),
      newNode("a", { uid: "a2" }),
    ];
    for (const one of variants) await until(clock, source.lookup(one, stop.signal));
    assert.equal(cloud.count(), 3);
  });

  it("does not believe an absence that a bulk provider throws, and does when the only call is about one node", async () => {
    for (const [bulk, expected] of [
      [true, "throws"],
      [false, "absent"],
    ] as const) {
      const { clock, cloud, stop, source } = create({ bulk });
      cloud.fail("lookup", new Error("wrapped", { cause: new CloudError("absent", "no such thing") }));
      const state = source.lookup(node("a"), stop.signal).then(
        (lookup) => lookup.state,
        () => "throws",
      );
      assert.equal(await until(clock, state), expected);
    }
  });

  it("is refused for a provider whose instances cannot be looked up", () => {
    for (const instances of [null, {}]) {
      const build = () => createInstanceSource(instances as never, new VirtualClock(), new AbortController().signal);
      assert.throws(build, { message: "the provider's instances have no lookup function" });
    }
  });

  it("takes a wrong number of answers for a failure", async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const instances = { lookup: async () => null, lookupMany: async () => [] } as never;
    const source = createInstanceSource(instances, clock, stop.signal);
    const asked = source.lookupMany(["a", "b"].map(node), stop.signal);
    await until(clock, assert.rejects(asked, /the provider answered 0 look-ups for 2 nodes/));
  });

  it("does not ask the cloud about no node", async () => {
    const { cloud, stop, source } = create();
    assert.deepEqual(await source.lookupMany([], stop.signal), []);
    assert.equal(cloud.count(), 0);
  });
});
