/** The real kubectl on a real API server, with kubeconfigs that the command gets from a simulated cloud. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type ClusterAccess, createSimulator } from "@ccm/baiducloud-simulator";
import { seededRandom } from "@ccm/base";
import { listen, systemClock } from "@ccm/base/node";
import { type ControlPlane, canHaveControlPlane, findKubectl, realControlPlane } from "@ccm/control-plane/node";
import { createCluster } from "./testing/cce.ts";

const BIN = fileURLToPath(new URL("../bin.mjs", import.meta.url));
const DAY_MS = 86_400_000;
const RBAC = "rbac.authorization.k8s.io/v1";
/** What CCE's roles come to, as far as the test looks. */
const READONLY = {
  apiVersion: RBAC,
  kind: "ClusterRole",
  metadata: { name: "cce-readonly" },
  rules: [{ apiGroups: [""], resources: ["services", "pods"], verbs: ["get", "list", "watch"] }],
};

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The control plane as the API server behind a cluster of the cloud. */
function accessTo(plane: ControlPlane): ClusterAccess {
  return {
    async issue({ user, groups, lifeMs }) {
      const minted = await plane.mintUser(user, groups, lifeMs / DAY_MS);
      const { certPem, keyPem, connection } = minted;
      return { server: plane.server, caPem: connection.tls.ca ?? "", certPem, keyPem };
    },
    async authorize({ user, grants }) {
      for (const { namespace } of grants) {
        await plane.apply(READONLY, {
          apiVersion: RBAC,
          kind: "RoleBinding",
          metadata: { name: `cce-${user}`, namespace },
          subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cce-readonly" },
        });
      }
    },
  };
}

async function start(t: TestContext) {
  if (!canHaveControlPlane(t, "kubectl")) return undefined;
  const program = findKubectl();
  const plane = await realControlPlane(t);
  if (!plane || !program) return undefined;
  const calls: string[] = [];
  const simulator = createSimulator({
    clock: systemClock,
    random: seededRandom("real"),
    eipPool: "127.101.0.0/16",
    timings: { cceClusterCreate: 1 },
    clusterAccess: accessTo(plane),
    onCall: ({ operation }) => void calls.push(operation ?? "unknown"),
  });
  const socket = await listen({ host: "127.0.0.1", port: 0, handler: simulator.handler });
  const folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  t.after(async () => {
    await socket.close();
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const plugin = join(folder, "kubectl-baiducloud");
  writeFileSync(plugin, `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  chmodSync(plugin, 0o755);
  const { accessKeyId, secretAccessKey } = simulator.credentials;
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    KUBECONFIG: join(folder, "config"),
    BCE_ACCESS_KEY_ID: accessKeyId,
    BCE_SECRET_ACCESS_KEY: secretAccessKey,
    BCE_ENDPOINT: `http://127.0.0.1:${socket.port}`,
  };
  const run = (file: string, ...args: string[]) =>
    new Promise<Ran>((resolve) => {
      const child = execFile(file, args, { env, timeout: 240_000 }, (_, out, err) => {
        resolve({ code: child.exitCode, out, err });
      });
    });
  return {
    folder,
    plugin,
    calls,
    cluster: await createCluster({ simulator, clock: systemClock }),
    ours: (...args: string[]) => run(plugin, ...args),
    kubectl: (...args: string[]) => run(program, ...args),
  };
}

it("50 commands of kubectl at once sign in through the plugin with one call of the cloud", async (t) => {
  const started = await start(t);
  if (!started) return;
  const { folder, plugin, calls, cluster, ours, kubectl } = started;
  const got = await ours("kubeconfig", "get", cluster, "--exec", "--exec-command", plugin, "--merge");
  assert.equal(got.code, 0, got.err);
  assert.equal(statSync(join(folder, "config")).mode & 0o777, 0o600);
  const cache = join(folder, ".cache/kubectl-baiducloud/credentials");
  rmSync(cache, { recursive: true });
  calls.length = 0;
  const all = await Promise.all(
    Array.from({ length: 50 }, () => kubectl("get", "--raw", "/api/v1/namespaces/default")),
  );
  for (const { code, out, err } of all) {
    assert.equal(code, 0, err);
    assert.equal(JSON.parse(out).metadata.name, "default");
  }
  assert.deepEqual(calls, ["GetKubeConfig"]);
  const [file = "", ...more] = readdirSync(cache);
  assert.deepEqual([more, statSync(join(cache, file)).mode & 0o777, statSync(cache).mode & 0o777], [[], 0o600, 0o700]);
  assert.ok(!readFileSync(join(folder, "config"), "utf8").includes("client-key-data"));
});

it("a temporary kubeconfig signs in with its role, and verify says who that is and what it may", async (t) => {
  const started = await start(t);
  if (!started) return;
  const { folder, cluster, ours, kubectl } = started;
  const file = join(folder, "temporary");
  const asked = ["get", cluster, "--role", "readonly", "--hours", "48", "-n", "default", "-o", file];
  const got = await ours("kubeconfig", ...asked);
  assert.equal(got.code, 0, got.err);
  const listed = await kubectl("--kubeconfig", file, "get", "services", "-o", "name");
  assert.deepEqual([listed.code, listed.out], [0, "service/kubernetes\n"], listed.err);
  const refused = await kubectl("--kubeconfig", file, "get", "secrets");
  assert.match(refused.err, /Forbidden.*cannot list resource "secrets"/);
  const { code, out } = await ours("kubeconfig", "verify", "--kubeconfig", file);
  assert.equal(code, 0, out);
  assert.match(out, /\nuser +lab-temp-1\n/);
  assert.match(out, /\ngroups +system:authenticated\n/);
  assert.match(out, /\ncertificate +until 20\S+Z, 47 h from now\n/);
  assert.match(out, /\npods +get list\n[\s\S]*\nsecrets +-\n/);
  const admin = await ours("kubeconfig", "get", cluster, "--merge");
  assert.equal(admin.code, 0, admin.err);
  const everything = await ours("kubeconfig", "verify", "-o", "json");
  assert.deepEqual([everything.code, JSON.parse(everything.out).everything], [0, true], everything.err);
});
