import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("..", import.meta.url));

describe("npm run build", () => {
  it("makes commands that run on their own, from any folder", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "build-test-"));
    try {
      await run(process.execPath, [join(ROOT, "scripts/build.ts"), elsewhere]);
      const command = (name: string, ...args: string[]) =>
        run(process.execPath, [join(elsewhere, `${name}.mjs`), ...args], { cwd: elsewhere });
      assert.match((await command("cloud-controller-manager", "--version")).stdout, /^\d+\.\d+\.\d+\n$/);
      assert.match((await command("cloudlab", "--help")).stdout, /Usage: cloudlab/);
      assert.match((await command("kubectl-baiducloud", "--help")).stdout, /Usage: kubectl-baiducloud/);
      const cloud = spawn(process.execPath, [join(elsewhere, "cloudlab.mjs"), "baiducloud"], { cwd: elsewhere });
      try {
        const [line] = (await once(cloud.stdout.setEncoding("utf8"), "data")) as [string];
        const page = JSON.parse(line) as { console: string };
        assert.match(await (await fetch(page.console)).text(), /<title>cloudlab/);
        assert.equal((await fetch(new URL("main.js", page.console))).status, 200);
      } finally {
        cloud.kill("SIGKILL");
        await once(cloud, "close");
      }
    } finally {
      await rm(elsewhere, { recursive: true, force: true });
    }
  });
});
