import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { findKubectl } from "@ccm/control-plane/node";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** As a process, and not imported: a command knows nothing of the lab. */
const LAB = at("../cloudlab/main.ts");
const MAIN = at("./main.ts");
const BIN = at("./bin.mjs");

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe("kubectl-baiducloud as a process beside a lab", () => {
  let lab: ChildProcess;
  let kubeconfig = "";
  const folder = mkdtempSync(join(tmpdir(), "kubectl-baiducloud-"));

  before(async () => {
    lab = spawn(process.execPath, [LAB, "up", "--nodes", "2"], { stdio: ["ignore", "pipe", "inherit"] });
    kubeconfig = await new Promise<string>((resolve, reject) => {
      let text = "";
      lab.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        // The example's Service has its address.
        if (/curl http:/.test(text)) resolve(/KUBECONFIG=(\S+)/.exec(text)?.[1] ?? "");
      });
      lab.once("exit", () => reject(new Error(`the lab ended: ${text}`)));
    });
  });
  after(async () => {
    const ended = new Promise((resolve) => lab.once("exit", resolve));
    if (lab.kill("SIGTERM")) await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    new Promise<Ran>((resolve) => {
      const options = { env: { ...process.env, KUBECONFIG: kubeconfig, ...env }, timeout: 60_000 };
      const child = execFile(file, args, options, (_, out, err) => resolve({ code: child.exitCode, out, err }));
    });
  const command = (...args: string[]) => run(process.execPath, [MAIN, ...args]);
  /** The CCM may still be busy with backends. */
  const until = async (code: number, ...args: string[]): Promise<Ran> => {
    for (let attempt = 0; ; attempt++) {
      const ran = await command(...args);
      if (ran.code === code || attempt === 20) return ran;
    }
  };

  it("finds the lab in order: nothing to change, nothing left over, all checks well", async () => {
    const plan = await until(0, "plan");
    assert.deepEqual(plan, { code: 0, out: "Nothing to change for 1 Service.\n", err: "" });
    const [drift, orphans, node] = await Promise.all([
      command("drift"),
      command("orphans"),
      command("explain", "node/node-1"),
    ]);
    assert.deepEqual([drift.code, orphans.code, node.code], [0, 0, 0], drift.out + orphans.out + node.out);
    const doctor = await command("doctor", "-o", "json");
    assert.equal(doctor.code, 0, doctor.out);
    const { summary } = JSON.parse(doctor.out) as { summary: Record<string, number> };
    assert.deepEqual([summary.failed, summary.warnings], [0, 0]);
  });

  it("is a plugin of kubectl under its own name", async (test) => {
    const kubectl = findKubectl();
    if (!kubectl) return test.skip("no kubectl");
    symlinkSync(BIN, join(folder, "kubectl-baiducloud"));
    const PATH = [folder, dirname(process.execPath), process.env.PATH].join(delimiter);
    const ran = await run(kubectl, ["baiducloud", "explain", "svc/nginx"], { PATH });
    assert.equal(ran.code, 0, ran.err);
    assert.match(ran.out, /^Service default\/nginx\n {2}state: +ready/);
  });

  it("says in one line what it cannot read", async () => {
    const { code, out, err } = await command("plan", "--cloud-config", join(folder, "nope"));
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^kubectl-baiducloud: --cloud-config \S+nope: no such file\n$/);
  });

  it("tells on stderr that a cloud which does not answer keeps it waiting, and ends at once on Ctrl-C", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const config = JSON.parse(readFileSync(join(dirname(kubeconfig), "cloud.config"), "utf8")) as object;
    const url = `http://127.0.0.1:${port}`;
    const file = join(folder, "silent.json");
    writeFileSync(file, JSON.stringify({ ...config, Endpoints: { bcc: url, blb: url, eip: url, cce: url } }));
    const env = { ...process.env, KUBECONFIG: kubeconfig };
    const child = spawn(process.execPath, [MAIN, "plan", "--cloud-config", file], { env });
    try {
      let err = "";
      let asked = false;
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        err += chunk;
        if (asked || !/ … \(\d+ s\)/.test(err)) return;
        // Once: a second one ends it the hard way.
        asked = child.kill("SIGINT");
      });
      const code = await new Promise((resolve) => child.once("close", resolve));
      assert.equal(code, 130);
      assert.match(
        err,
        /^kubectl-baiducloud: looked at 0 of 1 Services in the cloud … \(\d+ s\)\nkubectl-baiducloud: interrupted\n$/,
      );
    } finally {
      child.kill("SIGKILL");
      silent.close();
    }
  });
});
