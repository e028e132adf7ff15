import assert from "node:assert/strict";
import { it } from "node:test";
import { startControlPlane } from "./control-plane.ts";

it("smoke", async (t) => {
  console.time("start");
  const p = await startControlPlane({ audit: true });
  console.timeEnd("start");
  t.after(() => p.stop());
  console.log(p.version, p.server, p.pids(), p.auditEvents().length);
  assert.ok(p.version);
});
