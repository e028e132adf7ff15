import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { newService } from "../testing/harness.ts";
import { start } from "./testing.ts";

describe("a provider whose settings change", () => {
  it("is asked for each Service again, once, without an Event, a write or a call for the others", async () => {
    let changed = () => {};
    const bench = await start({
      cloud: () => ({
        onSettings: (fn) => {
          changed = fn;
          return () => {
            changed = () => {};
          };
        },
      }),
    });
    await bench.create(newService("web"));
    await bench.create(newService("api"));
    await bench.create(newService("plain", { type: "ClusterIP" }));
    await bench.seconds(30);
    const [events, writes] = [await bench.events("web"), bench.writes().length];
    const before = bench.calls().length;
    changed();
    await bench.seconds(30);
    assert.deepEqual(bench.calls().slice(before).sort(), ["ensure api: n1 n2", "ensure web: n1 n2"]);
    assert.deepEqual([await bench.events("web"), bench.writes().length], [events, writes]);
    await bench.close();
    changed();
  });

  it("may handle Services from then on that it left to others", async () => {
    let handles = false;
    let changed = () => {};
    const bench = await start({
      cloud: () => ({
        handles: () => handles,
        onSettings: (fn) => {
          changed = fn;
          return () => {};
        },
      }),
    });
    await bench.create(newService("web"));
    await bench.seconds(30);
    assert.deepEqual(bench.calls(), []);
    handles = true;
    changed();
    await bench.seconds(30);
    assert.deepEqual(bench.calls(), ["ensure web: n1 n2"]);
    await bench.close();
  });
});
