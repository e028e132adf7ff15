/** What deploy/ has for tenants, held against the program that it deploys. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { bundle } from "./bundle.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly ports: readonly { readonly containerPort: number }[];
}
interface Manifest {
  readonly kind: string;
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
}

const manifests = parseAllDocuments(read("deploy/tenant-operator.yaml")).map((one) => one.toJS() as Manifest);
const container =
  manifests.find(({ kind }) => kind === "Deployment")?.spec.template.spec.containers[0] ?? assert.fail("no container");

describe("the manifest of the tenant operator", () => {
  it("names the image that its Dockerfile makes, of this version, of a program that the build makes", () => {
    const { version } = JSON.parse(read("apps/tenant-operator/package.json")) as { version: string };
    const dockerfile = read("deploy/tenant-operator.Dockerfile");
    assert.ok(container.image.endsWith(`:${version}`), container.image);
    assert.ok(dockerfile.includes(`-t ${container.image} `), container.image);
    const [, app = "", file = ""] = /^COPY --from=build \/src\/dist\/(\S+)\.mjs (\S+)$/m.exec(dockerfile) ?? [];
    assert.ok(readdirSync(join(ROOT, "apps")).includes(app), app);
    assert.ok(dockerfile.endsWith(`ENTRYPOINT ["node", "${file}"]\n`), file);
  });

  it("gives only flags that the bundled program has, and opens the ports it is told", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tenant-operator-"));
    try {
      const file = join(folder, "tenant-operator.mjs");
      await bundle(join(ROOT, "apps/tenant-operator/main.ts"), file);
      const { stdout } = await run(process.execPath, [file, "--help"], { cwd: folder });
      for (const arg of container.args) assert.ok(stdout.includes(`${arg.split("=")[0]} <`), arg);
      const told = container.args.flatMap((arg) => /port=(\d+)$/.exec(arg)?.[1] ?? []).map(Number);
      assert.deepEqual(
        container.ports.map(({ containerPort }) => containerPort),
        told,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
