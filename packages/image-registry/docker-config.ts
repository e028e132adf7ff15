import { Secret } from "@ccm/base";
import { membersOf } from "./json-members.ts";

/** What logs in to a registry. */
export interface RegistryCredential {
  readonly username: string;
  readonly password: Secret;
}

/** One registry of a docker config. */
export interface RegistryEntry {
  /** As written: "host", "https://host/v1/", "*.example.com". */
  readonly key: string;
  /** Undefined where the entry holds none, as when a credential helper keeps it. */
  readonly credential?: RegistryCredential;
  /** The entry's JSON, byte for byte. It has the password in it. */
  readonly text: Secret;
}

/**
 * dockerconfigjson: entries under "auths", as in ~/.docker/config.json and Secrets of kubernetes.io/dockerconfigjson.
 * dockercfg: at the root, as in ~/.dockercfg and Secrets of kubernetes.io/dockercfg.
 */
export type DockerConfigForm = "dockerconfigjson" | "dockercfg";

/** A docker config that cannot be read; the message quotes nothing of it. */
export class DockerConfigError extends Error {
  override readonly name = "DockerConfigError";
}

/** The registries of a docker config. An empty text has none. `where` is for error messages. */
export function readDockerConfig(
  text: string,
  where: string,
  form: DockerConfigForm = "dockerconfigjson",
): readonly RegistryEntry[] {
  const at = entriesAt(text, where, form);
  if (at === undefined) return [];
  const entries = new Map<string, RegistryEntry>();
  for (const { key, start, end } of membersOf(text, at)) {
    const entryText = text.slice(start, end);
    const value: unknown = JSON.parse(entryText);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new DockerConfigError(`${where}: the entry ${key}: expected an object`);
    }
    const credential = credentialOf(value as Readonly<Record<string, unknown>>);
    // Of a name that stands twice the last one counts, as for every JSON parser.
    entries.set(key, { key, text: new Secret(entryText), ...(credential ? { credential } : {}) });
  }
  return [...entries.values()];
}

/** The text with this credential under `key`, there before or not. All other bytes stay as they are. */
export function withCredential(
  text: string,
  key: string,
  credential: RegistryCredential,
  where: string,
  form: DockerConfigForm = "dockerconfigjson",
): string {
  const known = readDockerConfig(text, where, form).find((entry) => entry.key === key);
  const { identitytoken: _, registrytoken: __, ...kept } = JSON.parse(known?.text.reveal() ?? "{}") as Entry;
  return withEntryText(text, key, JSON.stringify({ ...kept, ...entryOf(credential) }), where, form);
}

/** The same, with the entry's JSON as it is to stand there: to put back what was there before, byte for byte. */
export function withEntryText(
  text: string,
  key: string,
  entryText: string,
  where: string,
  form: DockerConfigForm = "dockerconfigjson",
): string {
  const at = entriesAt(text, where, form);
  if (at === undefined) return withFirst(text, form === "dockercfg" ? undefined : "auths", key, entryText);
  const members = membersOf(text, at);
  const found = members.filter((one) => one.key === key);
  if (found.length === 0) return insert(text, at, members.length === 0, `${JSON.stringify(key)}:${entryText}`);
  let changed = text;
  for (const { start, end } of found.toReversed()) {
    changed = changed.slice(0, start) + entryText + changed.slice(end);
  }
  return changed;
}

/** The text without the entry `key`; all other bytes stay, but for one comma. */
export function withoutEntry(
  text: string,
  key: string,
  where: string,
  form: DockerConfigForm = "dockerconfigjson",
): string {
  const at = entriesAt(text, where, form);
  if (at === undefined) return text;
  const members = membersOf(text, at);
  const index = members.findLastIndex((one) => one.key === key);
  const member = members[index];
  if (!member) return text;
  const next = members[index + 1];
  const before = members[index - 1];
  const [from, to] = next ? [member.keyStart, next.keyStart] : [before ? before.end : member.keyStart, member.end];
  return withoutEntry(text.slice(0, from) + text.slice(to), key, where, form);
}

