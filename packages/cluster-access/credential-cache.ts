import { createHash } from "node:crypto";
import { type Clock, errorText } from "@ccm/base";
import type { PrivateFiles } from "./files.ts";
import { certificateFacts, type IssuedUser } from "./issued.ts";

/** A credential for one cluster, and until when it is good; milliseconds since the epoch. */
export interface ClusterCredential {
  readonly user: IssuedUser;
  /** Undefined: it does not say. */
  readonly expiresAt: number | undefined;
}

export interface CredentialCacheOptions {
  readonly files: PrivateFiles;
  /** Undefined: nothing is kept. */
  readonly folder: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told when what is at hand is used because the cloud does not answer. */
  readonly warn: (text: string) => void;
}

export interface CredentialKey {
  readonly clusterId: string;
  /** All that the credential depends on: account, region, kind, role … */
  readonly parts: readonly string[];
}

/** A credential is renewed when a tenth of its life is left, between these; milliseconds. */
const LEAST_MARGIN_MS = 60_000;
const MOST_MARGIN_MS = 86_400_000;
/** The cloud gives the same certificate again until its end: it is not asked at every command meanwhile. */
const AGAIN_MS = 300_000;
/** Of a token, whose end is not known. */
const TOKEN_LIFE_MS = 3_600_000;

interface Entry {
  readonly user?: IssuedUser;
  /** When the cloud was asked last, and what went wrong then. */
  readonly askedAt: number;
  readonly failure?: string;
}

/**
 * The credential of a cluster from the cache, or from `obtain` when there is none or it ends soon. Of all processes that
 * want the same one at a time, one obtains it, and the others have what it got, its failure included. While the cloud cannot
 * be asked, what is good still is used.
 */
export async function cachedCredential(
  key: CredentialKey,
  obtain: () => Promise<IssuedUser>,
  { files, folder, clock, signal, warn }: CredentialCacheOptions,
): Promise<ClusterCredential> {
  if (folder === undefined) return credentialOf(await obtain());
  const path = `${folder}/${fileOf(key)}`;
  const began = clock.now();
  const good = (entry: Entry | undefined) => (entry?.user && !isDue(entry, clock.now()) ? entry.user : undefined);
  const known = good(parseEntry(await files.read(path)));
  if (known) return credentialOf(known);
  return files.withLock(
    path,
    async () => {
      const entry = parseEntry(await files.read(path));
      const meanwhile = good(entry);
      if (meanwhile) return credentialOf(meanwhile);
      const keep = (next: Entry) => files.replace(path, JSON.stringify(next));
      if (!entry?.user && entry?.failure !== undefined && entry.askedAt >= began) throw new Error(entry.failure);
      try {
        const user = await obtain();
        await prune(files, folder, clock.now());
        await keep({ user, askedAt: clock.now() });
        return credentialOf(user);
      } catch (error) {
        if (signal.aborted) throw error;
        const failure = errorText(error);
        if (entry?.user && isAlive(entry, clock.now())) {
          warn(`the credential at hand is used, since no new one could be had: ${failure}`);
          await keep({ user: entry.user, askedAt: clock.now(), failure });
          return credentialOf(entry.user);
        }
        await keep({ askedAt: clock.now(), failure });
        throw error;
      }
    },
    signal,
  );
}

/** Puts a credential that was just issued into the cache. */
export async function keepCredential(
  key: CredentialKey,
  user: IssuedUser,
  { files, folder, clock, signal }: Omit<CredentialCacheOptions, "warn">,
): Promise<void> {
  if (folder === undefined) return;
  const path = `${folder}/${fileOf(key)}`;
  const entry: Entry = { user, askedAt: clock.now() };
  await files.withLock(path, () => files.replace(path, JSON.stringify(entry)), signal);
}

/** Forgets every credential of a cluster. Resolves to how many there were. */
export async function forgetCluster(
  clusterId: string,
  { files, folder }: Pick<CredentialCacheOptions, "files" | "folder">,
): Promise<number> {
  if (folder === undefined) return 0;
  const mine = (await files.list(folder)).filter((name) => name.startsWith(`${clusterId}_`) && name.endsWith(".json"));
  for (const name of mine) await files.remove(`${folder}/${name}`);
  return mine.length;
}

