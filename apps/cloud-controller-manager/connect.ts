import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { ManagerConfig } from "@ccm/cloud-provider";
import { type ConfigEnvironment, inClusterConnection, type KubeConnection, KubeError, loadKubeConfig } from "@ccm/kube";

const PLUGIN_TIMEOUT_MS = 30_000;

const machine: ConfigEnvironment = {
  readFile: (path) => readFile(path, "utf8"),
  env: process.env,
  now: () => Date.now(),
  async run({ command, args, env }) {
    const options = { env: { ...process.env, ...env }, timeout: PLUGIN_TIMEOUT_MS, maxBuffer: 1024 * 1024 };
    return (await promisify(execFile)(command, [...args], options)).stdout;
  },
};

/** The API server that the flags name: a kubeconfig's, else the Pod's own. */
export async function connect({ kubeconfig, master }: ManagerConfig): Promise<KubeConnection> {
  if (kubeconfig === "") {
    const connection = await inClusterConnection(machine);
    return master === "" ? connection : { ...connection, server: master };
  }
  let text: string;
  try {
    text = await machine.readFile(kubeconfig);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new KubeError("config", `--kubeconfig ${kubeconfig}: ${missing ? "no such file" : "cannot be read"}`);
  }
  return loadKubeConfig({ ...machine, text, source: kubeconfig, ...(master === "" ? {} : { server: master }) });
}
