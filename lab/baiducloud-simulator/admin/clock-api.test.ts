import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readText, VirtualClock } from "@ccm/base";
import { createLabClock } from "../clock/lab-clock.ts";
import type { SimulatorOptions } from "../simulator.ts";
import { createScene } from "../testing/client.ts";

const START = Date.UTC(2026, 0, 1);

function scene(options: Partial<SimulatorOptions> = {}) {
  const clients = new VirtualClock(START);
  const clock = createLabClock({ base: clients, pace: 0 });
  const made = createScene({ clock, clientClock: clients, ...options });
  const admin = async (method: string, body?: unknown) => {
    const bytes = new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body));
    const signal = new AbortController().signal;
    const answer = await made.simulator.admin({ method, target: "/admin/clock", headers: {}, body: bytes, signal });
    return { status: answer.status, body: JSON.parse(await readText(answer.body)) };
  };
  return { ...made, clients, admin };
}

describe("a cloud with a stepped clock", () => {
  it("does what takes it time when its clock is moved, and not before", async () => {
    const { simulator, call, clients, admin } = scene();
    const body = { vpcId: simulator.vpcId, subnetId: simulator.subnetIds[0] };
    const { blbId } = (await call<{ readonly blbId: string }>("POST /v1/blb", body)).body;
    const status = async () => (await call<{ readonly status: string }>(`GET /v1/blb/${blbId}`)).body.status;
    await clients.advance(600_000);
    assert.equal(await status(), "creating");
    assert.deepEqual(await admin("POST", { advanceMs: 1000 }), {
      status: 200,
      body: { now: "2026-01-01T00:00:01.000Z", nowMs: START + 1000, kind: "stepped", pace: 0 },
    });
    assert.equal(await status(), "available");
  });

  it("checks signatures by the clients' clock, however far its own has been moved", async () => {
    const { call, clients, admin } = scene();
    await admin("POST", { advanceMs: 24 * 3_600_000 });
    assert.equal((await call("GET /v1/vpc")).status, 200);
    await clients.advance(24 * 3_600_000);
    assert.equal((await call("GET /v1/vpc")).status, 200);
  });

  it("says what it expects", async () => {
    const { admin } = scene();
    const { status, body } = await admin("POST", { advanceMs: -1 });
    assert.deepEqual([status, body.message], [400, "advanceMs: -1 is out of range, expected 0 to 31622400000."]);
    assert.equal((await admin("DELETE")).status, 404);
  });
});

it("a clock that is not the cloud's own shows the time and is not moved", async () => {
  const { admin } = scene({ clock: new VirtualClock(START) });
  assert.equal((await admin("GET")).body.kind, "real");
  assert.equal((await admin("POST", { advanceMs: 1 })).status, 409);
});
