/** The kubelet's own way of asking credential providers, built from Kubernetes' modules: a client that nobody here wrote. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildGoTool, type GoTool, goToolPath, type Progress } from "@ccm/control-plane/node";

/** The number in the name is raised with each change of main.go: builds are told apart by their modules alone. */
const TOOL: GoTool = {
  name: "kubelet-pulls-1",
  folder: fileURLToPath(new URL("./kubelet/", import.meta.url)),
  package: ".",
};

/** The one that was built before, if any. */
export function findKubelet(env: NodeJS.ProcessEnv): string | undefined {
  const path = goToolPath(TOOL, env);
  return existsSync(path) ? path : undefined;
}

/** Builds it where it is missing, in a minute or two, once. Rejects when there is no Go. */
export function provideKubelet(env: NodeJS.ProcessEnv, progress: Progress): Promise<string> {
  return buildGoTool(TOOL, env, progress);
}
