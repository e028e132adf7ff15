import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { openSqliteBackend } from "@ccm/baiducloud-simulator/node";
import { VirtualClock } from "@ccm/base";
import { createCloudClock } from "./cloud-clock.ts";

it("the time of a state file goes on in the next process, at the pace that it had until then", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cloud-clock-"));
  const base = new VirtualClock();
  const start = base.now();
  const run = async (spec: Parameters<typeof createCloudClock>[1], advanceMs: number) => {
    const state = openSqliteBackend(join(folder, "state.db"));
    const clock = createCloudClock(base, spec, state);
    const began = clock.now() - start;
    await clock.advance(advanceMs);
    state.close();
    return began;
  };
  try {
    assert.equal(await run({ pace: 0, startMs: start - 5000 }, 6000), -5000);
    await base.advance(100);
    assert.equal(await run({ pace: 60, startMs: start }, 0), 1000, "it stood still in between");
    await base.advance(100);
    assert.equal(await run({ pace: 1 }, 0), 7000, "it ran on in between");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
