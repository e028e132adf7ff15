import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { guardedListen } from "@ccm/baiducloud-simulator/node";
import { Secret } from "@ccm/base";
import { readDockerConfig } from "@ccm/image-registry";
import { inCommandScene } from "./testing/scene.ts";

const DOCKER = "/home/me/.docker/config.json";
const exec = promisify(execFile);
const skopeo = await exec("skopeo", ["--version"]).then(
  () => true,
  () => false,
);

describe("registry login", () => {
  it("writes a login that pulls into docker's config, and keeps all else in it", () =>
    inCommandScene(async (scene) => {
      scene.files.set(DOCKER, '{\n  "auths": {"docker.io": {"auth":"YTpi"}},\n  "credsStore": "desktop"\n}\n');
      const { code, out, err } = await scene.registry(["login", "mine", "--hours", "2"]);
      assert.deepEqual([code, out], [0, ""]);
      const text = scene.files.get(DOCKER) ?? "";
      assert.match(text, /"docker\.io": \{"auth":"YTpi"\}\},\n {2}"credsStore": "desktop"\n\}\n$/);
      const login = readDockerConfig(text, "docker").find(({ key }) => key === scene.host)?.credential;
      assert.ok(login);
      assert.equal(await scene.pull(login), "pulled");
      assert.ok(!err.includes(login.password.reveal()));
      assert.match(err, new RegExp(`${scene.host}: ${login.username} until .*, in ${DOCKER}`));
      await scene.clock.advance(2 * 3_600_000 + 1000);
      assert.equal(await scene.pull(login), "refused");
    }));

  it("knows where podman and docker look, and writes containerd's form to stdout", () =>
    inCommandScene(async (scene) => {
      await scene.registry(["login", scene.host, "--tool", "podman"], { env: { XDG_RUNTIME_DIR: "/run/user/1" } });
      await scene.registry(["login", scene.instanceId], { env: { DOCKER_CONFIG: "/cfg" } });
      await scene.registry(["login", "personal"], { env: { DOCKER_CONFIG: "/p" } });
      assert.deepEqual(
        [...scene.files.keys()],
        ["/run/user/1/containers/auth.json", "/cfg/config.json", "/p/config.json"],
      );
      assert.deepEqual(Object.keys(JSON.parse(scene.files.get("/p/config.json") ?? "").auths), [
        "registry.baidubce.com",
      ]);
      const { out } = await scene.registry(["login", "mine", "--tool", "containerd"]);
      const [, username = "", password = ""] =
        /^\[plugins\."io\.containerd\.cri\.v1\.images"\.registry\.configs\."[^"]+"\.auth\]\n {2}username = "([^"]+)"\n {2}password = "([^"]+)"\n/.exec(
          out,
        ) ?? [];
      assert.equal(await scene.pull({ username, password: new Secret(password) }), "pulled");
      for (const words of [["login", "mine", "--hours", "25"], ["login", "mine", "--tool", "rkt"], ["login"]]) {
        assert.equal((await scene.registry(words)).code, 2, words.join(" "));
      }
    }));

  it("logs the real skopeo in", { skip: skopeo ? false : "skopeo is not installed" }, () =>
    inCommandScene(async (scene) => {
      const { registry } = scene.simulator.products;
      assert.ok(registry);
      const { port, close } = await guardedListen({ host: "127.0.0.1", port: 0, handler: registry });
      const folder = await mkdtemp(join(tmpdir(), "login-"));
      try {
        const host = `127.0.0.1:${port}`;
        const authfile = join(folder, "auth.json");
        await scene.registry(["login", "mine", "--host", host, "-o", authfile, "--tool", "podman"]);
        await writeFile(authfile, scene.files.get(authfile) ?? "");
        const inspect = await exec("skopeo", [
          "inspect",
          "--raw",
          "--tls-verify=false",
          "--authfile",
          authfile,
          `docker://${host}/app/web:v1`,
        ]);
        assert.equal(JSON.parse(inspect.stdout).schemaVersion, 2);
      } finally {
        await close();
        await rm(folder, { recursive: true });
      }
    }),
  );
});

describe("registry credential-helper", () => {
  const get = (_host: string) => ["credential-helper", "get"];
  const options = (host: string) => ({ input: `${host}\n` });

  it("answers docker with a login that pulls, makes one for many pulls, and another before it ends", () =>
    inCommandScene(async (scene) => {
      const { host } = scene;
      const first = await scene.registry(get(host), options(`https://${host}`));
      const { ServerURL, Username, Secret: password } = JSON.parse(first.out);
      assert.deepEqual([first.code, ServerURL], [0, `https://${host}`]);
      assert.equal(await scene.pull({ username: Username, password: new Secret(password) }), "pulled");
      scene.calls.length = 0;
      assert.equal((await scene.registry(get(host), options(`https://${host}`))).out, first.out);
      assert.deepEqual(scene.calls, []);
      const listed = await scene.registry(["credential-helper", "list"]);
      assert.deepEqual(JSON.parse(listed.out), { [host]: Username });
      await scene.clock.advance(11.8 * 3_600_000);
      const later = JSON.parse((await scene.registry(get(host), options(host))).out).Secret;
      assert.notEqual(later, password);
      assert.equal((await scene.registry(["credential-helper", "erase"], options(host))).code, 0);
      assert.deepEqual(JSON.parse((await scene.registry(["credential-helper", "list"])).out), {});
    }));

  it("is a link to the command, built or not, with a helper's name, as docker starts it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "helper-"));
    const link = join(folder, "docker-credential-baiducloud");
    try {
      for (const program of ["../main.ts", "../bin.mjs"]) {
        await symlink(fileURLToPath(new URL(program, import.meta.url)), link);
        const running = exec(process.execPath, [link, "get"], { env: { HOME: "/nonexistent" } });
        running.child.stdin?.end("registry.example\n");
        await assert.rejects(running, (error: { readonly stdout?: string; readonly code?: number }) => {
          assert.deepEqual([error.code, error.stdout], [1, "credentials not found in native keychain\n"]);
          return true;
        });
        await rm(link);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("says in docker's words that it knows no other registries, and refuses to store", () =>
    inCommandScene(async (scene) => {
      const other = await scene.registry(get(""), options("https://index.docker.io/v1/"));
      assert.deepEqual([other.code, other.out], [1, "credentials not found in native keychain\n"]);
      const store = await scene.registry(["credential-helper", "store"], {
        input: '{"ServerURL":"x","Secret":"hush"}',
      });
      assert.equal(store.code, 2);
      assert.match(store.out, /nothing is stored/);
      assert.ok(!(store.out + store.err).includes("hush"));
      const none = await scene.registry(get(""), {
        ...options(scene.host),
        env: { BCE_ACCESS_KEY_ID: "", BCE_SECRET_ACCESS_KEY: "" },
      });
      assert.equal(none.code, 2);
      assert.match(none.out, /^no credentials: set BCE_ACCESS_KEY_ID/);
    }));
});
