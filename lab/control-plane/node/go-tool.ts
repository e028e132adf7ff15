import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@ccm/base/node";
import { findGo, goRunner } from "./go-build.ts";
import { withFileLock } from "./lock.ts";
import type { Progress } from "./progress.ts";
import { hostPlatform, userStore } from "./store.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A program that tests run and that a go.mod pins, as a `tool`. */
export interface GoTool {
  /** Of the executable. */
  readonly name: string;
  /** Has go.mod and go.sum. */
  readonly folder: string;
  /** Import path of its main package. */
  readonly package: string;
}

/** Where its build is kept: other versions or another machine, another path. It need not be there. */
export function goToolPath({ name, folder }: GoTool, env: Environment): string {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum"]) hash.update(readFileSync(join(folder, file))).update("\0");
  const { os, arch } = hostPlatform();
  return join(userStore(env).folder, `built-${name}-${os}-${arch}-${hash.digest("hex").slice(0, 12)}`, name);
}

/** Builds it into the user's store, once, and returns its path. Rejects as `buildWithGo` does. */
export async function buildGoTool(tool: GoTool, env: Environment, progress: Progress): Promise<string> {
  const path = goToolPath(tool, env);
  if (existsSync(path)) return path;
  const run = goRunner(await findGo(env), tool.folder, env);
  const target = join(path, "..");
  const onWait = () => progress.line(`another process builds ${tool.name}: waiting for it`);
  return withFileLock(`${target}.lock`, systemClock, onWait, async () => {
    if (existsSync(path)) return path;
    progress.line(`building ${tool.name} from Go modules for tests: about two minutes on two cores, once`);
    const partial = `${target}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    let total = 0;
    await run(["list", "-deps", tool.package], () => total++);
    let done = 0;
    const args = ["build", "-v", "-trimpath", "-ldflags", "-s -w", "-o", join(partial, tool.name), tool.package];
    await run(args, undefined, (line) => {
      if (/^[\w./-]+$/.test(line)) progress.update(`building ${tool.name}`, ++done / total);
    });
    renameSync(partial, target);
    progress.line(`built ${tool.name}: ${path}`);
    return path;
  });
}
