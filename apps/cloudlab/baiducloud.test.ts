import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { cloudlab, type Ready, send, startCommand } from "./testing/command.ts";

const folder = mkdtempSync(join(tmpdir(), "cloudlab-"));
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const start = (...args: readonly string[]) => startCommand(children, ...args);

async function statusOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  return (await send(url, { headers })).status;
}

describe("cloudlab baiducloud", { concurrency: true }, () => {
  it("records calls, counts them against a budget, and gives each product a port", async () => {
    const budget = fileOf("budget.yaml", "total: 1\n");
    const recording = join(folder, "calls.jsonl");
    const running = await start("--ports-per-product", "--record", recording, "--budget", budget, "--region", "gz");
    const { endpoints, region } = running.ready;
    assert.equal(region, "gz");
    assert.equal(new Set(Object.values(endpoints)).size, Object.keys(endpoints).length);
    assert.equal(await statusOf(`${endpoints.blb}/v1/blb`), 403);
    assert.equal(await statusOf(`${endpoints.eip}/v1/eip`), 403);
    assert.equal(await running.stop(), 3);
    assert.equal(running.errors(), "cloudlab: budget exceeded: total: 2 calls, expected at most 1\n");
    assert.equal(readFileSync(recording, "utf8").trim().split("\n").length, 3);
    assert.equal(statSync(recording).mode & 0o077, 0);
    assert.match((await cloudlab(["replay", recording])).out, /^0 calls replayed, 2 left out, 0 answered otherwise$/m);
  });

  it("is switched by cloudlab faults, with the token from the environment or a file, and by no other host's page", async () => {
    const rules = fileOf("faults.yaml", "presets: [stuck-blb]\n");
    const running = await start("--faults", rules, "--endpoints");
    const { admin, adminToken } = running.ready;
    const env = { CLOUDLAB_ADMIN: admin, CLOUDLAB_ADMIN_TOKEN: adminToken };
    const added = await cloudlab(["faults", "add", "--id", "mine", "--effect", "latency", "--set", "ms=5"], env);
    assert.deepEqual([added.code, added.out, added.err], [0, "mine\n", ""]);
    const tokenFile = fileOf("token", `${adminToken}\n`);
    const listed = await cloudlab(["faults", "list", "--admin", admin, "--token-file", tokenFile]);
    assert.match(listed.out, /^fault-1 +fired 0 .*stuck.*\nmine +fired 0 +\{\} +\{"kind":"latency","ms":5/m);
    assert.equal((await cloudlab(["faults", "clear"], env)).code, 0);
    assert.equal((await cloudlab(["faults", "list"], env)).out, "no rules: the cloud behaves\n");
    const authorization = `Bearer ${adminToken}`;
    assert.equal(await statusOf(admin, { authorization }), 200);
    assert.equal(await statusOf(admin, { authorization, host: "evil.test" }), 421);
    assert.equal(await running.stop(), 0);
    for (const part of [/NewClient\("lab/, /provider "baiducloud" \{/, /ccev2 = "http:/, /"Endpoints":\{"bcc":"http:/])
      assert.match(running.errors(), part);
  });

  it("has a time of its own that stands still until it is moved, and goes on with the state", async () => {
    const state = join(folder, "time.db");
    const timeOf = async ({ admin, adminToken }: Ready, advanceMs?: number): Promise<string> => {
      const moved = advanceMs === undefined ? {} : { method: "POST", body: JSON.stringify({ advanceMs }) };
      const answer = await fetch(`${admin}/clock`, { headers: { authorization: `Bearer ${adminToken}` }, ...moved });
      return ((await answer.json()) as { now: string }).now;
    };
    const first = await start("--state", state, "--clock", "stepped:2026-01-01T00:00:00Z");
    assert.equal(await timeOf(first.ready), "2026-01-01T00:00:00.000Z");
    assert.equal(await timeOf(first.ready, 3_600_000), "2026-01-01T01:00:00.000Z");
    await first.stop();
    const second = await start("--state", state, "--clock", "stepped:2026-01-01T00:00:00Z");
    assert.equal(await timeOf(second.ready), "2026-01-01T01:00:00.000Z");
    await second.stop();
    const wrong = await cloudlab(["baiducloud", "--clock", "sometimes"]);
    assert.match(wrong.err, /^cloudlab: option '--clock <spec>'.* expected real, scaled:N .*\n$/);
  });

  it("shows and moves its time by cloudlab clock, forwards only", async () => {
    const { ready, stop } = await start("--clock", "stepped:2026-01-01T00:00:00Z");
    const env = { CLOUDLAB_ADMIN: ready.admin, CLOUDLAB_ADMIN_TOKEN: ready.adminToken };
    const clock = async (...args: readonly string[]) => {
      const { code, out, err } = await cloudlab(["clock", ...args], env);
      return `${code} ${out}${err}`;
    };
    assert.equal(await clock(), "0 2026-01-01T00:00:00.000Z  stands still\n");
    assert.equal(await clock("advance", "1h30m"), "0 2026-01-01T01:30:00.000Z  stands still\n");
    assert.equal(await clock("set", "2026-01-02T00:00:00Z"), "0 2026-01-02T00:00:00.000Z  stands still\n");
    assert.match(
      await clock("set", "2026-01-01T00:00:00Z"),
      /^1 cloudlab: the cloud's time is 2026-01-02T.*forward\n$/,
    );
    assert.match(await clock("advance", "soon"), /^2 cloudlab: .*expected a duration, such as 5m.*\n$/);
    assert.match(await clock("--json"), /^0 \{"now":"2026-01-02T00:00:00.000Z",.*"kind":"stepped","pace":0\}\n$/);
    await stop();
  });

  it("warns in one line when others can reach it", async () => {
    const running = await start("--host", "0.0.0.0");
    assert.equal(await running.stop(), 0);
    assert.match(running.errors(), /^cloudlab: listening on 0\.0\.0\.0: everybody[^\n]*\n$/);
  });

  it("says in one line what is wrong with a call", async () => {
    const bad = fileOf("bad.yaml", "- {effect: {kind: explode}}\n");
    const unknown = fileOf("unknown.yaml", "products: {bbl: 1}\n");
    const env = { CLOUDLAB_ADMIN: "", CLOUDLAB_ADMIN_TOKEN: "" };
    const calls = [
      [["baiducloud", "--faults", bad], /bad\.yaml: rule 1: effect\.kind: expected one of error/],
      [["baiducloud", "--budget", unknown], /unknown\.yaml: products\.bbl: there is no such product/],
      [["faults", "list"], /expected --admin URL/],
      [["faults", "list", "--admin", "http://127.0.0.1:1/admin"], /expected the admin token in CLOUDLAB_ADMIN_TOKEN/],
      [["replay", bad], /bad\.yaml: line 1: expected/],
    ] as const;
    await Promise.all(
      calls.map(async ([args, expected]) => {
        const { code, err } = await cloudlab(args, env);
        assert.notEqual(code, 0, args.join(" "));
        assert.match(err, expected);
        assert.equal(err.trim().split("\n").length, 1, err);
      }),
    );
    const { out } = await cloudlab(["faults", "--help"]);
    assert.match(out, /Examples:\n {2}cloudlab faults add --preset lost-answers/);
  });
});
