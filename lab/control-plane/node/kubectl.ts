import { spawnSync } from "node:child_process";
import { compareVersions } from "../versions.ts";
import { AssetsError, findAssets } from "./assets.ts";

/** Older ones lack flags and formats that tests use. */
const OLDEST = "1.30.0";

/** The program of the assets, or one on PATH that is new enough. Undefined when there is neither. */
export function findKubectl(): string | undefined {
  try {
    const { kubectl } = findAssets(["kubectl"]);
    if (kubectl) return kubectl;
  } catch (error) {
    if (!(error instanceof AssetsError)) throw error;
  }
  const { stdout } = spawnSync("kubectl", ["version", "--client"], { encoding: "utf8" });
  const version = /Client Version: v(\S+)/.exec(stdout ?? "")?.[1];
  return version && compareVersions(version, OLDEST) >= 0 ? "kubectl" : undefined;
}
