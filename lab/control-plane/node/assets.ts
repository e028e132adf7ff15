import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { compareVersions, seriesOf } from "../versions.ts";
import { buildName, readGoProgram } from "./go-program.ts";
import { hostPlatform, type Store, userStore } from "./store.ts";

export type AssetName = "etcd" | "kube-apiserver" | "kubectl" | "kube-controller-manager";

/** Paths of programs. envtest's archives have no kube-controller-manager. */
export interface Assets {
  /** Where they come from, for people. */
  readonly source: string;
  readonly etcd: string;
  readonly "kube-apiserver": string;
  readonly kubectl?: string;
  readonly "kube-controller-manager"?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const ALWAYS: readonly AssetName[] = ["etcd", "kube-apiserver"];
const ALL: readonly AssetName[] = [...ALWAYS, "kubectl", "kube-controller-manager"];

export class AssetsError extends Error {
  override readonly name = "AssetsError";
  /** One line per source: what was looked for and why it did not do. */
  readonly tried: readonly string[];

  constructor(needed: readonly AssetName[], tried: readonly string[]) {
    super(
      [
        `no ${needed.join(", ")} can be had:`,
        ...tried.map((line) => `  - ${line}`),
        "what to do: set KUBEBUILDER_ASSETS to a folder that has them, or install Go and run " +
          '"npx cloudlab control-plane assets" (it downloads or builds them once)',
      ].join("\n"),
    );
    this.tried = tried;
  }
}

/** Programs found, and what was tried in vain. */
export interface Search {
  readonly found?: Assets;
  readonly tried: readonly string[];
}

export interface FindOptions {
  readonly env?: Environment;
  readonly store?: Store;
}

/**
 * The programs from TEST_ASSET_* and KUBEBUILDER_ASSETS, or else from the local store: quick, and nothing is downloaded
 * or built. etcd and kube-apiserver are always needed. Throws an AssetsError that lists what was tried, and an Error when
 * a variable names a file that is not there.
 */
export function findAssets(alsoNeeded: readonly AssetName[] = [], options: FindOptions = {}): Assets {
  const { found, tried } = searchAssets(alsoNeeded, options);
  if (found) return found;
  throw new AssetsError(neededNames(alsoNeeded), tried);
}

export function neededNames(alsoNeeded: readonly AssetName[]): readonly AssetName[] {
  return [...new Set([...ALWAYS, ...alsoNeeded])];
}

export function searchAssets(alsoNeeded: readonly AssetName[], options: FindOptions = {}): Search {
  const { env = process.env, store = userStore(env) } = options;
  const needed = neededNames(alsoNeeded);
  const given = fromEnvironment(env);
  const tried: string[] = [];
  for (const source of [given, ...storedSets(store)]) {
    // A variable overrides one program and leaves the others.
    const files = { ...source.files, ...given.files };
    const missing = needed.filter((name) => !files[name]);
    const { etcd, "kube-apiserver": apiServer } = files;
    if (missing.length === 0 && etcd && apiServer) {
      return { found: { source: source.name, ...files, etcd, "kube-apiserver": apiServer }, tried };
    }
    tried.push(`${source.name}: no ${missing.join(", ")}`);
  }
  return { tried };
}

interface Source {
  readonly name: string;
  readonly files: Readonly<Partial<Record<AssetName, string>>>;
}

function fromEnvironment(env: Environment): Source {
  const files: Partial<Record<AssetName, string>> = {};
  const folder = env.KUBEBUILDER_ASSETS;
  for (const name of ALL) {
    const variable = `TEST_ASSET_${name.toUpperCase().replaceAll("-", "_")}`;
    const given = env[variable];
    if (given) {
      if (!existsSync(given)) throw new Error(`${variable}: ${given}: no such file`);
      files[name] = given;
    } else if (folder && existsSync(join(folder, name))) {
      files[name] = join(folder, name);
    }
  }
  if (folder && Object.keys(files).length === 0) {
    throw new Error(`KUBEBUILDER_ASSETS: ${folder}: expected a folder with etcd and kube-apiserver`);
  }
  return { name: "the variables KUBEBUILDER_ASSETS and TEST_ASSET_*", files };
}

/** Our own build first: it has all four, and the version that go.mod pins. */
function storedSets(store: Store): readonly Source[] {
  const program = readGoProgram();
  const series = seriesOf(program.versions.kubernetes);
  const { os, arch } = hostPlatform();
  const downloads = store.envtestFolders.flatMap((folder) =>
    listFolder(folder)
      .filter((name) => name.startsWith(`${series}.`) && name.endsWith(`-${os}-${arch}`))
      .sort(compareVersions)
      .reverse()
      .map((name) => join(folder, name)),
  );
  return [join(store.folder, buildName(program)), ...downloads].map((folder) => ({
    name: `the local store, ${folder}`,
    files: Object.fromEntries(
      ALL.flatMap((name) => (existsSync(join(folder, name)) ? [[name, join(folder, name)]] : [])),
    ),
  }));
}

function listFolder(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
