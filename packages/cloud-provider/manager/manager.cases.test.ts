import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "@ccm/kube";
import { BUILT_IN_CONTROLLERS, type ControllerEntry } from "./controllers.ts";
import { createWorld, runs } from "./testing/world.ts";

describe("the manager", () => {
  it("DX-530: deviates: hands the informers over in initialize itself, before any controller is built", async () => {
    const world = createWorld();
    const order: string[] = [];
    const probe: ControllerEntry = {
      ...BUILT_IN_CONTROLLERS[3],
      create() {
        order.push("controller built");
        return undefined;
      },
    };
    const manager = world.launch("one", {
      extensions: { controllers: [probe] },
      provider: {
        async initialize({ nodes, services }) {
          order.push(`initialize ${typeof nodes.subscribe} ${typeof services.subscribe}`);
        },
      },
    });
    await world.clock.advance(5000);
    assert.deepEqual(order, ["initialize function function", "controller built"]);
    await manager.terminate();
    world.close();
  });

  it("DX-533: answers /healthz to anybody, and /metrics to nobody without the right to it", async () => {
    const world = createWorld({ guarded: true });
    const manager = world.launch("one");
    await world.clock.advance(5000);
    assert.equal(await manager.get("/healthz"), "200 ok");
    assert.match(await manager.get("/metrics"), /^403 .*"Forbidden"/);
    assert.match(await manager.get("/metrics", 10258, "GET", "nonsense"), /^401 /);
    await manager.terminate();
    world.close();
  });

  it("DX-534: ends with an error when its lease is lost, and leaves the lease as it is", async () => {
    const world = createWorld();
    const one = world.launch("one");
    await world.clock.advance(10_000);
    assert.equal(runs(one), 1);
    const holder = await world.holder();
    world.network = false;
    await world.clock.advance(14_000);
    assert.ok(hasCode(one.outcome, "lost_lease"), String(one.outcome));
    assert.equal(await world.holder(), holder);
    world.close();
  });
});
