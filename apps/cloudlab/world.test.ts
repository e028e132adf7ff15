import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

function world(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, "world", ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
    });
  });
}

describe("cloudlab world", () => {
  it("repeats one run, and writes what happened as a page", async () => {
    const folder = mkdtempSync(join(tmpdir(), "world-"));
    try {
      const page = join(folder, "run.html");
      const run = ["run", "--scenario", "service-delete", "--from", "3", "--mode", "lost-reset"];
      const { code, out } = await world(...run, "--trace", page);
      assert.equal(code, 0, out);
      assert.match(out, /^service-delete, lost-reset at effect 3, seed 1: ok$/m);
      assert.match(readFileSync(page, "utf8"), /<tr class="fault" id="fault-1">/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("runs a scenario in all modes on threads, and says what it covered", async () => {
    const { code, out } = await world("run", "--scenario", "service-bandwidth", "--doubles", "3", "--json");
    assert.equal(code, 0, out);
    assert.match(out, /^service-bandwidth +\d+ +\d+ +3 +all modes$/m);
    const last = JSON.parse(out.trim().split("\n").at(-1) ?? "") as { ok: boolean; runs: number };
    assert.equal(last.ok, true);
    assert.ok(last.runs > 100);
  });

  it("says in one line what is wrong with a call", async () => {
    for (const [args, expected] of [
      [["run", "--scenario", "nope"], /scenario "nope": expected one of service-create/],
      [["run", "--mode", "explodes"], /expected one of dies-before/],
      [["run", "--from", "3"], /1 × --from and 0 × --mode: expected as many of each/],
      [["run", "--from", "1", "--mode", "lost-500"], /about one run: expected one --scenario/],
    ] as const) {
      const { code, err } = await world(...args);
      assert.equal(code, 2);
      assert.match(err, expected);
      assert.equal(err.trim().split("\n").length, 1, err);
    }
  });
});
