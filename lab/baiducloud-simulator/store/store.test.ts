import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import type { Backend, Change } from "./backend.ts";
import { createStore } from "./store.ts";

interface Thing {
  readonly name: string;
  readonly size?: number;
}

/** What a database would have after each transaction. */
function recordingBackend(): Backend & { readonly commits: (readonly Change[])[] } {
  const commits: (readonly Change[])[] = [];
  const rows = new Map<string, Change>();
  return {
    commits,
    load: () => [...rows.values()],
    commit(changes) {
      commits.push(changes);
      for (const change of changes) {
        const key = `${change.table} ${change.id}`;
        if (change.record === undefined) rows.delete(key);
        else rows.set(key, structuredClone(change));
      }
    },
    close: () => {},
  };
}

describe("the store", () => {
  it("writes what changed since the last flush, in one transaction, and each row once", () => {
    const backend = recordingBackend();
    const store = createStore(new VirtualClock(), backend);
    const things = store.scope("lab/bj").table<Thing>("things");
    things.set("a", { name: "first" });
    things.patch("a", { size: 3 });
    things.set("b", { name: "second" });
    store.flush();
    things.delete("b");
    store.flush();
    store.flush();
    assert.deepEqual(backend.commits, [
      [
        { table: "lab/bj/things", id: "a", record: { name: "first", size: 3 } },
        { table: "lab/bj/things", id: "b", record: { name: "second" } },
      ],
      [{ table: "lab/bj/things", id: "b", record: undefined }],
    ]);
  });

  it("keeps what it could not write for the next transaction", () => {
    const backend = recordingBackend();
    let full = true;
    const store = createStore(new VirtualClock(), {
      ...backend,
      commit(changes) {
        if (full) throw new Error("disk full");
        backend.commit(changes);
      },
    });
    store.table<Thing>("things").set("a", { name: "x" });
    assert.throws(() => store.flush(), /disk full/);
    full = false;
    store.flush();
    assert.equal(backend.commits[0]?.length, 1);
  });

  it("writes what several have changed in the same moment in one transaction, and tells each when it is written", async () => {
    const backend = recordingBackend();
    const gathered = Promise.withResolvers<void>();
    const store = createStore(new VirtualClock(), { ...backend, gather: () => gathered.promise });
    const things = store.table<Thing>("things");
    const told: string[] = [];
    const tell = (name: string) =>
      store.durable()?.then(() => void told.push(`${name} after ${backend.commits.length}`));
    assert.equal(store.durable(), undefined, "nothing has changed");
    things.set("a", { name: "a" });
    const one = tell("a");
    things.set("b", { name: "b" });
    const all = Promise.all([one, tell("b"), tell("a reader of a and b")]);
    assert.equal(backend.commits.length, 0);
    gathered.resolve();
    await all;
    assert.deepEqual(told, ["a after 1", "b after 1", "a reader of a and b after 1"]);
    assert.deepEqual(
      backend.commits[0]?.map(({ id }) => id),
      ["a", "b"],
    );
  });

  it("tells all who wait that it could not be written, and tries again with the next", async () => {
    const backend = recordingBackend();
    let full = true;
    const store = createStore(new VirtualClock(), {
      ...backend,
      gather: async () => {},
      commit(changes) {
        if (full) throw new Error("disk full");
        backend.commit(changes);
      },
    });
    store.table<Thing>("things").set("a", { name: "x" });
    const [one, other] = await Promise.allSettled([store.durable(), store.durable()]);
    assert.deepEqual([one.status, other.status], ["rejected", "rejected"]);
    full = false;
    await store.durable();
    assert.equal(backend.commits.length, 1);
  });

  it("keeps scopes apart, but knows an id of any", () => {
    const store = createStore(new VirtualClock());
    const [one, other] = [store.scope("a"), store.scope("b")];
    one.table<Thing>("things").set("x-1", { name: "x" });
    assert.equal(other.table<Thing>("things").has("x-1"), false);
    assert.equal(other.isTaken("x-1"), true);
    assert.deepEqual([one.next("n"), one.next("n"), other.next("n")], [1, 2, 1]);
  });

  it("takes up tables, sequences and pending transitions where another process left them", async () => {
    const backend = recordingBackend();
    const clock = new VirtualClock();
    const first = createStore(clock, backend);
    first.scope("a").table<Thing>("things").set("x", { name: "x" });
    first.scope("a").next("n");
    first.scope("a").schedule("grow", "x", 1000, { by: 2 });
    first.flush();
    // The process dies here: its timers never run.
    const second = createStore(clock, backend);
    const grown: unknown[] = [];
    second.scope("a").on("grow", (id, data) => void grown.push([id, data]));
    second.resume();
    await clock.advance(999);
    assert.deepEqual(grown, []);
    await clock.advance(1);
    assert.deepEqual(grown, [["x", { by: 2 }]]);
    assert.equal(second.scope("a").next("n"), 2);
    assert.equal(second.scope("a").table<Thing>("things").get("x")?.name, "x");
    const third = createStore(clock, backend);
    third.scope("a").on("grow", () => assert.fail("a transition ran twice"));
    third.resume();
    await clock.advance(5000);
  });

  it("goes on in the next process with what was held in this one, as its holder is gone", async () => {
    const backend = recordingBackend();
    const clock = new VirtualClock();
    const first = createStore(clock, backend);
    first.setGate(() => ({ heldBy: "rule" }));
    first.schedule("grow", "x", 1000);
    first.flush();
    await clock.advance(5000);
    const second = createStore(clock, backend);
    const grown: string[] = [];
    second.on("grow", (id) => void grown.push(id));
    second.resume();
    await clock.advance(0);
    assert.deepEqual(grown, ["x"]);
  });

  it("runs no transition after it was closed", async () => {
    const clock = new VirtualClock();
    const store = createStore(clock);
    store.on("grow", () => assert.fail("it ran"));
    store.schedule("grow", "x", 10);
    store.close();
    await clock.advance(100);
  });
});
