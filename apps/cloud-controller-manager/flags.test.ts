import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const DEVIATIONS = new URL("../../docs/deviations.md", import.meta.url);

/** Runs the command itself, to its end. */
function run(...args: readonly string[]) {
  return new Promise<{ readonly stdout: string; readonly stderr: string; readonly code: unknown }>((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: { PATH: "" } }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, code: error?.code ?? 0 });
    });
  });
}

/** The flags that the Go CCM has, with its defaults; "" is none. */
const FORMER: Readonly<Record<string, string>> = {
  "cloud-provider": "cce",
  "cloud-config": "",
  kubeconfig: "",
  master: "",
  "allocate-node-cidrs": "false",
  "configure-cloud-routes": "true",
  "cluster-cidr": "",
  "cluster-name": "kubernetes",
  "route-reconciliation-period": "10s",
  "node-monitor-period": "5s",
  "node-status-update-frequency": "5m0s",
  "concurrent-service-syncs": "1",
  controllers: "*",
  "controller-start-interval": "0s",
  "min-resync-period": "12h0m0s",
  "leader-elect": "true",
  "leader-elect-lease-duration": "15s",
  "leader-elect-renew-deadline": "10s",
  "leader-elect-retry-period": "2s",
  "leader-elect-resource-lock": "endpoints",
  "leader-elect-resource-name": "cloud-controller-manager",
  "leader-elect-resource-namespace": "kube-system",
  "kube-api-qps": "20",
  "kube-api-burst": "30",
  "kube-api-content-type": "application/vnd.kubernetes.protobuf",
  "use-service-account-credentials": "false",
  "allow-untagged-cloud": "false",
  "cidr-allocator-type": "RangeAllocator",
  "external-cloud-volume-plugin": "",
  "secure-port": "10258",
  "cert-dir": "",
  "tls-cert-file": "",
  "tls-private-key-file": "",
  "tls-cipher-suites": "",
  "tls-min-version": "",
  "tls-sni-cert-key": "",
  "bind-address": "0.0.0.0",
  "authentication-kubeconfig": "",
  "authentication-skip-lookup": "false",
  "authentication-token-webhook-cache-ttl": "10s",
  "authorization-kubeconfig": "",
  "authorization-webhook-cache-authorized-ttl": "10s",
  "authorization-webhook-cache-unauthorized-ttl": "10s",
  "client-ca-file": "",
  "requestheader-client-ca-file": "",
  "requestheader-allowed-names": "",
  "requestheader-username-headers": "x-remote-user",
  "requestheader-group-headers": "x-remote-group",
  "requestheader-extra-headers-prefix": "x-remote-extra-",
  profiling: "true",
  "contention-profiling": "false",
  "feature-gates": "",
  vmodule: "",
};

/** Other defaults on purpose; each in docs/deviations.md. */
const OTHERWISE: Readonly<Record<string, string>> = {
  "concurrent-service-syncs": "100",
  "kube-api-qps": "500",
  "kube-api-burst": "1000",
  "leader-elect-resource-lock": "leases",
};

/** A manifest's line with every flag whose value the Go CCM's own manifests, or somebody's, could set. */
const MANIFEST: readonly string[] = [
  "--cloud_config=/no/such",
  "--cloud-provider=cce",
  "--master=https://10.0.0.1:6443",
  "--allocate-node-cidrs=true",
  "--cluster-cidr=172.16.0.0/16,fd00::/56",
  "--cluster-name=cce-1",
  "--route-reconciliation-period=50s",
  "--concurrent-service-syncs=1",
  "--controllers=cloud-node,cloud-node-lifecycle,service,route",
  "--use-service-account-credentials",
  "--allow-untagged-cloud=true",
  "--leader-elect=false",
  "--kube-api-qps=20",
  "--kube-api-burst=30",
  "--kube-api-content-type=application/json",
  "--secure-port=10258",
  "--port=0",
  "--profiling=false",
  "--v=2",
  "--vmodule=x=1",
  "--logtostderr",
  "--alsologtostderr=false",
  "--skip-headers=true",
  "--skip-log-headers",
  "--add-dir-header=false",
  "--stderrthreshold=2",
  "--log-dir=/var/log",
  "--log-file=",
  "--log-file-max-size=1800",
  "--log-backtrace-at=:0",
];

describe("row 4: the command line of the Go CCM", () => {
  it("row 4: has each flag with the same default, or with one that the deviations explain", async () => {
    const { stdout } = await run("--help");
    const defaults = new Map(
      [...stdout.matchAll(/^ +--([\w-]+) <value> .*?(?:\(default (.*)\))?$/gm)].map(([, name, value = ""]) => [
        name,
        value,
      ]),
    );
    const expected = { ...FORMER, ...OTHERWISE };
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, defaults.get(name)])), expected);
  });

  it("row 4: explains each default that differs", () => {
    const page = readFileSync(DEVIATIONS, "utf8");
    for (const [name, value] of Object.entries(OTHERWISE)) {
      assert.notEqual(FORMER[name], value);
      assert.ok(
        page.split("\n").some((row) => row.includes(name) && row.includes(value)),
        `docs/deviations.md: no row with --${name} and ${value}`,
      );
    }
  });

  it("row 4: is taken as it stands in a manifest: only the missing file is in its way", async () => {
    const { stderr, code } = await run(...MANIFEST);
    assert.equal(stderr, "cloud-controller-manager: --cloud-config /no/such: no such file\n");
    assert.equal(code, 1);
  });

  const refused: readonly (readonly [flag: string, words: string])[] = [
    ["--cloud-provider=aws", 'unknown cloud provider "aws": expected "cce"'],
    ["--leader-elect-resource-lock=endpoints", 'resourceLock value must be "leases"'],
    ["--port=10253", '--port "10253": expected 0; see --secure-port'],
    ["--logtostderr=maybe", '--logtostderr "maybe": expected true or false'],
  ];
  for (const [flag, words] of refused) {
    it(`row 4: refuses ${flag} in one line`, async () => {
      const { stderr, code } = await run("--cloud-config=/no/such", flag);
      assert.equal(stderr, `cloud-controller-manager: ${words}\n`);
      assert.equal(code, 2);
    });
  }

  it("row 4: --version shows the version, which crashed the Go CCM", async () => {
    assert.deepEqual(await run("--version"), { stdout: "0.1.0\n", stderr: "", code: 0 });
  });
});
