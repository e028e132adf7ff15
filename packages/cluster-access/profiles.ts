import { type Ini, parseIni } from "./ini.ts";

/**
 * The files in which Baidu's own tools keep keys. `~/.bce` is that of the Python command line (section `defaults`) and of
 * bsam (`default`), `~/.go-bcecli` that of bcecmd (`Defaults`, with Ak, Sk and Sts).
 */
const HOMES = [".bce", ".go-bcecli"] as const;
const DEFAULT_PROFILES = ["default", "defaults"];

const KEYS = {
  accessKeyId: ["bce_access_key_id", "access_key_id", "ak"],
  secretAccessKey: ["bce_secret_access_key", "secret_access_key", "sk"],
  sessionToken: ["bce_session_token", "session_token", "sts"],
  region: ["region"],
} as const;

export type ProfileRecord = Readonly<Partial<Record<keyof typeof KEYS, string>>>;

export interface ProfileOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Rejects with an error that has the system's `code`. */
  readonly readFile: (path: string) => Promise<string>;
}

export interface Profile {
  readonly path: string;
  readonly name: string;
  readonly values: ProfileRecord;
}

/**
 * The named profile, or the default one when `name` is undefined; undefined when no file has it. `BCE_CREDENTIALS_FILE`
 * names another file. Throws for a file that cannot be read or understood.
 */
export async function findProfile(
  name: string | undefined,
  { env, readFile }: ProfileOptions,
): Promise<Profile | undefined> {
  for (const path of profileFiles(env)) {
    const ini = await readIni(path, readFile);
    const found = ini && sectionOf(ini, name);
    if (!found) continue;
    const values = recordOf(found.values);
    const config = await readIni(path.replace(/[^/]*$/, "config"), readFile).catch(() => undefined);
    const beside = config && sectionOf(config, name ?? found.name);
    const region = values.region ?? (beside && recordOf(beside.values).region);
    return { path, name: found.name, values: { ...values, ...(region ? { region } : {}) } };
  }
  return undefined;
}

/** Where profiles are looked for, in this order. */
export function profileFiles(env: ProfileOptions["env"]): readonly string[] {
  const chosen = env.BCE_CREDENTIALS_FILE ?? "";
  if (chosen !== "") return [chosen];
  const home = env.HOME ?? "";
  return home === "" ? [] : HOMES.map((folder) => `${home}/${folder}/credentials`);
}

async function readIni(path: string, readFile: ProfileOptions["readFile"]): Promise<Ini | undefined> {
  let text: string;
  try {
    text = await readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new Error(`${path}: ${code === "EACCES" ? "permission denied" : "cannot be read"}`);
  }
  return parseIni(text, path);
}

/** Names are compared exactly; that of the default profile is spelt differently by each tool. */
function sectionOf(ini: Ini, name: string | undefined) {
  const wanted = (section: string) =>
    name === undefined || DEFAULT_PROFILES.includes(name.toLowerCase())
      ? DEFAULT_PROFILES.includes(section.toLowerCase())
      : section === name;
  for (const [section, values] of ini) if (wanted(section)) return { name: section, values };
  return undefined;
}

function recordOf(values: ReadonlyMap<string, string>): ProfileRecord {
  const found = Object.entries(KEYS).map(([key, names]) => {
    return [key, names.map((name) => values.get(name)).find(Boolean)] as const;
  });
  return Object.fromEntries(found.filter(([, value]) => value));
}
