import { createHash } from "node:crypto";
import { errorText, Secret } from "@ccm/base";
import type { Account } from "@ccm/cluster-access";
import { hostOfKey, registryAt, type TemporaryLogin } from "@ccm/image-registry";
import { openAccountOf } from "../credentials/account.ts";
import { EXIT, type Io, NAME, UsageFault } from "../io.ts";
import { loginAt } from "./login.ts";

export const ACTIONS = ["get", "store", "erase", "list"] as const;
export type Action = (typeof ACTIONS)[number];

/** Docker knows this sentence, and goes on without a login. */
const NOT_FOUND = "credentials not found in native keychain";
const HOURS = 12;
/** What is left of a password for a pull that begins now; milliseconds. */
const MARGIN_MS = 900_000;

/** What is kept of a login, in a file that only its user may read. */
interface Entry {
  readonly host: string;
  readonly username: string;
  readonly password: string;
  readonly expiresAt: number;
}

/**
 * The protocol of docker's credential helpers: the registry on stdin, the login on stdout. Account and region come from the
 * environment and the profiles: docker passes no flags on.
 */
export async function credentialHelper(io: Io, action: Action): Promise<number> {
  try {
    return await answer(io, action);
  } catch (error) {
    // Docker shows its user what was written to stdout.
    if (!io.signal.aborted) io.out(`${errorText(error).replace(/\s+/g, " ")}\n`);
    throw error;
  }
}

async function answer(io: Io, action: Action): Promise<number> {
  const folder = cacheFolder(io);
  if (action === "list") {
    const entries = await all(io, folder);
    const alive = entries.filter(({ expiresAt }) => expiresAt > io.clock.now());
    io.out(`${JSON.stringify(Object.fromEntries(alive.map(({ host, username }) => [host, username])))}\n`);
    return EXIT.nothing;
  }
  const input = ((await io.input?.()) ?? "").trim();
  if (action === "store") {
    throw new UsageFault("store: nothing is stored: logins are made from the account's keys when they are needed");
  }
  const host = hostOfKey(input);
  if (host === "") throw new UsageFault(`${action}: expected the registry's address on stdin`);
  const place = registryAt(host);
  if (!place) {
    // To the rest of the world of registries it says nothing; what it says is for docker, on stdout.
    io.out(`${NOT_FOUND}\n`);
    return action === "erase" ? EXIT.nothing : EXIT.failure;
  }
  const account = await openAccountOf(io, {});
  try {
    const path = await pathOf(folder, account, host);
    if (action === "erase") {
      if (path) await io.files.remove(path);
      return EXIT.nothing;
    }
    const obtain = () => loginAt(io, account, place, HOURS);
    const found = path ? await cached(io, path, host, obtain) : await obtain();
    const { username, password } = found;
    io.out(`${JSON.stringify({ ServerURL: input, Username: username, Secret: password.reveal() })}\n`);
    return EXIT.nothing;
  } finally {
    await account.close();
  }
}

/** Pulls ask for every image: they share one login, made once. */
async function cached(
  io: Io,
  path: string,
  host: string,
  obtain: () => Promise<TemporaryLogin>,
): Promise<Pick<TemporaryLogin, "username" | "password">> {
  const read = async () => {
    const entry = parse(await io.files.read(path));
    const left = (entry?.expiresAt ?? 0) - io.clock.now();
    return entry && left > MARGIN_MS ? { username: entry.username, password: new Secret(entry.password) } : undefined;
  };
  const known = await read();
  if (known) return known;
  return io.files.withLock(
    path,
    async () => {
      const meanwhile = await read();
      if (meanwhile) return meanwhile;
      const { username, password, expiresAt } = await obtain();
      const entry: Entry = { host, username, password: password.reveal(), expiresAt };
      await io.files.replace(path, JSON.stringify(entry));
      return { username, password };
    },
    io.signal,
  );
}

function cacheFolder({ env }: Io): string | undefined {
  const base = env.XDG_CACHE_HOME || (env.HOME ? `${env.HOME}/.cache` : "");
  return base === "" ? undefined : `${base}/${NAME}/registry`;
}

/** One for each account and host. */
async function pathOf(folder: string | undefined, account: Account, host: string): Promise<string | undefined> {
  if (folder === undefined) return undefined;
  const hash = createHash("sha256")
    .update(JSON.stringify([await account.identity(), host]))
    .digest("hex");
  return `${folder}/${hash.slice(0, 32)}.json`;
}

async function all(io: Io, folder: string | undefined): Promise<readonly Entry[]> {
  if (folder === undefined) return [];
  const names = (await io.files.list(folder)).filter((name) => name.endsWith(".json"));
  const texts = await Promise.all(names.map((name) => io.files.read(`${folder}/${name}`)));
  return texts.flatMap((text) => parse(text) ?? []);
}

function parse(text: string | undefined): Entry | undefined {
  try {
    const entry = JSON.parse(text ?? "") as Entry;
    const isOne = typeof entry.username === "string" && typeof entry.password === "string";
    return isOne && typeof entry.host === "string" && typeof entry.expiresAt === "number" ? entry : undefined;
  } catch {
    return undefined;
  }
}
