import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { readGoProgram } from "./go-program.ts";
import { provideAssets } from "./provide.ts";
import { hostPlatform } from "./store.ts";
import { listeningProgress, serveEnvtest, temporaryFolder } from "./testing/envtest-site.ts";

/** Stands in for Go: it names packages as `go build -v` does, and writes what it is asked for. */
const FAKE_GO = `#!/bin/sh
echo "$@" >> "$HOME/calls"
case $1 in
list) echo a; echo b ;;
build)
  [ -e "$HOME/broken" ] && { echo "# a" >&2; echo "main.go:1: no good" >&2; exit 1; }
  echo a >&2; echo k8s.io/b >&2
  while [ "$1" != -o ]; do shift; done
  echo built > "$2" ;;
esac
`;

function setUp(t: TestContext, { go }: { readonly go: boolean }) {
  const home = temporaryFolder(t);
  const bin = join(home, "bin");
  mkdirSync(bin);
  if (go) {
    writeFileSync(join(bin, "go"), FAKE_GO);
    chmodSync(join(bin, "go"), 0o755);
  }
  const env = { HOME: home, XDG_DATA_HOME: join(home, "data"), PATH: `${bin}:/bin`, CONTROL_PLANE_INDEX_URL: "none" };
  const { said, progress } = listeningProgress();
  const calls = () => (existsSync(join(home, "calls")) ? readFileSync(join(home, "calls"), "utf8") : "");
  return {
    home,
    env,
    progress,
    said,
    calls,
    provide: () => provideAssets(["kube-controller-manager"], { env, progress }),
  };
}

describe("providing the programs", () => {
  it("builds them with Go where nothing else has them, once, and says how far it is", async (t) => {
    const { provide, said, calls } = setUp(t, { go: true });
    const { kubernetes } = readGoProgram().versions;
    const assets = await provide();
    assert.equal(readFileSync(assets["kube-controller-manager"] ?? "", "utf8"), "built\n");
    assert.match(said[0] ?? "", new RegExp(`^building Kubernetes ${kubernetes} and etcd .* about ten minutes`));
    assert.ok(said.includes("building the control plane 0.5") && said.includes("building the control plane 1"));
    assert.match(calls(), new RegExp(`^build .*gitVersion=v${kubernetes}( |$)`, "m"));
    const before = calls();
    assert.deepEqual(await provide(), assets);
    assert.equal(calls(), before);
  });

  it("prefers a download to a build, once, where no controller manager is needed", async (t) => {
    const { env, progress, calls, said } = setUp(t, { go: true });
    const version = readGoProgram().versions.kubernetes;
    const indexUrl = await serveEnvtest(t, { version, platform: hostPlatform() });
    const provide = () => provideAssets([], { env: { ...env, CONTROL_PLANE_INDEX_URL: indexUrl }, progress });
    const { etcd } = await provide();
    assert.equal(readFileSync(etcd, "utf8"), "I am etcd");
    assert.equal(calls(), "");
    assert.ok(said.some((line) => line.startsWith(`downloaded Kubernetes ${version} for tests`)));
    said.length = 0;
    assert.equal((await provide()).etcd, etcd);
    assert.deepEqual(said, []);
  });

  it("lets two builders at once build one time", async (t) => {
    const { provide, calls, said } = setUp(t, { go: true });
    const [first, second] = await Promise.all([provide(), provide()]);
    assert.deepEqual(first, second);
    assert.equal(calls().match(/^build /gm)?.length, 1);
    assert.ok(said.includes("another process builds the control plane: waiting for it"));
  });

  it("lists all that was tried: the variables, the store, the download, the build", async (t) => {
    const { provide } = setUp(t, { go: false });
    await assert.rejects(provide(), (error: Error) => {
      const lines = error.message.split("\n");
      assert.match(lines[1] ?? "", /^ {2}- the variables KUBEBUILDER_ASSETS and TEST_ASSET_\*: no etcd/);
      assert.match(lines[2] ?? "", /^ {2}- the local store, .*: no etcd/);
      assert.match(lines[3] ?? "", /^ {2}- a download .*: (forbidden by CONTROL_PLANE_INDEX_URL|its archives have no)/);
      assert.match(lines[4] ?? "", /^ {2}- a build from Go modules in .*: Go is not installed/);
      assert.match(lines[5] ?? "", /^what to do: /);
      return true;
    });
  });

  it("shows the end of a failed build, and builds anew the next time", async (t) => {
    const { home, provide } = setUp(t, { go: true });
    writeFileSync(join(home, "broken"), "");
    await assert.rejects(
      provide(),
      /a build from Go modules .*: go build ended with code 1:\n# a\nmain\.go:1: no good/,
    );
    rmSync(join(home, "broken"));
    assert.ok((await provide()).etcd);
  });
});
