/** Managers as real processes beside a real control plane. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import type { ControlPlane, User } from "@ccm/control-plane/node";

const MAIN = fileURLToPath(new URL("./fake-manager.ts", import.meta.url));
const DEPLOY = fileURLToPath(new URL("../../../../deploy/", import.meta.url));
export const ACCOUNT = "system:serviceaccount:kube-system:cloud-controller-manager";

/** Waits in real time; the text says for what. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
  const deadline = systemClock.monotonic() + seconds * 1000;
  while (!(await holds())) {
    assert.ok(systemClock.monotonic() < deadline, `waited in vain until ${what}`);
    await sleep(systemClock, 25);
  }
}

export const manifest = (name: string): Promise<string> => readFile(join(DEPLOY, name), "utf8");

/** The manager's service account, with the rules of deploy/ and no others. */
export async function mintManager(plane: ControlPlane, ...manifests: readonly string[]): Promise<User> {
  for (const name of ["rbac.yaml", ...manifests]) await plane.apply(await manifest(name));
  return plane.mintUser(ACCOUNT, ["system:serviceaccounts", "system:serviceaccounts:kube-system"]);
}

export interface ManagerProcess {
  readonly pid: number;
  /** Where it serves. */
  port(): Promise<number>;
  readonly lines: readonly string[];
  /** How it ended: "exit 0", "SIGKILL"; undefined while it runs. */
  readonly ended: string | undefined;
  signal(signal: "SIGTERM" | "SIGKILL"): void;
}

/** Starts a manager; killed when the test is over. `machines`: names of the cloud's machines. */
export async function startManager(
  t: TestContext,
  kubeconfig: string,
  options: { readonly machines?: readonly string[]; readonly args?: readonly string[] } = {},
): Promise<ManagerProcess> {
  const folder = mkdtempSync(join(tmpdir(), "manager-"));
  const cloudConfig = join(folder, "cloud.json");
  writeFileSync(cloudConfig, JSON.stringify(options.machines ?? []));
  const args = [
    `--kubeconfig=${kubeconfig}`,
    `--cloud-config=${cloudConfig}`,
    "--cluster-cidr=10.244.0.0/16",
    "--bind-address=127.0.0.1",
    `--secure-port=${await freePort()}`,
    ...(options.args ?? []),
  ];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => lines.push(line));
  let ended: string | undefined;
  child.once("close", (code, signal) => {
    ended = signal ?? `exit ${code}`;
  });
  t.after(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    pid: child.pid ?? 0,
    lines,
    get ended() {
      return ended;
    },
    signal: (signal) => void child.kill(signal),
    async port() {
      const serving = /serving host=\S+ port=(\d+)/;
      await until(`the manager serves; it said: ${lines.join("\n")}`, () => lines.some((line) => serving.test(line)));
      return Number(serving.exec(lines.join("\n"))?.[1]);
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : assert.fail("no port");
}
