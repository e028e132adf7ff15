import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { textResponse } from "@ccm/base";
import { listen } from "@ccm/base/node";
import { stringify } from "yaml";
import { downloadEnvtest } from "./download.ts";
import type { Progress } from "./progress.ts";

const PLATFORM = { os: "linux", arch: "amd64" };

/** An index and its archive on a server of our own; the archive's address answers with a redirect, as GitHub's do. */
async function setUp(t: TestContext, options: { readonly hash?: string; readonly status?: number } = {}) {
  const root = mkdtempSync(join(tmpdir(), "download-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const from = join(root, "controller-tools", "envtest");
  mkdirSync(from, { recursive: true });
  for (const name of ["etcd", "kube-apiserver", "kubectl"]) writeFileSync(join(from, name), `I am ${name}`);
  const archive = execFileSync("tar", ["-C", root, "-czf", "-", "controller-tools"]);
  const server = await listen({
    host: "127.0.0.1",
    port: 0,
    async handler({ target }) {
      if (target === "/index.yaml") {
        if (options.status) return textResponse(options.status, "no");
        const hash = options.hash ?? createHash("sha512").update(archive).digest("hex");
        const entry = { hash, selfLink: `http://127.0.0.1:${server.port}/releases/a` };
        return textResponse(
          200,
          stringify({ releases: { "v1.37.2": { "envtest-v1.37.2-linux-amd64.tar.gz": entry } } }),
        );
      }
      if (target === "/releases/a") return { status: 302, headers: { location: "/real" }, body: one(Buffer.alloc(0)) };
      return { status: 200, headers: { "content-length": String(archive.length) }, body: one(archive) };
    },
  });
  t.after(() => server.close());
  const folder = join(root, "store");
  const said: string[] = [];
  const progress: Progress = {
    line: (text) => void said.push(text),
    update: (text, fraction) => void said.push(`${text} ${fraction}`),
  };
  const download = (series = "1.37") =>
    downloadEnvtest({
      indexUrl: `http://127.0.0.1:${server.port}/index.yaml`,
      series,
      platform: PLATFORM,
      folder,
      progress,
    });
  return { download, folder, said };
}

async function* one(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}

describe("downloading envtest's programs", () => {
  it("follows the index to the archive, checks it, unpacks it, and shows how far it is", async (t) => {
    const { download, folder, said } = await setUp(t);
    const target = await download();
    assert.equal(target, join(folder, "1.37.2-linux-amd64"));
    assert.deepEqual(readdirSync(target).sort(), ["etcd", "kube-apiserver", "kubectl"]);
    assert.equal(readFileSync(join(target, "etcd"), "utf8"), "I am etcd");
    assert.ok(said.includes("downloading Kubernetes 1.37.2 for tests 1"));
    said.length = 0;
    assert.equal(await download(), target);
    assert.deepEqual(said, []);
  });

  it("refuses an archive with another hash, and leaves nothing", async (t) => {
    const { download, folder } = await setUp(t, { hash: "0".repeat(128) });
    await assert.rejects(download(), /releases\/a: SHA-512 is [0-9a-f]{16}…, the index says 0{16}…$/);
    assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], []);
  });

  it("says what the index lacks, or how it answered", async (t) => {
    const { download } = await setUp(t);
    await assert.rejects(download("1.12"), /the index has no release of 1\.12 for linux-amd64/);
    const broken = await setUp(t, { status: 503 });
    await assert.rejects(broken.download(), /index\.yaml: HTTP 503/);
  });
});
