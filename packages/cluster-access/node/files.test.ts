import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Clock } from "@ccm/base";
import { systemClock, systemRandom } from "@ccm/base/node";
import { privateFiles } from "./files.ts";
import { withFileLock } from "./lock.ts";

const files = privateFiles({ clock: systemClock, random: systemRandom });

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "private-files-"));
  try {
    await test(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe("private files", () => {
  it("are replaced whole, for their owner alone, and leave nothing beside them", () =>
    inFolder(async (folder) => {
      const path = join(folder, "a/b/config");
      assert.equal(await files.read(path), undefined);
      await files.replace(path, "one");
      assert.deepEqual([await mode(path), await mode(join(folder, "a/b"))], ["600", "700"]);
      await writeFile(join(folder, "open"), "", { mode: 0o644 });
      await files.replace(join(folder, "open"), "two");
      assert.equal(await mode(join(folder, "open")), "600");
      assert.deepEqual([await files.read(path), await files.list(join(folder, "a/b"))], ["one", ["config"]]);
      assert.deepEqual(await files.list(join(folder, "nope")), []);
    }));

  it("stay where a symbolic link says they are", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "real"), "one");
      await symlink(join(folder, "real"), join(folder, "link"));
      await files.replace(join(folder, "link"), "two");
      assert.equal(await readFile(join(folder, "real"), "utf8"), "two");
    }));

  it("are backed up once", () =>
    inFolder(async (folder) => {
      const path = join(folder, "config");
      await writeFile(path, "one", { mode: 0o644 });
      assert.equal(await files.copyOnce(path, `${path}.backup`), true);
      await files.replace(path, "two");
      assert.equal(await files.copyOnce(path, `${path}.backup`), false);
      assert.deepEqual([await files.read(`${path}.backup`), await mode(`${path}.backup`)], ["one", "600"]);
    }));
});

describe("the lock of a file", () => {
  it("lets one in at a time, and goes", () =>
    inFolder(async (folder) => {
      const path = join(folder, "config");
      let inside = 0;
      let most = 0;
      const enter = () =>
        files.withLock(path, async () => {
          most = Math.max(most, ++inside);
          await files.replace(path, String(Number((await files.read(path)) ?? "0") + 1));
          inside--;
        });
      await Promise.all(Array.from({ length: 20 }, enter));
      assert.deepEqual([most, await files.read(path), await readdir(folder)], [1, "20", ["config"]]);
    }));

  it("is given back when what it is for fails, and waiting ends with the signal", () =>
    inFolder(async (folder) => {
      const path = join(folder, "config");
      await assert.rejects(
        files.withLock(path, async () => {
          const impatient = AbortSignal.abort(new Error("no longer"));
          await assert.rejects(
            files.withLock(path, async () => {}, impatient),
            /no longer/,
          );
          throw new Error("inside");
        }),
        /inside/,
      );
      assert.deepEqual(await readdir(folder), []);
    }));

  it("is taken over from a process that has died, by one of those who wait", () =>
    inFolder(async (folder) => {
      const path = join(folder, "config");
      const { pid } = spawnSync(process.execPath, ["--version"]);
      await writeFile(`${path}.lock`, JSON.stringify({ pid, host: hostname(), id: "x" }));
      let inside = 0;
      const enter = () =>
        files.withLock(path, async () => {
          assert.equal(++inside, 1);
          await files.replace(path, "x");
          inside--;
        });
      await Promise.all(Array.from({ length: 10 }, enter));
      assert.deepEqual(await readdir(folder), ["config"]);
    }));

  /** The system's clock whose date stands still, and who is told of each poll. */
  const pacedClock = (onPoll: (count: number) => void): Clock => {
    const now = systemClock.now();
    let polls = 0;
    return {
      now: () => now,
      monotonic: () => systemClock.monotonic(),
      schedule(ms, fn) {
        if (ms < 1000) onPoll(++polls);
        return systemClock.schedule(ms, fn);
      },
    };
  };

  it("is taken over from the dead at once, and not from the living", () =>
    inFolder(async (folder) => {
      const path = join(folder, "lock");
      const held = JSON.stringify({ pid: 1, host: hostname(), id: "x" });
      const machine = (alive: boolean, patience: AbortController) => ({
        clock: pacedClock((count) => {
          if (count === 20) patience.abort(new Error("waited in vain"));
        }),
        random: systemRandom,
        isAlive: () => alive,
      });
      for (const alive of [true, false]) {
        await writeFile(path, held);
        const patience = new AbortController();
        const entering = withFileLock(path, machine(alive, patience), async () => {}, patience.signal);
        await (alive ? assert.rejects(entering, /waited in vain/) : entering);
      }
      assert.deepEqual(await readdir(folder), []);
    }));

  it("is not taken from somebody who has taken it over meanwhile", () =>
    inFolder(async (folder) => {
      const path = join(folder, "lock");
      const held = (pid: number) => JSON.stringify({ pid, host: hostname(), id: "x" });
      await writeFile(path, held(1));
      let released = false;
      const clock = pacedClock((count) => {
        if (count !== 10) return;
        released = true;
        rmSync(path);
      });
      const isAlive = (pid: number) => {
        if (pid === 1) writeFileSync(path, held(2));
        return pid === 2;
      };
      await withFileLock(path, { clock, random: systemRandom, isAlive }, async () => assert.ok(released));
    }));

  it("is taken over when it shows no life, as one that kubectl left, and not before", () =>
    inFolder(async (folder) => {
      const path = join(folder, "config");
      await writeFile(`${path}.lock`, "", { mode: 0 });
      let entered = false;
      const entering = files.withLock(path, async () => {
        entered = true;
      });
      const looks = 5;
      for (let look = 0; look < looks; look++) await stat(`${path}.lock`);
      assert.equal(entered, false);
      const old = new Date(systemClock.now() - 60_000);
      await utimes(`${path}.lock`, old, old);
      await entering;
      assert.deepEqual(await readdir(folder), []);
    }));
});