/** In the user's cache folder; undefined when there is none. */
export function credentialFolder(
  env: Readonly<Record<string, string | undefined>>,
  platform: string,
): string | undefined {
  const home = env.HOME ?? "";
  const usual = home === "" ? "" : `${home}/${platform === "darwin" ? "Library/Caches" : ".cache"}`;
  const cache = env.XDG_CACHE_HOME || usual;
  return cache === "" ? undefined : `${cache}/kubectl-baiducloud/credentials`;
}

/** The answer to kubectl, as `client.authentication.k8s.io` says. Throws for an `apiVersion` that is not known. */
export function execCredential({ user, expiresAt }: ClusterCredential, execInfo: string | undefined): string {
  const apiVersion = askedVersion(execInfo);
  const pem = (data: string) => Buffer.from(data, "base64").toString("utf8");
  const status = {
    ...(expiresAt === undefined
      ? {}
      : { expirationTimestamp: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, "Z") }),
    ...("token" in user
      ? { token: user.token }
      : { clientCertificateData: pem(user.certData), clientKeyData: pem(user.keyData) }),
  };
  return `${JSON.stringify({ kind: "ExecCredential", apiVersion, spec: { interactive: false }, status })}\n`;
}

const VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

function askedVersion(execInfo: string | undefined): string {
  if (!execInfo) return VERSIONS[0] ?? "";
  let asked: unknown;
  try {
    asked = (JSON.parse(execInfo) as { readonly apiVersion?: unknown } | null)?.apiVersion;
  } catch {
    throw new Error("KUBERNETES_EXEC_INFO: expected JSON");
  }
  if (typeof asked === "string" && VERSIONS.includes(asked)) return asked;
  throw new Error(`KUBERNETES_EXEC_INFO: expected apiVersion ${VERSIONS.join(" or ")}`);
}

function fileOf({ clusterId, parts }: CredentialKey): string {
  return `${clusterId}_${createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 24)}.json`;
}

function credentialOf(user: IssuedUser): ClusterCredential {
  return { user, expiresAt: "certificate" in user ? user.certificate.notAfter : undefined };
}

function isAlive({ user, askedAt }: Entry, now: number): boolean {
  if (!user) return false;
  return "certificate" in user ? now < user.certificate.notAfter : now < askedAt + TOKEN_LIFE_MS;
}

/** Whether the cloud is to be asked: what is at hand ends soon, and it was not asked just now. */
function isDue(entry: Entry, now: number): boolean {
  if (!isAlive(entry, now) || !entry.user) return true;
  if (!("certificate" in entry.user)) return false;
  const { notBefore, notAfter } = entry.user.certificate;
  const margin = Math.min(MOST_MARGIN_MS, Math.max(LEAST_MARGIN_MS, (notAfter - notBefore) / 10));
  const asked = now - entry.askedAt;
  return now > notAfter - margin && (asked < 0 || asked >= AGAIN_MS);
}

/** Undefined for what is not ours, or half: it is made anew. */
function parseEntry(text: string | undefined): Entry | undefined {
  if (text === undefined) return undefined;
  try {
    const { user, askedAt, failure } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof askedAt !== "number") return undefined;
    const known = userOf(user);
    return {
      askedAt,
      ...(known ? { user: known } : {}),
      ...(typeof failure === "string" ? { failure } : {}),
    };
  } catch {
    return undefined;
  }
}

function userOf(value: unknown): IssuedUser | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { token, certData, keyData } = value as Readonly<Record<string, unknown>>;
  if (typeof token === "string" && token !== "") return { token };
  if (typeof certData !== "string" || typeof keyData !== "string") return undefined;
  // Read anew: what the certificate says is what counts.
  const certificate = certificateFacts(Buffer.from(certData, "base64").toString("utf8"));
  return certificate && { certData, keyData, certificate };
}

/** Keys of temporary accounts, and clusters that are gone, leave entries that nobody asks for again. */
async function prune(files: PrivateFiles, folder: string, now: number): Promise<void> {
  for (const name of await files.list(folder)) {
    if (!name.endsWith(".json")) continue;
    const entry = parseEntry(await files.read(`${folder}/${name}`));
    if (!entry || (!isAlive(entry, now) && now - entry.askedAt > MOST_MARGIN_MS))
      await files.remove(`${folder}/${name}`);
  }
}
