import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { bundle } from "../../scripts/bundle.ts";

export type Side = "ours" | "go";

export interface Report {
  readonly calls: Readonly<Record<string, number>>;
  /** Ours only: instances that bulk look-ups were asked for. */
  readonly lookedUp?: number;
  /** Ours only: since the last report. */
  readonly longestStallMs?: number;
}

/** A running cloud controller manager, seen from outside. */
export interface Subject {
  readonly side: Side;
  /** Milliseconds from exec to the caches being synced. */
  readonly syncedMs: Promise<number>;
  /** CPU time since exec, user and system, in seconds. */
  cpuSeconds(): number;
  /** Resident memory now and at its highest, in MiB. */
  memory(): { readonly rssMiB: number; readonly peakMiB: number };
  report(): Promise<Report>;
  /** SIGTERM, then SIGKILL after ten seconds. */
  stop(): Promise<void>;
}

export interface Latencies {
  readonly metadataMs?: number;
  readonly ensureMs?: number;
  readonly updateMs?: number;
}

const GO_SOURCE = fileURLToPath(new URL("../go-framework", import.meta.url));
const OURS = fileURLToPath(new URL("./ours.ts", import.meta.url));
const TICKS_PER_SECOND = 100;
/** What each side writes to its log when its caches are complete. */
const SYNCED: Readonly<Record<Side, RegExp>> = {
  ours: /controllers started/,
  go: /"Caches are synced"/,
};

/** Our side as it is shipped: one bundled file. */
export async function bundleOurs(): Promise<string> {
  const file = join(tmpdir(), "ccm-bench-ours.mjs");
  await bundle(OURS, file);
  return file;
}

/** Builds bench/go-framework. Throws when Go is not installed. */
export async function buildGoFramework(): Promise<string> {
  const binary = join(tmpdir(), "ccm-bench-go-framework");
  const args = ["build", "-trimpath", "-ldflags=-s -w", "-o", binary, "."];
  await promisify(execFile)("go", args, { cwd: GO_SOURCE, env: { ...process.env, CGO_ENABLED: "0" } });
  return binary;
}

export function startSubject(
  side: Side,
  options: {
    readonly programs: Readonly<Record<Side, string>>;
    readonly kubeconfig: string;
    readonly latencies?: Latencies;
    readonly flags?: readonly string[];
  },
): Subject {
  const { kubeconfig, latencies = {}, flags = [] } = options;
  const common = [
    `--kubeconfig=${kubeconfig}`,
    "--cloud-provider=bench",
    "--leader-elect=false",
    "--secure-port=0",
    "--configure-cloud-routes=false",
    ...flags,
  ];
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: process.env.HOME ?? "",
    BENCH_METADATA_MS: String(latencies.metadataMs ?? 100),
    BENCH_ENSURE_MS: String(latencies.ensureMs ?? 2000),
    BENCH_UPDATE_MS: String(latencies.updateMs ?? 500),
  };
  const startedAt = systemClock.monotonic();
  const child =
    side === "ours"
      ? spawn(process.execPath, [options.programs.ours, ...common], { env, stdio: ["ignore", "pipe", "pipe"] })
      : spawn(options.programs.go, common, { env, stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const log: string[] = [];
  const synced = Promise.withResolvers<number>();
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  ended.then(() => process.off("exit", kill));
  ended.then(() =>
    synced.reject(new Error(`${side} ended before its caches were synced:\n${log.slice(-10).join("\n")}`)),
  );
  synced.promise.catch(() => {});
  createInterface({ input: child.stderr }).on("line", (line) => {
    log.push(line);
    if (log.length > 200) log.shift();
    if (SYNCED[side].test(line)) synced.resolve(Math.round(systemClock.monotonic() - startedAt));
  });
  const reports: ((report: Report) => void)[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => reports.shift()?.(JSON.parse(line) as Report));
  const pid = child.pid ?? 0;
  return {
    side,
    syncedMs: synced.promise,
    cpuSeconds: () => cpuSecondsOf(pid),
    memory: () => memoryOf(pid),
    report: () =>
      new Promise((resolve, reject) => {
        reports.push(resolve);
        ended.then(() => reject(new Error(`${side} has ended:\n${log.slice(-10).join("\n")}`)));
        process.kill(pid, "SIGUSR2");
      }),
    stop: () => stop(child, ended),
  };
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill("SIGTERM");
  const waited = new AbortController();
  const late = sleep(systemClock, 10_000, waited.signal).then(
    () => child.kill("SIGKILL"),
    () => false,
  );
  await ended;
  waited.abort(new Error("ended"));
  await late;
}

/** Fields 14 and 15 of /proc/<pid>/stat, after the command's name in parentheses. */
function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function memoryOf(pid: number): { readonly rssMiB: number; readonly peakMiB: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mib = (key: string) => Math.round(Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0) / 1024);
  return { rssMiB: mib("VmRSS"), peakMiB: mib("VmHWM") };
}
