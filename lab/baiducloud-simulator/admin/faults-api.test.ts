import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readText } from "@ccm/base";
import { FAULT_PRESETS, type FaultRule } from "../console/fault-rules.ts";
import { PRESETS } from "../faults/presets.ts";
import { createScene, type Scene } from "../testing/client.ts";

async function ask<T = { code: string; message: string }>(scene: Scene, line: string, body?: unknown) {
  const [method = "", target = ""] = line.split(" ");
  const bytes = new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body));
  const { signal } = new AbortController();
  const answer = await scene.simulator.admin({ method, target, headers: {}, body: bytes, signal });
  return { status: answer.status, body: JSON.parse(await readText(answer.body)) as T };
}

describe("/admin/faults", () => {
  it("adds, lists, switches, changes and removes rules, in the shape that the page reads", async () => {
    const scene = createScene();
    const list = async () => (await ask<{ rules: FaultRule[] }>(scene, "GET /admin/faults")).body.rules;
    const match = { product: "blb" };
    const { body } = await ask<FaultRule>(scene, "POST /admin/faults", { match, effect: { kind: "error" } });
    await scene.call("GET /v1/blb");
    const [rule] = await list();
    assert.deepEqual([rule?.id, rule?.enabled, rule?.fired, rule?.match], [body.id, true, 1, match]);
    await ask(scene, `PUT /admin/faults/${body.id}`, { enabled: false });
    assert.equal((await list())[0]?.enabled, false);
    await ask(scene, `PUT /admin/faults/${body.id}`, { ...rule, effect: { kind: "throttle" } });
    assert.equal((await scene.call("GET /v1/blb")).status, 429);
    await ask(scene, `DELETE /admin/faults/${body.id}`);
    assert.deepEqual(await list(), []);
  });

  it("takes what the page offers, and its own presets", async () => {
    const scene = createScene();
    for (const { effect } of FAULT_PRESETS) {
      assert.equal((await ask(scene, "POST /admin/faults", { match: {}, effect })).status, 200);
    }
    await ask(scene, "DELETE /admin/faults");
    for (const rule of Object.values(PRESETS).flatMap(({ rules }) => rules)) {
      assert.equal((await ask(scene, "POST /admin/faults", rule)).status, 200);
    }
    assert.deepEqual((await ask(scene, "GET /admin/fault-presets")).body, PRESETS);
  });

  it("refuses what is not a rule, and rules that are not there", async () => {
    const scene = createScene();
    const wrong = await ask(scene, "POST /admin/faults", { effect: { kind: "explode" } });
    assert.equal(wrong.status, 400);
    assert.match(wrong.body.message, /effect\.kind: expected one of/);
    assert.equal((await ask(scene, "DELETE /admin/faults/none")).status, 404);
    assert.equal((await ask(scene, "PUT /admin/faults/none", { enabled: true })).status, 404);
    await ask(scene, "POST /admin/faults", { id: "a", effect: { kind: "reset" } });
    assert.equal((await ask(scene, "POST /admin/faults", { id: "a", effect: { kind: "reset" } })).status, 409);
  });
});

describe("/admin/mutations", () => {
  it("changes something behind the client's back, and refuses what it cannot", async () => {
    const scene = createScene();
    const { id } = scene.simulator.createInstance({ name: "node" });
    assert.equal((await ask(scene, "POST /admin/mutations", { action: "delete", resource: id })).status, 200);
    assert.deepEqual(scene.simulator.inventory().instances, []);
    assert.equal((await ask(scene, "POST /admin/mutations", { action: "delete", resource: "lb-none" })).status, 404);
  });
});
