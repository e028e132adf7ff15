import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it, type TestContext } from "node:test";
import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { startComponent } from "./component.ts";
import { isAlive } from "./ports.ts";

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "component-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function shell(folder: string, script: string) {
  return startComponent({
    name: "script",
    file: "/bin/sh",
    args: ["-c", script],
    folder,
    logFile: join(folder, "script.log"),
  });
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = systemClock.monotonic() + 30_000;
  while (!condition()) {
    assert.ok(systemClock.monotonic() < deadline, `waited in vain until ${what}`);
    await sleep(systemClock, 20);
  }
}

describe("a component", () => {
  it("says how it ended and what it wrote, and its folder stays", async (t) => {
    const folder = temporaryFolder(t);
    const component = shell(folder, "echo out; echo err >&2; exit 3");
    await until("it has ended", component.hasEnded);
    assert.equal(await component.ended, "ended with exit code 3");
    assert.equal(component.log(), "out\nerr\n");
    // The next one under the same name writes on.
    const next = shell(folder, "echo more; exec sleep 3600");
    await until("it has written", () => next.log().endsWith("more\n"));
    await next.kill();
    assert.equal(await next.ended, "was ended by SIGKILL");
    assert.equal(next.log(), "out\nerr\nmore\n");
    assert.ok(existsSync(folder));
  });

  it("gets SIGTERM first, and SIGKILL when it does not heed it", async (t) => {
    const folder = temporaryFolder(t);
    const heeds = shell(folder, "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done");
    await until("it is ready", () => heeds.log().includes("ready"));
    await heeds.stop(30_000);
    assert.equal(await heeds.ended, "ended with exit code 7");
    const stubborn = shell(folder, "trap '' TERM; echo set; while :; do sleep 0.05; done");
    await until("it is ready", () => stubborn.log().includes("set"));
    await stubborn.stop(50);
    assert.equal(await stubborn.ended, "was ended by SIGKILL");
  });

  it("says that a program cannot be started", async (t) => {
    const folder = temporaryFolder(t);
    const component = startComponent({
      name: "none",
      file: join(folder, "none"),
      args: [],
      folder,
      logFile: join(folder, "log"),
    });
    await until("it has ended", component.hasEnded);
    assert.equal(await component.ended, "ended with exit code 127");
    assert.match(component.log(), /none: not found|No such file/);
  });

  for (const how of ["SIGKILL", "SIGTERM", "its own exit"] as const) {
    it(`goes, with its folder, when its parent ends by ${how}`, async (t) => {
      const outer = temporaryFolder(t);
      const folder = join(outer, "data");
      mkdirSync(folder);
      const { pid, parent } = await startInAnotherProcess(folder, how === "its own exit");
      if (how !== "its own exit") {
        assert.ok(isAlive(pid));
        parent.kill(how);
      }
      await until("the component has gone", () => !isAlive(pid));
      await until("its folder has gone", () => !existsSync(folder));
    });
  }
});

/** A process that starts a component which would never end by itself, and prints its process ID. */
async function startInAnotherProcess(folder: string, exits: boolean) {
  const script = `
    import { startComponent } from ${JSON.stringify(import.meta.resolve("./component.ts"))};
    const component = startComponent({
      name: "sleep", file: "/bin/sleep", args: ["3600"], folder: ${JSON.stringify(folder)},
      logFile: ${JSON.stringify(join(folder, "log"))},
    });
    process.stdout.write(component.pid + "\\n");
    ${exits ? "" : "setInterval(() => {}, 1000);"}
  `;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve) => createInterface({ input: parent.stdout }).once("line", resolve));
  return { pid: Number(line), parent };
}
