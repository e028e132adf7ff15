import { errorText } from "@ccm/base";
import { seriesOf } from "../versions.ts";
import { type AssetName, type Assets, AssetsError, type Environment, neededNames, searchAssets } from "./assets.ts";
import { DEFAULT_INDEX_URL, downloadEnvtest } from "./download.ts";
import { buildWithGo } from "./go-build.ts";
import { readGoProgram } from "./go-program.ts";
import { type Progress, silentProgress } from "./progress.ts";
import { hostPlatform, userStore } from "./store.ts";

/** The one that envtest's archives do not have. */
const BUILT_ONLY: AssetName = "kube-controller-manager";

export interface ProvideOptions {
  readonly env?: Environment;
  readonly progress?: Progress;
}

/**
 * The programs from where `findAssets` looks, or else by a download, or else by a build with Go; both land in the local
 * store. May take ten minutes. Throws an AssetsError that lists all that was tried.
 */
export async function provideAssets(
  alsoNeeded: readonly AssetName[] = [],
  { env = process.env, progress = silentProgress }: ProvideOptions = {},
): Promise<Assets> {
  const needed = neededNames(alsoNeeded);
  const store = userStore(env);
  const first = searchAssets(alsoNeeded, { env, store });
  if (first.found) return first.found;
  const program = readGoProgram();
  const indexUrl = env.CONTROL_PLANE_INDEX_URL || DEFAULT_INDEX_URL;
  const tried = [...first.tried];
  const steps: readonly { readonly name: string; readonly useless?: string; run(): Promise<string> }[] = [
    {
      name: `a download by the index ${indexUrl}`,
      ...(indexUrl === "none" ? { useless: "forbidden by CONTROL_PLANE_INDEX_URL" } : {}),
      ...(needed.includes(BUILT_ONLY) ? { useless: `its archives have no ${BUILT_ONLY}` } : {}),
      run: () =>
        downloadEnvtest({
          indexUrl,
          series: seriesOf(program.versions.kubernetes),
          platform: hostPlatform(),
          folder: store.envtestFolders[0] ?? store.folder,
          progress,
        }),
    },
    {
      name: `a build from Go modules in ${program.folder}`,
      run: () => buildWithGo({ program, storeFolder: store.folder, env, progress }),
    },
  ];
  for (const { name, useless, run } of steps) {
    try {
      if (useless) throw new Error(useless);
      await run();
      const { found } = searchAssets(alsoNeeded, { env, store });
      if (found) return found;
      tried.push(`${name}: it has not all that is needed`);
    } catch (error) {
      tried.push(`${name}: ${errorText(error)}`);
    }
  }
  throw new AssetsError(needed, tried);
}
