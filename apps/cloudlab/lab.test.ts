import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { findKubectl } from "@ccm/control-plane/node";
import { EVENTS, listAll, NAMESPACES, SERVICES } from "@ccm/kube";
import { TENANTS } from "@ccm/tenancy";
import { addressOf } from "./check.ts";
import { CLUSTER_ID, EXAMPLE, type Lab, startLab } from "./lab.ts";
import { applyManifest } from "./manifests.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const KUBECTL_BAIDUCLOUD = fileURLToPath(new URL("../kubectl-baiducloud/main.ts", import.meta.url));
const run = promisify(execFile);

async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
  const deadline = systemClock.monotonic() + limitMs;
  while (!(await condition())) {
    assert.ok(systemClock.monotonic() < deadline, `waited ${limitMs / 1000} s in vain until ${what}`);
    await sleep(systemClock, 20);
  }
}

const hasAddress = (lab: Lab) => addressOf(lab.services.get("default/nginx")) !== undefined;

interface Running {
  output(): string;
  /** Sends the signal and resolves to the exit code. */
  interrupt(signal: NodeJS.Signals): Promise<number | null>;
}

/** Runs a command of cloudlab beside the test, and ends it whatever happens. */
async function withCommand(args: readonly string[], test: (running: Running) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  try {
    await test({
      output: () => output,
      interrupt(signal) {
        child.kill(signal);
        return ended;
      },
    });
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

describe("the lab with real processes", () => {
  it("runs the main job from end to end and prints its result as the last line", async () => {
    const { stdout } = await run(process.execPath, [MAIN, "up", "--check"], { timeout: 120_000 });
    const result = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
    const { ok, nodes, requests, leaked } = result;
    assert.deepEqual({ ok, nodes, requests, leaked }, { ok: true, nodes: 3, requests: 20, leaked: 0 });
    assert.ok(Number(result.secondsToAddress) < 10, `the address took ${result.secondsToAddress} s`);
  });

  it("ends with one load balancer and one address when the CCM is killed while it makes the first", async () => {
    let kill: () => void = () => {};
    const lab = await startLab({
      nodeCount: 3,
      print: () => {},
      onCloud: (event) => {
        if (event.kind === "blb.created") kill();
      },
    });
    try {
      const first = lab.ccm;
      let killed = false;
      kill = () => {
        if (!killed) process.kill(first.pid, "SIGKILL");
        killed = true;
      };
      await applyManifest(lab.client, EXAMPLE);
      assert.equal(await first.ended, "was ended by SIGKILL");
      lab.restartCcm();
      await until("the Service has an address", () => hasAddress(lab));
      const { blbs, eips } = lab.cloud.simulator.inventory();
      assert.deepEqual([blbs.length, eips.length], [1, 1]);
    } finally {
      await lab.close();
    }
  });

  it("leaves no process, port or folder behind after Ctrl-C", async () => {
    await withCommand(["up"], async ({ output, interrupt }) => {
      await until("the curl line is printed", () => /curl http:\/\/\S+/.test(output()));
      const folder = /KUBECONFIG=(\S+)\/kubeconfig/.exec(output())?.[1] ?? "";
      const ccmPid = Number(/pid (\d+)/.exec(output())?.[1]);
      const api = /https:\/\/127\.0\.0\.1:\d+/.exec(output())?.[0] ?? "";
      assert.ok(existsSync(folder));
      assert.ok(ccmPid > 0);
      assert.equal(await interrupt("SIGINT"), 0);
      assert.equal(existsSync(folder), false, "the folder is gone");
      assert.throws(() => process.kill(ccmPid, 0), "the CCM is gone");
      await assert.rejects(fetch(`${api}/`), "the port is closed");
    });
  });

  it("lets a real kubectl in with the kubeconfig it names, over TLS", async (t) => {
    const kubectl = findKubectl();
    if (!kubectl) return t.skip("no kubectl 1.30 or newer, neither of lab/control-plane nor on PATH");
    await withCommand(["kube", "--port", "0"], async ({ output, interrupt }) => {
      await until("a line is printed", () => output().includes("\n"));
      const { kubeconfig } = JSON.parse(output()) as { kubeconfig: string };
      const { stdout } = await run(kubectl, ["--kubeconfig", kubeconfig, "get", "namespaces", "-o", "name"]);
      assert.match(stdout, /^namespace\/default$/m);
      assert.equal(await interrupt("SIGTERM"), 0);
    });
  });

  it("is a cluster of CCE to whoever has the cloud's keys: with kubeconfigs, for some hours and with less rights", async (t) => {
    const kubectl = findKubectl();
    if (!kubectl) return t.skip("no kubectl 1.30 or newer, neither of lab/control-plane nor on PATH");
    const lab = await startLab({ nodeCount: 1, print: () => {} });
    const folder = await mkdtemp(join(tmpdir(), "lab-cluster-"));
    try {
      const get = (file: string, ...flags: string[]) =>
        run(process.execPath, [
          KUBECTL_BAIDUCLOUD,
          ...["kubeconfig", "get", CLUSTER_ID, "--cloud-config", lab.cloudConfig, "-o", join(folder, file), ...flags],
        ]);
      const as = (file: string, ...words: string[]) =>
        run(kubectl, ["--kubeconfig", join(folder, file), ...words]).then(
          ({ stdout }) => stdout.trim(),
          ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) => `${stdout}${stderr}`.trim(),
        );
      await get("own");
      await get("friend", "--role", "readonly", "--hours", "1", "-n", "default");
      await get("plugin", "--exec", "--exec-command", "false");
      assert.equal(await as("own", "get", "nodes", "-o", "name"), "node/node-1");
      assert.equal(await as("friend", "get", "services", "-o", "name"), "service/kubernetes");
      assert.match(await as("friend", "get", "nodes"), /User "lab-temp-1" cannot get resource "nodes"/);
      assert.match(await as("friend", "auth", "can-i", "delete", "services"), /^no/);
      assert.match(await as("plugin", "get", "nodes"), /getting credentials: exec: executable false failed/);
    } finally {
      await lab.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("keeps what a Tenant may have in the cloud within its limits", async () => {
    const lab = await startLab({ nodeCount: 1, print: () => {} });
    try {
      const spec = { cloud: { maxLoadBalancers: 1 } };
      await lab.client.create(TENANTS, { metadata: { name: "blue" }, spec });
      await assert.rejects(
        lab.client.create(TENANTS, { metadata: { name: "red" }, spec: { cloud: { maxLoadBalancers: -1 } } }),
        /"red" is invalid: spec\.cloud\.maxLoadBalancers: Invalid value: -1/,
      );
      await lab.client.create(NAMESPACES, {
        metadata: { name: "blue-web", labels: { "tenancy.baidubce.com/tenant": "blue" } },
      });
      for (const name of ["web", "api"])
        await lab.client.create(SERVICES, {
          metadata: { name, namespace: "blue-web" },
          spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
        });
      const refused = async () =>
        (await listAll(lab.client, EVENTS)).items.filter(({ reason }) => reason === "TenantQuotaExceeded");
      await until("one of them is refused", async () => (await refused()).length > 0);
      await until("the other has an address", () =>
        ["web", "api"].some((name) => addressOf(lab.services.get(`blue-web/${name}`)) !== undefined),
      );
      const [{ message = "" } = {}] = await refused();
      assert.match(message, /^tenant blue may have 1 load balancer .* and has 1, held by blue-web\/(web|api);/);
      assert.equal(lab.cloud.simulator.inventory().blbs.length, 1);
    } finally {
      await lab.close();
    }
  });

  it("serves the API server alone, and says where in one JSON line", async () => {
    await withCommand(["kube", "--port", "0"], async ({ output, interrupt }) => {
      await until("a line is printed", () => output().includes("\n"));
      const ready = JSON.parse(output()) as { server: string; kubeconfig: string };
      assert.match(ready.server, /^https:\/\/127\.0\.0\.1:\d+$/);
      assert.ok(existsSync(ready.kubeconfig));
      assert.equal(await interrupt("SIGTERM"), 0);
      assert.equal(existsSync(ready.kubeconfig), false);
    });
  });

  it("serves the simulator alone, with endpoints, credentials and an admin address", async () => {
    await withCommand(["baiducloud", "--port", "0"], async ({ output, interrupt }) => {
      await until("a line is printed", () => output().includes("\n"));
      const ready = JSON.parse(output()) as {
        endpoints: Record<string, string>;
        credentials: Record<string, string>;
        admin: string;
        adminToken: string;
        console: string;
      };
      for (const product of ["bcc", "vpc", "blb", "eip", "cce", "iam", "sts", "tag"]) {
        assert.match(ready.endpoints[product] ?? "", /^http:\/\/127\.0\.0\.1:\d+$/, product);
      }
      assert.ok(ready.credentials.accessKeyId && ready.credentials.secretAccessKey);
      const headers = { authorization: `Bearer ${ready.adminToken}` };
      const inventory = (await (await fetch(`${ready.admin}/inventory`, { headers })).json()) as Record<
        string,
        unknown
      >;
      assert.deepEqual(inventory.blbs, []);
      assert.equal((await fetch(`${ready.admin}/inventory`)).status, 401, "without the admin token");
      assert.match(await (await fetch(ready.console)).text(), /<title>cloudlab/);
      assert.equal((await fetch(`${ready.endpoints.blb}/v1/blb`)).status, 403, "an unsigned call");
      assert.equal(await interrupt("SIGTERM"), 0);
    });
  });

  it("refuses a wrong option with one line and exit code 2", async () => {
    const failure = await run(process.execPath, [MAIN, "up", "--nodes", "many"]).catch((error: unknown) => error);
    assert.deepEqual({ code: (failure as { code: number }).code }, { code: 2 });
    assert.match((failure as { stderr: string }).stderr, /^cloudlab: option '--nodes <n>'.*expected 1 to 100\.\n$/);
  });
});
