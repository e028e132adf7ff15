/** The pull secret controller as a program on a real API server, with no more rights than deploy/ gives it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { sleep } from "@ccm/base";
import { listen, systemClock } from "@ccm/base/node";
import { realControlPlane } from "@ccm/control-plane/node";
import { readDockerConfig } from "@ccm/image-registry";
import { createRegistryLab } from "@ccm/image-registry/testing";
import { EVENTS, type Event, hasCode, type KubeObject, LEASES, type Lease, SECRETS, type Secret } from "@ccm/kube";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const RBAC = new URL("../../deploy/rbac-pull-secrets.yaml", import.meta.url);
const CONFIG = new URL("../../deploy/pull-secrets-config.yaml", import.meta.url);
const HOME = "kube-system";
const NAME = "ccr-pull";
const ACCOUNTS = { group: "", version: "v1", plural: "serviceaccounts", kind: "ServiceAccount", namespaced: true };

async function waitFor<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = systemClock.monotonic() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    assert.ok(systemClock.monotonic() < deadline, `waited in vain until ${what}`);
    await sleep(systemClock, 20);
  }
}

function start(t: TestContext, flags: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MAIN, "pull-secrets", "--bind-address=127.0.0.1", "--port=0", ...flags], {
    env,
  });
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => lines.push(line));
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  t.after(() => child.kill("SIGKILL"));
  return { child, lines, ended };
}

describe("the pull secret controller on a real API server", () => {
  it("keeps Secrets of one name with the rights of deploy/ alone, refuses a stranger's, and gives its lease back", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const { client } = plane.admin;
    const lab = await createRegistryLab({ clientClock: systemClock });
    const cloud = await listen({ host: "127.0.0.1", port: 0, handler: lab.simulator.handler });
    t.after(async () => {
      await cloud.close();
      for (const path of [`secrets/${NAME}`, "configmaps/pull-secrets"]) {
        await plane.admin.request("DELETE", `/api/v1/namespaces/${HOME}/${path}`);
      }
    });
    await plane.apply(readFileSync(RBAC, "utf8"));
    // As it is in deploy/, but for the registry and the namespaces.
    const config = readFileSync(CONFIG, "utf8")
      .replace("ccr-1a2b3c4d-vpc.cnc.bj.baidubce.com", lab.host)
      .replace("namespaces: [default]", "namespaces: [pull-a, pull-b]");
    await plane.apply(config);
    for (const name of ["pull-a", "pull-b", "pull-c"]) {
      await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
      await client.create(ACCOUNTS, { metadata: { namespace: name, name: "default" } });
    }
    const strangers = { metadata: { namespace: "pull-b", name: NAME }, data: { a: "Yg==" } };
    await client.create(SECRETS, strangers);
    const user = await plane.mintUser("system:serviceaccount:kube-system:pull-secret-controller", []);
    const { accessKeyId, secretAccessKey } = lab.simulator.credentials;
    const env = { BCE_ACCESS_KEY_ID: accessKeyId, BCE_SECRET_ACCESS_KEY: secretAccessKey };
    const flags = [`--kubeconfig=${user.kubeconfigFile}`, `--endpoint=http://127.0.0.1:${cloud.port}`];
    const { child, lines, ended } = start(t, flags, env);

    const find = (namespace: string) =>
      client.get<Secret>(SECRETS, { namespace, name: NAME }).catch((error: unknown) => {
        if (!hasCode(error, "not_found")) throw error;
        return undefined;
      });
    const made = await waitFor(`pull-a has its Secret: ${lines.join("\n")}`, () => find("pull-a"));
    const text = Buffer.from(made.data?.[".dockerconfigjson"] ?? "", "base64").toString("utf8");
    const [entry] = readDockerConfig(text, "pull-a");
    assert.equal(await lab.pull(entry?.credential ?? assert.fail()), "pulled");
    const refers = async (namespace: string) => {
      const account = await client.get<KubeObject & { imagePullSecrets?: unknown }>(ACCOUNTS, {
        namespace,
        name: "default",
      });
      return account.imagePullSecrets;
    };
    assert.deepEqual(await waitFor("the account refers to it", () => refers("pull-a") as Promise<object>), [
      { name: NAME },
    ]);
    const event = await waitFor("the stranger is told", async () => {
      const { items } = await client.list<Event>(EVENTS, { namespace: "pull-b" });
      return items.find(({ reason }) => reason === "PullSecretRefused");
    });
    assert.match(event.message ?? "", /^Not ours: it has no label image-registry\.ccm\/pull-secret=managed\./);
    assert.deepEqual((await find("pull-b"))?.data, strangers.data);
    assert.deepEqual([await refers("pull-b"), await find("pull-c")], [undefined, undefined]);

    // What somebody changes is put back; what is no longer wanted goes, with what refers to it.
    await client.patch(
      SECRETS,
      { namespace: "pull-a", name: NAME },
      { type: "merge", body: { data: { more: "Yg==" } } },
    );
    await waitFor("the change is taken back", async () => Object.keys((await find("pull-a"))?.data ?? {}).length === 1);
    await plane.apply(config.replace("[pull-a, pull-b]", "[pull-c]"));
    await waitFor("the Secret has moved", async () => !(await find("pull-a")) && (await find("pull-c")) !== undefined);
    assert.deepEqual((await refers("pull-a")) ?? [], []);

    const port = /port[=:" ]+(\d+)/.exec(lines.find((line) => line.includes("/metrics")) ?? "")?.[1];
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    assert.match(metrics, new RegExp(`pull_secret_refreshes_total\\{registry="${lab.instanceId} in bj"\\} 1\\n`));
    // The Secret that is copied and two copies; nothing is written twice because a watch is slow.
    const writes = { create: 3, refer: 2, update: 1, delete: 1, unrefer: 1 };
    for (const [what, times] of Object.entries(writes)) {
      assert.ok(metrics.includes(`pull_secret_writes_total{what="${what}"} ${times}\n`), metrics);
    }
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
    child.kill("SIGTERM");
    assert.equal(await ended, 0);
    const lease = await client.get<Lease>(LEASES, { namespace: HOME, name: "pull-secret-controller" });
    assert.equal(lease.spec?.holderIdentity ?? "", "", "the next one need not wait for it to expire");
    assert.ok(!lines.some((line) => line.includes(secretAccessKey)));
    assert.deepEqual(
      lines.filter((line) => /forbidden|error/i.test(line)),
      [],
      "it has all the rights that it needs",
    );
  });
});
