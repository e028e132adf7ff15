import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import { withFileLock } from "./lock.ts";
import { temporaryFolder } from "./testing/envtest-site.ts";

/** Higher than any process ID that Linux or macOS gives. */
const DEAD = String(2 ** 30);

describe("a lock file", () => {
  it("makes a second process wait for a living one, and says so once", async (t) => {
    const file = join(temporaryFolder(t), "lock");
    const clock = new VirtualClock();
    writeFileSync(file, String(process.pid));
    const said: string[] = [];
    const running = withFileLock(
      file,
      clock,
      () => said.push("waits"),
      async () => said.push("runs"),
    );
    await clock.advance(10_000);
    assert.deepEqual(said, ["waits"]);
    rmSync(file);
    await clock.advance(500);
    await running;
    assert.deepEqual(said, ["waits", "runs"]);
    assert.equal(existsSync(file), false);
  });

  it("is taken over from a dead process, but not while its owner is being written", async (t) => {
    const file = join(temporaryFolder(t), "lock");
    const clock = new VirtualClock();
    writeFileSync(file, "");
    let ran = false;
    const running = withFileLock(
      file,
      clock,
      () => {},
      async () => {
        ran = true;
      },
    );
    await clock.advance(5000);
    assert.equal(ran, false);
    writeFileSync(file, DEAD);
    await clock.advance(1000);
    await running;
    assert.equal(ran, true);
  });

  it("goes when what it guards fails", async (t) => {
    const file = join(temporaryFolder(t), "lock");
    const failing = withFileLock(
      file,
      new VirtualClock(),
      () => {},
      () => Promise.reject(new Error("no")),
    );
    await assert.rejects(failing, /no/);
    assert.equal(existsSync(file), false);
  });
});
