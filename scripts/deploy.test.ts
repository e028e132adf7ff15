/** What deploy/ has, held against the program that it deploys. */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { describe, it } from "node:test";
import {
  ANNOTATIONS,
  description,
  FORMER_FLAGS,
  formerConfig,
  formerFlags,
  formerNames,
  PROVIDER_NAME,
  serviceTags,
} from "@ccm/baiducloud";
import { parseFlags } from "@ccm/cloud-provider";
import { parse, parseAllDocuments } from "yaml";

const ROOT = new URL("../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly selector: object; readonly template: { readonly spec: PodSpec } };
}
interface PodSpec {
  readonly affinity?: object;
  readonly serviceAccountName: string;
  readonly tolerations: readonly { readonly key: string }[];
  readonly containers: readonly [{ readonly image: string; readonly args: readonly string[] }];
}

const VERSION = (JSON.parse(read("apps/cloud-controller-manager/package.json")) as { version: string }).version;
const WORKLOADS = ["deployment.yaml", "daemonset.yaml"];
const workload = (file: string) => parse(read(`deploy/${file}`)) as Workload;

describe("row 41: the manifests", () => {
  it("row 41: have the same Pod in the DaemonSet as in the Deployment, which needs no second one beside it", () => {
    const [deployment, daemonSet] = WORKLOADS.map((file) => workload(file).spec.template);
    const { affinity, ...spec } = deployment?.spec ?? assert.fail();
    assert.ok(affinity, "two of a Deployment's Pods would want the same port of a node");
    assert.deepEqual(daemonSet, { ...deployment, spec });
  });

  for (const file of WORKLOADS) {
    it(`row 41: start this version with flags that it takes, where new nodes can have it: ${file}`, () => {
      const { containers, tolerations, serviceAccountName } = workload(file).spec.template.spec;
      const [{ image, args }] = containers;
      assert.ok(image.endsWith(`:${VERSION}`), image);
      const known = { command: "ccm", description: "", version: VERSION, cloudProvider: PROVIDER_NAME };
      const flags = parseFlags(args, { ...known, formerFlags: FORMER_FLAGS });
      assert.ok(flags.kind === "run");
      const { cloudConfig, allocateNodeCidrs, clusterCidr } = flags.config;
      assert.deepEqual([cloudConfig, allocateNodeCidrs, clusterCidr], ["/etc/cloud/cloud.yaml", true, "10.244.0.0/16"]);
      assert.equal(new Set(args.map((arg) => arg.split("=")[0])).size, args.length, "no flag stands there twice");
      assert.ok(tolerations.some(({ key }) => key === "node.cloudprovider.kubernetes.io/uninitialized"));
      const accounts = parseAllDocuments(read("deploy/rbac.yaml")).map((document) => document.toJS() as Workload);
      assert.ok(
        accounts.some(({ kind, metadata }) => kind === "ServiceAccount" && metadata.name === serviceAccountName),
      );
    });
  }

  it("row 41: name the image that the Dockerfile makes of what the build bundles", () => {
    const dockerfile = read("deploy/Dockerfile");
    for (const file of WORKLOADS) {
      const [{ image }] = workload(file).spec.template.spec.containers;
      assert.ok(dockerfile.includes(`-t ${image} `), `${file} names ${image}`);
    }
    const [, bundle = "", installed = ""] = /COPY --from=build \/src\/dist\/(\S+)\.mjs (\S+)/.exec(dockerfile) ?? [];
    assert.ok(statSync(new URL(`apps/${bundle}/main.ts`, ROOT)).isFile());
    assert.ok(dockerfile.includes(`ENTRYPOINT ["node", "${installed}"]`));
    const user = /USER (\d+):(\d+)/.exec(dockerfile)?.[1];
    assert.ok(read("deploy/deployment.yaml").includes(`runAsUser: ${user}\n`));
  });

  it("row 41: have a chart of the same version", () => {
    const { version, appVersion } = parse(read("deploy/helm/cloud-provider-baiducloud/Chart.yaml")) as Record<
      string,
      string
    >;
    assert.deepEqual([version, appVersion], [VERSION, VERSION]);
  });

  it("row 41: come with a page of every annotation, in English and Chinese", () => {
    const pages = ["docs/annotations.md", "docs/annotations.zh.md"].map(read);
    for (const { key } of Object.values(ANNOTATIONS)) {
      // Keys of the former CCM stand there without their prefix.
      const shown = key.replace(/^service\.beta\.kubernetes\.io\//, "");
      for (const page of pages) assert.ok(page.includes(`| \`${shown}\``), key);
    }
  });

  it("row 41: come with a guide that names every setting of the Go CCM that changes, in English and Chinese", () => {
    const config = ["MasterId", "NodeName", "NodeIP", "Debug", "Endpoint", "SubnetId", "AccessKeyID"];
    const text = JSON.stringify({
      ClusterId: "cce-1",
      Region: "bj",
      ...Object.fromEntries(config.map((key) => [key, "x"])),
    });
    const argv = [
      ...FORMER_FLAGS.map(({ name }) => `--${name}`),
      "--address=0.0.0.0",
      "--feature-gates=IPv6DualStack=true",
    ];
    const settings = [...formerConfig(text, "cloud.config"), ...formerFlags(argv, ["NODE_WORKERS"])];
    const names = settings.map(({ setting }) => setting).filter((name) => name !== "cloud.config");
    assert.ok(names.length > config.length + FORMER_FLAGS.length);
    for (const page of ["docs/migrate.md", "docs/migrate.zh.md"]) {
      const guide = read(page);
      for (const name of names) assert.ok(guide.includes(`\`${name}\``), `${page}: ${name}`);
    }
  });

  it("row 41: come with a guide to marks that are those of the code", () => {
    const uid = "11111111-2222-3333-4444-555555555555";
    const [third = "", second = ""] = formerNames("C", "N", "S", uid);
    const generic = (name: string, [cluster, namespace, service]: readonly [string, string, string]) =>
      name.replace("C/N/S", `<${cluster}>/<${namespace}>/<${service}>`);
    for (const [page, words] of [
      ["docs/migrate.md", ["cluster", "namespace", "name"]],
      ["docs/migrate.zh.md", ["集群", "命名空间", "名称"]],
    ] as const) {
      const guide = read(page);
      for (const name of [third, second]) assert.ok(guide.includes(`\`${generic(name, words)}\``), `${page}: ${name}`);
      assert.ok(guide.includes(`\`${description(`<${words[0]}>`)}\``), page);
      for (const { tagKey } of serviceTags("C", uid)) assert.ok(guide.includes(`\`${tagKey}\``), `${page}: ${tagKey}`);
    }
  });
});