/** A whole docker config with these credentials. */
export function printDockerConfig(
  credentials: Readonly<Record<string, RegistryCredential>>,
  form: DockerConfigForm = "dockerconfigjson",
): string {
  const entries = Object.entries(credentials).map(([key, credential]) => [key, entryOf(credential)]);
  const all = Object.fromEntries(entries);
  return JSON.stringify(form === "dockercfg" ? all : { auths: all });
}

/** Host and port of a key, in lower case: "https://Host:5000/v1/" gives "host:5000". */
export function hostOfKey(key: string): string {
  return (
    key
      .replace(/^https?:\/\//i, "")
      .split("/")[0]
      ?.toLowerCase() ?? ""
  );
}

/** Whether the entry `key` is for images of this host, as the kubelet understands it: globs within a label, port alike. */
export function keyMatchesHost(key: string, host: string): boolean {
  const [name = "", port = ""] = hostOfKey(key).split(":");
  const [wantedName = "", wantedPort = ""] = host.toLowerCase().split(":");
  const labels = name.split(".");
  const wanted = wantedName.split(".");
  if (port !== wantedPort || labels.length !== wanted.length) return false;
  return labels.every((label, index) => globMatches(label, wanted[index] ?? ""));
}

function globMatches(glob: string, text: string): boolean {
  const parts = [...glob].map((char) => (char === "*" ? ".*" : char === "?" ? "." : char.replace(/\W/g, "\\$&")));
  return new RegExp(`^${parts.join("")}$`).test(text);
}

type Entry = Readonly<Record<string, unknown>>;

function entryOf({ username, password }: RegistryCredential): Entry {
  const auth = Buffer.from(`${username}:${password.reveal()}`).toString("base64");
  return { username, password: password.reveal(), auth };
}

/** `auth` wins over the two fields, as for docker; the kubelet, too, reads it first. */
function credentialOf({ auth, username, password }: Entry): RegistryCredential | undefined {
  if (typeof auth === "string" && auth !== "") {
    const decoded = Buffer.from(auth, "base64").toString("utf8");
    const colon = decoded.indexOf(":");
    if (colon > 0) {
      // Docker itself pads with NUL.
      return { username: decoded.slice(0, colon), password: new Secret(decoded.slice(colon + 1).replace(/\0+$/, "")) };
    }
  }
  if (typeof username !== "string" || username === "" || typeof password !== "string") return undefined;
  return { username, password: new Secret(password) };
}

/** Where the object with the entries begins; undefined where there is none yet. */
function entriesAt(text: string, where: string, form: DockerConfigForm): number | undefined {
  if (text.trim() === "") return undefined;
  const root = parsed(text, where);
  if (typeof root !== "object" || root === null || Array.isArray(root)) {
    throw new DockerConfigError(`${where}: expected a JSON object`);
  }
  if (form === "dockercfg") return text.indexOf("{");
  const auths = membersOf(text).findLast(({ key }) => key === "auths");
  if (!auths || text.startsWith("null", auths.start)) return undefined;
  if (text[auths.start] !== "{") throw new DockerConfigError(`${where}: "auths": expected an object`);
  return auths.start;
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new DockerConfigError(`${where}: expected a docker config in JSON`);
  }
}

/** Into a config that has no object of entries yet. */
function withFirst(text: string, field: string | undefined, key: string, entryText: string): string {
  const entries = `{${JSON.stringify(key)}:${entryText}}`;
  if (text.trim() === "") return field ? `{${JSON.stringify(field)}:${entries}}` : entries;
  const members = membersOf(text);
  const empty = members.findLast((member) => member.key === field);
  if (empty) return text.slice(0, empty.start) + entries + text.slice(empty.end);
  return insert(text, text.indexOf("{"), members.length === 0, `${JSON.stringify(field)}:${entries}`);
}

function insert(text: string, brace: number, alone: boolean, member: string): string {
  return `${text.slice(0, brace + 1)}${member}${alone ? "" : ","}${text.slice(brace + 1)}`;
}
