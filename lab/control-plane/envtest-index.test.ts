import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stringify } from "yaml";
import { chooseArchive } from "./envtest-index.ts";

const LINUX = { os: "linux", arch: "amd64" };
const HASH = "ab".repeat(64);

const release = (version: string, ...platforms: readonly string[]) => [
  `v${version}`,
  Object.fromEntries(
    platforms.map((platform) => [
      `envtest-v${version}-${platform}.tar.gz`,
      { hash: HASH, selfLink: `https://example.com/${version}-${platform}` },
    ]),
  ),
];
const index = (...releases: readonly (readonly unknown[])[]) =>
  stringify({ releases: Object.fromEntries(releases as readonly (readonly [string, unknown])[]) });

describe("choosing an archive of envtest", () => {
  it("takes the newest release of the series that this platform has, and no pre-release", () => {
    const text = index(
      release("1.36.9", "linux-amd64"),
      release("1.37.2", "linux-amd64", "darwin-arm64"),
      release("1.37.10", "linux-amd64"),
      release("1.37.11", "darwin-arm64"),
      release("1.37.12-rc.1", "linux-amd64"),
    );
    assert.deepEqual(chooseArchive(text, "1.37", LINUX), {
      version: "1.37.10",
      url: "https://example.com/1.37.10-linux-amd64",
      sha512: HASH,
    });
    assert.equal(chooseArchive(text, "1.38", LINUX), undefined);
    assert.equal(chooseArchive(text, "1.37", { os: "linux", arch: "riscv64" }), undefined);
  });

  it("says what is wrong with a text that is no index", () => {
    assert.throws(() => chooseArchive("<html>", "1.37", LINUX), /the index: expected a mapping/);
    assert.throws(() => chooseArchive("releases: 3", "1.37", LINUX), /releases: expected a mapping/);
    const noHash = index(["v1.37.2", { "envtest-v1.37.2-linux-amd64.tar.gz": { selfLink: "https://example.com/a" } }]);
    assert.throws(() => chooseArchive(noHash, "1.37", LINUX), /linux-amd64\.tar\.gz: hash: expected a SHA-512/);
  });
});
