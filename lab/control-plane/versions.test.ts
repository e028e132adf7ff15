import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { compareVersions, seriesOf, versionLinkerFlags, versionsOf } from "./versions.ts";

const GO_MOD = readFileSync(new URL("./go/go.mod", import.meta.url), "utf8");

describe("the versions of the Go program", () => {
  it("are read from its go.mod, and a missing one is named", () => {
    const { kubernetes, etcd } = versionsOf(GO_MOD);
    assert.match(kubernetes, /^1\.\d+\.\d+$/);
    assert.match(etcd, /^3\.\d+\.\d+$/);
    assert.throws(() => versionsOf("module x\n"), /go\.mod: expected a line "k8s\.io\/kubernetes vX\.Y\.Z"/);
  });

  it("agree: each module of Kubernetes' own repository is replaced by the same release", () => {
    const expected = versionsOf(GO_MOD).kubernetes.replace(/^1\./, "v0.");
    const replaced = [...GO_MOD.matchAll(/^\t(\S+) => (\S+) (\S+)$/gm)];
    assert.ok(replaced.length >= 30, `${replaced.length} replace lines`);
    for (const [line, from, to, version] of replaced) assert.deepEqual([to, version], [from, expected], line);
  });

  it("are linked into what the components say of themselves", () => {
    const flags = versionLinkerFlags("1.37.2");
    assert.match(flags, /-X k8s\.io\/component-base\/version\.gitVersion=v1\.37\.2( |$)/);
    assert.match(flags, /-X k8s\.io\/component-base\/version\.gitMinor=37( |$)/);
  });
});

describe("comparing versions", () => {
  it("goes by number, and puts a pre-release before its release", () => {
    const sorted = ["1.37.10", "1.37.2", "1.9.0", "1.37.2-rc.1"].sort(compareVersions);
    assert.deepEqual(sorted, ["1.9.0", "1.37.2-rc.1", "1.37.2", "1.37.10"]);
    assert.equal(compareVersions("1.2.3", "1.2.3"), 0);
    assert.equal(seriesOf("1.37.2"), "1.37");
  });
});
