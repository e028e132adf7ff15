import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { guardedListen } from "../../node/index.ts";
import { createRegistryScene } from "../ccr/testing.ts";

const run = promisify(execFile);
const installed = await run("skopeo", ["--version"]).then(
  () => true,
  () => false,
);

interface Robot {
  readonly id: number;
  readonly name: string;
  readonly secret: string;
}

describe("skopeo", { skip: installed ? false : "skopeo is not installed" }, () => {
  it("logs in, pulls and pushes by a robot, until the robot is disabled", async () => {
    const { call, simulator } = await createRegistryScene();
    const access = ["pull", "push"].map((action) => ({ resource: "repository", action }));
    const permissions = [{ kind: "project", namespace: "app", access }];
    const made = await call("POST /robots", { name: "ci", duration: 1, permissions });
    const robot = made.body as unknown as Robot;
    const { registry } = simulator.products;
    assert.ok(registry);
    const { port, close } = await guardedListen({ host: "127.0.0.1", port: 0, handler: registry });
    const folder = await mkdtemp(join(tmpdir(), "skopeo-"));
    try {
      const host = `127.0.0.1:${port}`;
      const policy = join(folder, "policy.json");
      await writeFile(policy, JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
      const login = ["--authfile", join(folder, "auth.json")];
      const skopeo = (...args: string[]) => run("skopeo", ["--policy", policy, "--tmpdir", folder, ...args]);
      const signIn = () => skopeo("login", "--tls-verify=false", ...login, "-u", robot.name, "-p", robot.secret, host);
      const copy = (from: string, to: string) =>
        skopeo("copy", "--src-tls-verify=false", "--dest-tls-verify=false", ...login, from, to);

      await assert.rejects(copy(`docker://${host}/app/web:v1`, `dir:${folder}/a`), /authentication required/);
      await signIn();
      await copy(`docker://${host}/app/web:v1`, `dir:${folder}/a`);
      await copy(`dir:${folder}/a`, `docker://${host}/app/pushed/deep:v2`);
      await copy(`docker://${host}/app/pushed/deep:v2`, `dir:${folder}/b`);
      const [pulled, again] = await Promise.all(
        ["a", "b"].map((name) => readFile(join(folder, name, "manifest.json"))),
      );
      assert.deepEqual(again, pulled);
      const { stdout } = await skopeo("list-tags", "--tls-verify=false", ...login, `docker://${host}/app/pushed/deep`);
      assert.deepEqual(JSON.parse(stdout).Tags, ["v2"]);
      await assert.rejects(copy(`dir:${folder}/a`, `docker://${host}/other/web:v1`), /authentication required|denied/);

      await call(`PUT /robots/${robot.id}`, { disable: true });
      await assert.rejects(copy(`docker://${host}/app/web:v1`, `dir:${folder}/c`), /unauthorized|invalid username/);
      await assert.rejects(signIn(), /invalid username\/password/);
    } finally {
      await close();
      await rm(folder, { recursive: true });
    }
  });
});
