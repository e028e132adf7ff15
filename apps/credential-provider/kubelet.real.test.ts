/** The program as the kubelet starts it: by Kubernetes' own code, with its configuration, cache and matching. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Secret } from "@ccm/base";
import { listen, openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { createRegistryLab } from "@ccm/image-registry/testing";
import { run } from "./program.ts";
import { findKubelet } from "./testing/kubelet.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const kubelet = findKubelet(process.env);
const required = process.env.REQUIRE_CONTROL_PLANE === "1";

interface Login {
  readonly username: string;
  readonly password: string;
}

/** A kubelet with this program, and the simulated cloud on loopback. */
async function createNode(t: TestContext, flags: readonly string[] = []) {
  const lab = await createRegistryLab({ clientClock: systemClock });
  const cloud = await listen({ host: "127.0.0.1", port: 0, handler: lab.simulator.handler });
  const registry = await listen({
    host: "127.0.0.1",
    port: 0,
    handler: lab.simulator.products.registry ?? assert.fail(),
  });
  const folder = mkdtempSync(join(tmpdir(), "kubelet-"));
  const host = `127.0.0.1:${registry.port}`;
  const { accessKeyId, secretAccessKey } = lab.simulator.credentials;
  const credentials = join(folder, "credentials");
  writeFileSync(credentials, `[default]\nak = ${accessKeyId}\nsk = ${secretAccessKey}\n`, { mode: 0o600 });
  let config = "";
  const argv = [
    "config",
    `--credentials-file=${credentials}`,
    `--endpoint=http://127.0.0.1:${cloud.port}`,
    `--registry=${host}=${lab.instanceId}@bj`,
    ...flags,
  ];
  const signal = new AbortController().signal;
  const out = (text: string) => {
    config += text;
  };
  const err = (text: string) => assert.fail(text);
  const readInput = async () => undefined;
  const io = {
    env: {},
    clock: systemClock,
    random: systemRandom,
    openTransport,
    readFile: async () => "",
    readInput,
    out,
    err,
    signal,
  };
  assert.equal(await run(argv, io), 0);
  mkdirSync(join(folder, "bin"));
  const file = join(folder, "bin", "credential-provider");
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  chmodSync(file, 0o755);
  writeFileSync(join(folder, "config.yaml"), config);
  writeFileSync(join(folder, "accounts.json"), JSON.stringify({ "shop/web": { token: "t.t.t", annotations: {} } }));
  const args = ["config.yaml", "bin", "accounts.json"].map((name) => join(folder, name));
  const child = spawn(kubelet ?? "", args, { stdio: ["pipe", "pipe", "pipe"], env: {} });
  const said: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  t.after(async () => {
    child.kill();
    await Promise.all([cloud.close(), registry.close()]);
    rmSync(folder, { recursive: true });
  });
  return {
    ...lab,
    host,
    said,
    /** The logins with which the kubelet would pull for a Pod. */
    async logins(image: string, serviceAccount = ""): Promise<readonly Login[]> {
      child.stdin.write(`${JSON.stringify({ image, namespace: "shop", serviceAccount })}\n`);
      const { value, done } = await answers.next();
      assert.ok(!done, said.join("\n"));
      return JSON.parse(value);
    },
  };
}

describe("the kubelet with the credential provider", {
  skip: kubelet || required ? false : "the kubelet's client was not built: Go is missing",
}, () => {
  it("takes the generated configuration, and pulls with what it is given, asking once for all images of a registry", async (t) => {
    const { logins, host, pull, calls, instanceId, said } = await createNode(t);
    const [first, ...more] = await logins(`${host}/app/web`);
    assert.ok(first && more.length === 0, said.join("\n"));
    assert.equal(await pull({ username: first.username, password: new Secret(first.password) }), "pulled");
    assert.deepEqual(await logins(`${host}/app/other:v2`), [first]);
    assert.deepEqual(await logins("registry.k8s.io/pause"), []);
    assert.deepEqual(calls, ["GET /v1/users/profile 200", `POST /v1/instances/${instanceId}/credential 200`]);
  });

  it("shows the one line of a failure in its log, and pulls without a login", async (t) => {
    const { logins, said } = await createNode(t);
    assert.deepEqual(await logins("ccr-00000000-pub.cnc.bj.baidubce.com/app/web"), []);
    const log = said.join("\n");
    assert.match(log, /Failed to provide credentials for image/);
    assert.match(log, /exit status 1: credential-provider: ccr\.createTemporaryPassword: [^\n]*NoSuchObject[^\n]*\n/);
  });

  it("hands over the service account's token, and pulls as the node where the account says nothing", async (t) => {
    const server = ["--audience=api", "--api-server=https://127.0.0.1:1"];
    const { logins, host } = await createNode(t, server);
    assert.equal((await logins(`${host}/app/web`, "web")).length, 1);
  });
});
