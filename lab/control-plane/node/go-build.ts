import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { systemClock } from "@ccm/base/node";
import { versionLinkerFlags } from "../versions.ts";
import { buildName, type GoProgram } from "./go-program.ts";
import { withFileLock } from "./lock.ts";
import type { Progress } from "./progress.ts";

const NAMES = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];
/** What one compile or link of this program needs at its peak. */
const BYTES_PER_JOB = 2 * 1024 ** 3;
const TAIL_LINES = 20;

export interface GoBuildOptions {
  readonly program: GoProgram;
  /** The folder that gets the result's folder. */
  readonly storeFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress: Progress;
}

/**
 * Builds the Go program into the store, once: a folder with a link per component. Returns the folder. Rejects with one
 * line when there is no Go, and with the end of its output when the build fails.
 */
export async function buildWithGo({ program, storeFolder, env, progress }: GoBuildOptions): Promise<string> {
  const target = join(storeFolder, buildName(program));
  if (existsSync(target)) return target;
  const run = goRunner(await findGo(env), program.folder, env);
  const onWait = () => progress.line("another process builds the control plane: waiting for it");
  return withFileLock(`${target}.lock`, systemClock, onWait, async () => {
    if (existsSync(target)) return target;
    const { kubernetes, etcd } = program.versions;
    progress.line(
      `building Kubernetes ${kubernetes} and etcd ${etcd} from Go modules for tests: about ten minutes on two cores, once`,
    );
    const partial = `${target}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    progress.line("downloading Go modules");
    let total = 0;
    await run(["list", "-deps", "."], () => total++);
    let done = 0;
    const multicall = join(partial, "control-plane");
    const linkerFlags = `-s -w ${versionLinkerFlags(kubernetes)}`;
    // It names each package that it compiles, and no package that is in its cache.
    await run(["build", "-v", "-trimpath", "-ldflags", linkerFlags, "-o", multicall, "."], undefined, (line) => {
      if (/^[\w./-]+$/.test(line)) progress.update("building the control plane", ++done / total);
    });
    for (const name of NAMES) linkSync(multicall, join(partial, name));
    renameSync(partial, target);
    progress.line(`built the control plane: ${target}`);
    return target;
  });
}

/** On PATH, or in GOROOT. */
export async function findGo(env: GoBuildOptions["env"]): Promise<string> {
  const candidates = ["go", ...(env.GOROOT ? [join(env.GOROOT, "bin/go")] : [])];
  for (const candidate of candidates) {
    const works = await new Promise<boolean>((resolve) => {
      const child = spawn(candidate, ["version"], { stdio: "ignore", env });
      child.once("error", () => resolve(false));
      child.once("exit", (code) => resolve(code === 0));
    });
    if (works) return candidate;
  }
  throw new Error("Go is not installed (neither on PATH nor in GOROOT)");
}

type Run = (args: readonly string[], onOut?: (line: string) => void, onError?: (line: string) => void) => Promise<void>;

export function goRunner(go: string, cwd: string, env: GoBuildOptions["env"]): Run {
  const jobs = Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / BYTES_PER_JOB)));
  // No C compiler, no workspace around it, no version control to ask.
  const goFlags = `${env.GOFLAGS ?? ""} -p=${jobs} -buildvcs=false`.trim();
  const goEnv = { ...env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: goFlags };
  return (args, onOut, onError) =>
    new Promise((resolve, reject) => {
      const child = spawn(go, args, { cwd, env: goEnv, stdio: ["ignore", "pipe", "pipe"] });
      const tail: string[] = [];
      const killNow = killWith(child);
      createInterface({ input: child.stdout }).on("line", (line) => onOut?.(line));
      createInterface({ input: child.stderr }).on("line", (line) => {
        tail.push(line);
        if (tail.length > TAIL_LINES) tail.shift();
        onError?.(line);
      });
      child.once("error", reject);
      child.once("close", (code) => {
        process.off("exit", killNow);
        if (code === 0) resolve();
        else reject(new Error(`go ${args[0]} ended with code ${code}:\n${tail.join("\n")}`));
      });
    });
}

/** A build that nobody waits for must not go on. */
function killWith(child: ChildProcess): () => void {
  const killNow = () => void child.kill();
  process.on("exit", killNow);
  return killNow;
}
