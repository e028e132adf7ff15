import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { downloadEnvtest } from "./download.ts";
import { listeningProgress, type SiteOptions, serveEnvtest, temporaryFolder } from "./testing/envtest-site.ts";

async function setUp(t: TestContext, options: Partial<SiteOptions> = {}) {
  const platform = { os: "linux", arch: "amd64" };
  const indexUrl = await serveEnvtest(t, { version: "1.37.2", platform, ...options });
  const folder = join(temporaryFolder(t), "store");
  const { said, progress } = listeningProgress();
  const download = (series = "1.37") => downloadEnvtest({ indexUrl, series, platform, folder, progress });
  return { download, folder, said };
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
