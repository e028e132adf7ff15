import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { openSqliteBackend } from "@ccm/baiducloud-simulator/node";
import { integer, seededRandom } from "@ccm/base";
import { systemRandom } from "@ccm/base/node";
import { createBusyClients } from "./testing/busy-clients.ts";
import { startCommand } from "./testing/command.ts";

const ROUNDS = 3;
const CLIENTS = 4;

const folder = mkdtempSync(join(tmpdir(), "cloudlab-kill-"));
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

it("a cloud that is killed while clients call it has all that it acknowledged when it is started again", async (t) => {
  const seed = process.env.KILL_SEED ?? systemRandom.uuid();
  t.diagnostic(`KILL_SEED=${seed}`);
  const random = seededRandom(seed);
  const clients = createBusyClients(random, CLIENTS);
  const file = join(folder, "state.db");
  const start = () => startCommand(children, "--state", file, "--clock", "scaled:60");
  let running = await start();
  for (let round = 1; round <= ROUNDS; round++) {
    const victim = running;
    let left = 5 + integer(random, 80);
    let killed: Promise<void> | undefined;
    await clients.work(victim.ready, () => {
      if (--left === 0) killed = victim.kill();
    });
    await killed;
    running = await start();
    assert.deepEqual(running.ready.credentials, victim.ready.credentials);
    await clients.check(running.ready).catch((error: unknown) => {
      throw new Error(`round ${round} of KILL_SEED=${seed}`, { cause: error });
    });
  }
  await running.stop();
  const backend = openSqliteBackend(file);
  const rows = [...backend.load()];
  backend.close();
  const count = (table: string) => rows.filter((row) => row.table.endsWith(`/${table}`)).length;
  assert.equal(
    count("takenIps"),
    count("instances") + count("blbs"),
    "as many addresses as machines and load balancers",
  );
});
