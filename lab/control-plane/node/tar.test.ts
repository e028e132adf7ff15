import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { extractFiles } from "./tar.ts";

function setUp(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), "tar-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [from, to] = [join(root, "from"), join(root, "to")];
  mkdirSync(join(from, "controller-tools", "envtest"), { recursive: true });
  mkdirSync(to);
  return { from, to };
}

async function* inChunks(data: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < data.length; i += size) yield data.subarray(i, i + size);
}

describe("unpacking an archive", () => {
  it("writes regular files, executable, under their base names, however it is cut into chunks", async (t) => {
    const { from, to } = setUp(t);
    const big = Buffer.from(Array.from({ length: 3000 }, (_, i) => i % 251));
    writeFileSync(join(from, "controller-tools/envtest/etcd"), big);
    writeFileSync(join(from, "controller-tools/envtest/kubectl"), "");
    symlinkSync("/etc/passwd", join(from, "controller-tools/envtest/link"));
    const tar = execFileSync("tar", ["-C", from, "-cf", "-", "controller-tools"]);
    for (const size of [7, 512, 1000, tar.length]) {
      const folder = join(to, String(size));
      mkdirSync(folder);
      await extractFiles(inChunks(tar, size), folder);
      assert.deepEqual(readdirSync(folder).sort(), ["etcd", "kubectl"]);
      assert.deepEqual(readFileSync(join(folder, "etcd")), big);
      assert.equal(statSync(join(folder, "etcd")).mode & 0o111, 0o111);
    }
  });

  it("says that an archive is cut off", async (t) => {
    const { from, to } = setUp(t);
    writeFileSync(join(from, "etcd"), "x".repeat(5000));
    const tar = execFileSync("tar", ["-C", from, "-cf", "-", "etcd"]);
    await assert.rejects(extractFiles(inChunks(tar.subarray(0, 2000), 100), to), /ends in the middle of a file/);
  });
});
