import { homedir, arch as hostArch, platform as hostOs } from "node:os";
import { join } from "node:path";
import type { Platform } from "../envtest-index.ts";

/** Where programs are kept between runs. */
export interface Store {
  /** Our own: what was built, and what is being made. */
  readonly folder: string;
  /** Where downloads of envtest are looked for: `<version>-<os>-<arch>/`. The first is where ours go. */
  readonly envtestFolders: readonly string[];
}

/** The user's store; setup-envtest's downloads are found too. */
export function userStore(env: Readonly<Record<string, string | undefined>>): Store {
  const isMac = hostOs() === "darwin";
  const home = env.HOME || homedir();
  const data = env.XDG_DATA_HOME || (isMac ? join(home, "Library", "Application Support") : join(home, ".local/share"));
  const folder = join(data, "cloudlab", "control-plane");
  const theirs = join(data, isMac ? "io.kubebuilder.envtest" : "kubebuilder-envtest", "k8s");
  return { folder, envtestFolders: [join(folder, "envtest"), theirs] };
}

/** This machine, as Go names it. */
export function hostPlatform(): Platform {
  const arch = hostArch();
  return { os: hostOs(), arch: arch === "x64" ? "amd64" : arch };
}
