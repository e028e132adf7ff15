import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildGoTool, type GoTool, goToolPath, type Progress } from "@ccm/control-plane/node";

const TOOL: GoTool = {
  name: "helm",
  folder: fileURLToPath(new URL("../deploy/helm/tool", import.meta.url)),
  package: "helm.sh/helm/v3/cmd/helm",
};

/** Helm 3 or 4 on PATH, or the one that was built for tests. */
export function findHelm(env: NodeJS.ProcessEnv): string | undefined {
  try {
    const version = execFileSync("helm", ["version", "--short"], {
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    if (/^v[34]\./m.test(version)) return "helm";
  } catch {
    // Not on PATH, or one that does not run.
  }
  const built = goToolPath(TOOL, env);
  return existsSync(built) ? built : undefined;
}

/** The same; built with Go where there is none, which takes minutes, once. Rejects when it cannot be had. */
export async function provideHelm(env: NodeJS.ProcessEnv, progress: Progress): Promise<string> {
  return findHelm(env) ?? (await buildGoTool(TOOL, env, progress));
}
