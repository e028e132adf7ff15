import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type Metrics, noMetrics } from "@ccm/base";
import type { ConfigEnvironment, KubeConnection } from "../config/connection.ts";
import { measuredRun } from "../config/exec-metrics.ts";
import { inClusterConnection } from "../config/in-cluster.ts";
import { loadKubeConfig } from "../config/kubeconfig.ts";
import { KubeError } from "../error.ts";

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

/**
 * The API server of a kubeconfig file, or the Pod's own when `kubeconfig` is empty. `server` replaces the URL when it is
 * not empty; outside of a Pod it is enough, and nobody is who calls. Throws a KubeError with code "config" that names
 * the flag or the file.
 */
export async function connectKube(options: {
  readonly kubeconfig: string;
  readonly server?: string;
  readonly context?: string;
  /** The flag that names the file. Default "kubeconfig". */
  readonly flag?: string;
  /** Counts the runs of a credential plugin. */
  readonly metrics?: Metrics;
}): Promise<KubeConnection> {
  const { kubeconfig, server = "", context, flag = "kubeconfig", metrics = noMetrics } = options;
  if (kubeconfig === "") {
    if (server !== "" && !machine.env.KUBERNETES_SERVICE_HOST) return { server, tls: {}, authorize: async () => ({}) };
    const connection = await inClusterConnection(machine);
    return server === "" ? connection : { ...connection, server };
  }
  let text: string;
  try {
    text = await machine.readFile(kubeconfig);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new KubeError("config", `--${flag} ${kubeconfig}: ${missing ? "no such file" : "cannot be read"}`);
  }
  return loadKubeConfig({
    ...machine,
    run: measuredRun(machine.run, metrics),
    text,
    source: kubeconfig,
    ...(server === "" ? {} : { server }),
    ...(context ? { context } : {}),
  });
}
