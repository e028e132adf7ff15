/** What deploy/ has for pulling images, held against the programs that it deploys. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { createProgram, run, VERSION } from "../apps/credential-provider/program.ts";
import { parsePullSecretsConfig } from "../packages/image-registry/pull-secrets/config.ts";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly rules?: readonly { readonly resources: readonly string[]; readonly resourceNames?: readonly string[] }[];
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}
interface Container {
  readonly image: string;
  readonly args?: readonly string[];
  readonly ports?: readonly { readonly containerPort: number }[];
}
interface PodSpec {
  readonly serviceAccountName?: string;
  readonly securityContext?: { readonly runAsUser?: number };
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
}

const manifests = (file: string) =>
  parseAllDocuments(read(`deploy/${file}`)).map((document) => document.toJS() as Manifest);
const only = (file: string) => manifests(file)[0] ?? assert.fail(file);
const WORKLOADS = ["pull-secret-controller.yaml", "credential-provider-daemonset.yaml"];

const GUIDES = ["docs/image-pulls.md", "docs/image-pulls.zh.md"];

/** What the program prints for a command line. */
async function printed(argv: readonly string[]): Promise<string> {
  let text = "";
  const out = (more: string) => {
    text += more;
  };
  assert.equal(await run(argv, { out, err: (line: string) => assert.fail(line) } as never), 0);
  return text;
}

/** The flags of a command of the program, with their defaults. */
function flagsOf(name: string): ReadonlyMap<string, unknown> {
  const command = createProgram({} as never).commands.find((one) => one.name() === name) ?? assert.fail(name);
  return new Map(command.options.map(({ long = "", defaultValue }) => [long, defaultValue]));
}

