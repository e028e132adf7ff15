import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { seriesOf } from "../versions.ts";
import { AssetsError, findAssets } from "./assets.ts";
import { buildName, readGoProgram } from "./go-program.ts";
import { hostPlatform, type Store, userStore } from "./store.ts";

const ENVTEST = ["etcd", "kube-apiserver", "kubectl"];
const ALL = [...ENVTEST, "kube-controller-manager"];
const program = readGoProgram();
const series = seriesOf(program.versions.kubernetes);
const { os, arch } = hostPlatform();

function setUp(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), "assets-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const store: Store = { folder: join(root, "own"), envtestFolders: [join(root, "down"), join(root, "theirs")] };
  const folder = (path: string, names: readonly string[]) => {
    mkdirSync(join(root, path), { recursive: true });
    for (const name of names) writeFileSync(join(root, path, name), "");
    return join(root, path);
  };
  const built = () => folder(join("own", buildName(program)), ALL);
  const downloaded = (version: string) => folder(join("theirs", `${version}-${os}-${arch}`), ENVTEST);
  return { store, folder, built, downloaded };
}

describe("finding the programs", () => {
  it("prefers the folder of KUBEBUILDER_ASSETS, and a file of TEST_ASSET_* to that", (t) => {
    const { store, folder, built } = setUp(t);
    built();
    const given = folder("given", ENVTEST);
    const other = join(folder("other", ["etcd"]), "etcd");
    const found = findAssets([], { store, env: { KUBEBUILDER_ASSETS: given, TEST_ASSET_ETCD: other } });
    assert.equal(found["kube-apiserver"], join(given, "kube-apiserver"));
    assert.equal(found.etcd, other);
    assert.equal(found.kubectl, join(given, "kubectl"));
  });

  it("goes on to the store for what the given folder has not, and keeps a given file over the store's", (t) => {
    const { store, folder, built } = setUp(t);
    const own = built();
    const given = join(folder("given", ["kube-apiserver"]), "kube-apiserver");
    const env = { TEST_ASSET_KUBE_APISERVER: given };
    const found = findAssets(["kube-controller-manager"], { store, env });
    assert.equal(found["kube-apiserver"], given);
    assert.equal(found["kube-controller-manager"], join(own, "kube-controller-manager"));
  });

  it("takes its own build, or else the newest download of the same minor version", (t) => {
    const { store, built, downloaded } = setUp(t);
    downloaded("1.20.0");
    downloaded(`${series}.2`);
    const newest = downloaded(`${series}.10`);
    assert.equal(findAssets([], { store, env: {} }).etcd, join(newest, "etcd"));
    const own = built();
    assert.equal(findAssets([], { store, env: {} }).etcd, join(own, "etcd"));
  });

  it("lists what was tried when nothing has what is needed, and says what to do", (t) => {
    const { store, downloaded } = setUp(t);
    const folder = downloaded(`${series}.10`);
    assert.throws(
      () => findAssets(["kube-controller-manager"], { store, env: {} }),
      (error) => {
        assert.ok(error instanceof AssetsError);
        assert.match(error.message, /^no etcd, kube-apiserver, kube-controller-manager can be had:\n/);
        assert.match(error.message, /- the variables .*: no etcd, kube-apiserver, kube-controller-manager\n/);
        assert.ok(error.message.includes(`${folder}: no kube-controller-manager\n`));
        assert.match(error.message, /what to do: set KUBEBUILDER_ASSETS .* "npx cloudlab control-plane assets"/);
        return true;
      },
    );
  });

  it("refuses a variable that names nothing, rather than take another program", (t) => {
    const { store, built, folder } = setUp(t);
    built();
    const find = (env: Readonly<Record<string, string>>) => () => findAssets([], { store, env });
    assert.throws(find({ TEST_ASSET_ETCD: "/none/etcd" }), /TEST_ASSET_ETCD: \/none\/etcd: no such file/);
    const empty = folder("empty", []);
    assert.throws(find({ KUBEBUILDER_ASSETS: empty }), /KUBEBUILDER_ASSETS: .*empty: expected a folder with etcd/);
  });
});

it("keeps its store where the user's data is", () => {
  assert.match(userStore({ XDG_DATA_HOME: "/data" }).folder, /^\/data\//);
  assert.match(userStore({ HOME: "/home/a" }).folder, /^\/home\/a\/(\.local\/share|Library\/Application Support)\//);
});
