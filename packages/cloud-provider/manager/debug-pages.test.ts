import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LogLevel } from "@ccm/base";
import { createWorld } from "./testing/world.ts";

function start(profiling: boolean) {
  const world = createWorld();
  const levels: LogLevel[] = [];
  const asked: number[] = [];
  const manager = world.launch("one", {
    config: { profiling, authorizationAlwaysAllowPaths: ["/*"] },
    env: {
      setLogLevel: (level) => void levels.push(level),
      profiler: {
        async cpu(seconds) {
          asked.push(seconds);
          return "{}";
        },
        heap: async () => '{"heap":1}',
      },
    },
  });
  return { world, manager, levels, asked };
}

describe("--profiling", () => {
  it("serves profiles, and sets the verbosity of the log", async () => {
    const { world, manager, levels, asked } = start(true);
    await world.clock.advance(5000);
    assert.equal(await manager.get("/debug/pprof/profile?seconds=5"), "200 {}");
    assert.equal(await manager.get("/debug/pprof/heap"), '200 {"heap":1}');
    assert.match(await manager.get("/debug/pprof/profile?seconds=0"), /^400 seconds: expected a number/);
    assert.deepEqual(asked, [5]);
    assert.match(await manager.get("/debug/flags/v", 10258, "PUT", undefined, "5"), /^200 /);
    assert.match(await manager.get("/debug/flags/v", 10258, "PUT", undefined, "0"), /^200 /);
    assert.match(await manager.get("/debug/flags/v", 10258, "PUT", undefined, "loud"), /^400 /);
    assert.match(await manager.get("/debug/flags/v"), /^405 /);
    assert.deepEqual(levels, ["debug", "info"]);
    await manager.terminate();
    world.close();
  });

  it("=false serves nothing of the kind", async () => {
    const { world, manager } = start(false);
    await world.clock.advance(5000);
    assert.match(await manager.get("/debug/pprof/heap"), /^404 /);
    assert.match(await manager.get("/debug/flags/v", 10258, "PUT", undefined, "5"), /^404 /);
    await manager.terminate();
    world.close();
  });
});