describe("the manifests for pulling images", () => {
  it("name the image that their Dockerfile makes, of this version", () => {
    const dockerfile = read("deploy/credential-provider.Dockerfile");
    for (const file of WORKLOADS) {
      const { containers, initContainers = [] } = only(file).spec.template.spec;
      for (const { image } of [...containers, ...initContainers]) {
        assert.ok(image.endsWith(`:${VERSION}`), `${file}: ${image}`);
        assert.ok(dockerfile.includes(`-t ${image} `), `${file} names ${image}`);
      }
    }
    const [, bundle, installed = ""] = /COPY --from=build \/src\/dist\/(\S+)\.mjs (\S+)/.exec(dockerfile) ?? [];
    assert.equal(bundle, "credential-provider");
    assert.ok(dockerfile.includes(`ENTRYPOINT ["node", "${installed}"]`));
    assert.ok(read("deploy/credential-provider-daemonset.yaml").includes(`cp ${installed} `));
  });

  it("start the controller with flags that it has, at the port that it serves, as the account that has the rights", () => {
    const { serviceAccountName, containers, securityContext } = only("pull-secret-controller.yaml").spec.template.spec;
    const [{ args = [], ports } = assert.fail()] = containers;
    const [command, ...rest] = args;
    const flags = flagsOf(command ?? "");
    for (const flag of rest) assert.ok(flags.has(flag.split("=")[0] ?? ""), flag);
    assert.deepEqual(
      ports?.map(({ containerPort }) => String(containerPort)),
      [flags.get("--port")],
    );
    const accounts = manifests("rbac-pull-secrets.yaml").filter(({ kind }) => kind === "ServiceAccount");
    assert.deepEqual(
      accounts.map(({ metadata }) => metadata.name),
      [serviceAccountName],
    );
    const user = /USER (\d+):/.exec(read("deploy/credential-provider.Dockerfile"))?.[1];
    assert.equal(String(securityContext?.runAsUser), user);
  });

  it("install an executable that starts the program with the kubelet's flags, whole or not at all", (t) => {
    const folder = mkdtempSync(join(tmpdir(), "install-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const [install] = only("credential-provider-daemonset.yaml").spec.template.spec.initContainers ?? [];
    const script = (install?.args?.[0] ?? assert.fail())
      // A node that says what it is started with, and a folder of ours in place of the machine's.
      .replaceAll("/usr/local/bin/node", "/bin/echo")
      .replaceAll("/usr/local/lib/credential-provider.mjs", fileURLToPath(import.meta.url))
      .replaceAll(/\/host|\/opt\/credential-provider/g, folder);
    // Again, as after an update.
    for (let time = 0; time < 2; time++) execFileSync("sh", ["-ec", script]);
    assert.deepEqual(readdirSync(folder).toSorted(), ["bin", "credential-provider.mjs", "node"]);
    assert.deepEqual(readdirSync(join(folder, "bin")), ["credential-provider"]);
    const said = execFileSync(join(folder, "bin", "credential-provider"), ["--a=b c"], { encoding: "utf8" });
    assert.equal(said, `${folder}/credential-provider.mjs --a=b c\n`);
  });

  it("have a ConfigMap that the controller understands, where it looks, and rights to the Secret that it names", () => {
    const { metadata, data = {} } = only("pull-secrets-config.yaml");
    const flags = flagsOf("pull-secrets");
    assert.deepEqual([metadata.namespace, metadata.name], [flags.get("--namespace"), flags.get("--config-map")]);
    const { secretName, defaultServiceAccounts } = parsePullSecretsConfig(data["config.yaml"] ?? "");
    const named = (resource: string) =>
      manifests("rbac-pull-secrets.yaml")
        .flatMap(({ rules = [] }) => rules)
        .filter(({ resources, resourceNames }) => resources.includes(resource) && resourceNames)
        .flatMap(({ resourceNames = [] }) => resourceNames);
    assert.deepEqual(named("secrets"), [secretName]);
    assert.deepEqual(named("configmaps"), [metadata.name]);
    assert.deepEqual([defaultServiceAccounts, named("serviceaccounts")], [true, ["default"]]);
  });
});

describe("the guide to pulling images", () => {
  for (const guide of GUIDES) {
    it(`shows what the program prints: ${guide}`, async () => {
      const commands = [...read(guide).matchAll(/\$ credential-provider (config [^\n|]*)(?: \| tee \S+)?\n/g)];
      assert.equal(commands.length, 2);
      // In a list, a block is further to the right.
      const flush = (text: string) => text.replaceAll(/^ +/gm, "");
      for (const [, command = ""] of commands) {
        const shown = flush(await printed(command.trim().split(" ")));
        assert.ok(flush(read(guide)).includes(shown), command);
      }
    });

    it(`names each key of the config with its default, each Event and each metric: ${guide}`, () => {
      const text = read(guide);
      const { registries: _, ...defaults } = parsePullSecretsConfig("registries: [registry.baidubce.com]");
      for (const [key, value] of Object.entries(defaults)) {
        const shown = typeof value === "string" ? value : JSON.stringify(value);
        assert.match(text, new RegExp(`\\| \`${key}\` +\\| \`${shown.replace(/[[\]{}]/g, "\\$&")}\` +\\|`), key);
      }
      const sources = ["controller.ts", "source.ts", "metrics.ts", "objects.ts"].map((file) =>
        read(`packages/image-registry/pull-secrets/${file}`),
      );
      const names = sources.join("\n").matchAll(/"(Pull[A-Z]\w+|pull_secret_\w+|image-registry\.ccm\/pull-secret)"/g);
      const wanted = new Set([...names].map(([, name = ""]) => name).filter((name) => !name.endsWith("Error")));
      assert.ok(wanted.size >= 9, [...wanted].join());
      for (const name of wanted) assert.ok(text.includes(`\`${name}`), name);
    });

    it(`names files of deploy/ that are there: ${guide}`, () => {
      const files = [...read(guide).matchAll(/deploy\/([\w.-]+\.(?:yaml|Dockerfile))/g)].map(([, file = ""]) => file);
      assert.ok(files.length > 4);
      for (const file of files) assert.ok(read(`deploy/${file}`).length > 0);
    });
  }
});
