import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Clock, sleep, TransportError } from "@ccm/base";
import { hasCode, SERVICES } from "@ccm/kube";
import { createWorld, type World } from "./world.ts";

const WEB = { namespace: "default", name: "web" };
/** Longer than the connection, shorter than a request may take. */
const LATE_MS = 25_000;

/** A world in which creates of addresses lose their connection at once, and are carried out all the same, later. */
async function lateWorld(): Promise<World> {
  let clock: Clock | undefined;
  const world = await createWorld({
    seed: "late",
    wire: (link, transport) => async (request, options) => {
      const creates = link.to === "cloud" && request.method === "POST" && /\/v1\/eip(\?|$)/.test(request.url);
      if (!creates || !clock) return transport(request, options);
      clock.schedule(LATE_MS, () => void transport(request).catch(() => {}));
      await sleep(clock, 5, options?.signal);
      throw new TransportError("reset", "the connection was reset");
    },
  });
  clock = world.clock;
  return world;
}

describe("an address that the cloud makes after nobody waits for it any more", () => {
  it("is not left behind when its Service is deleted meanwhile", async () => {
    const world = await lateWorld();
    const { client, clock, simulator } = world;
    world.startCcm();
    await clock.advance(10_000);
    await client.create(SERVICES, {
      apiVersion: "v1",
      kind: "Service",
      metadata: WEB,
      spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80 }] },
    });
    await clock.advanceUntil(() => simulator.inventory().blbs.length > 0, 30_000);
    await clock.advance(15_000);
    assert.equal(simulator.inventory().eips.length, 0, "none has come by then");
    await client.delete(SERVICES, WEB);
    await clock.advance(200_000);
    const { blbs, eips } = simulator.inventory();
    assert.deepEqual([blbs.length, eips.length], [0, 0]);
    await assert.rejects(client.get(SERVICES, WEB), (error) => hasCode(error, "not_found"));
    await world.close();
  });
});
