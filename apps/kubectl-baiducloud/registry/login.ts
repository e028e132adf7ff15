import type { Account } from "@ccm/cluster-access";
import {
  type LoginApi,
  type RegistryCredential,
  registryAt,
  type TemporaryLogin,
  temporaryLogin,
  withCredential,
} from "@ccm/image-registry";
import { type AccountOptions, openAccountOf } from "../credentials/account.ts";
import { EXIT, type Io, NAME, UsageFault } from "../io.ts";
import { findRegistry, PERSONAL } from "./place.ts";

export const TOOLS = ["docker", "podman", "containerd"] as const;
export type Tool = (typeof TOOLS)[number];

export interface LoginOptions extends AccountOptions {
  readonly tool: Tool;
  readonly hours: string;
  readonly host?: string;
  readonly output?: string;
}

/** The host that the personal edition answers at. */
const PERSONAL_HOST = "registry.baidubce.com";

/** Writes a login that ends by itself into the config of the tool, and keeps all that is there. */
export async function login(io: Io, wanted: string, options: LoginOptions): Promise<number> {
  const hours = Number(options.hours);
  if (!Number.isInteger(hours) || hours < 1 || hours > 24) {
    throw new UsageFault("--hours: expected a whole number from 1 to 24");
  }
  const path = options.output ?? usualPath(io, options.tool);
  const account = await openAccountOf(io, options);
  try {
    const { host, credential } = await obtain(io, account, wanted, hours, options.host);
    const ends = new Date(credential.expiresAt).toISOString();
    if (options.tool === "containerd") {
      const text = containerdConfig(host, credential);
      if (path === undefined) io.out(text);
      else await io.files.replace(path, text);
    } else if (path === undefined) {
      throw new UsageFault(`${options.tool}: HOME is not set: expected a file with -o`);
    } else {
      await io.files.withLock(
        path,
        async () => {
          const before = (await io.files.read(path)) ?? "";
          await io.files.replace(path, withCredential(before, host, credential, path));
        },
        io.signal,
      );
    }
    io.err(`${NAME}: ${host}: ${credential.username} until ${ends}${path === undefined ? "" : `, in ${path}`}\n`);
    return EXIT.nothing;
  } finally {
    await account.close();
  }
}

async function obtain(
  io: Io,
  account: Account,
  wanted: string,
  hours: number,
  asked: string | undefined,
): Promise<{ readonly host: string; readonly credential: TemporaryLogin }> {
  const at = registryAt(wanted);
  if (wanted === PERSONAL || at?.edition === "personal") {
    const credential = await loginAt(io, account, { edition: "personal" }, hours);
    return { host: asked ?? (at ? wanted : PERSONAL_HOST), credential };
  }
  const { instance, hosts } = await findRegistry(io, account, wanted);
  const host = asked ?? (hosts.includes(wanted) ? wanted : hosts[0]);
  if (host === undefined)
    throw new Error(`registry ${instance.id} has no address yet: open it to the internet or link it into a VPC`);
  const place = { edition: "enterprise", instanceId: instance.id, region: instance.region } as const;
  return { host, credential: await loginAt(io, account, place, hours) };
}

export function loginAt(
  io: Io,
  account: Account,
  place: NonNullable<ReturnType<typeof registryAt>>,
  hours: number,
): Promise<TemporaryLogin> {
  const api = (region: string | undefined): LoginApi => account.client(region).ccr;
  return temporaryLogin(api, place, hours, io.clock, { lane: "user", signal: io.signal });
}

/** Undefined: none that is known; for containerd: stdout. */
function usualPath({ env }: Pick<Io, "env">, tool: Tool): string | undefined {
  const home = env.HOME;
  if (tool === "containerd") return undefined;
  if (tool === "podman") {
    if (env.REGISTRY_AUTH_FILE) return env.REGISTRY_AUTH_FILE;
    if (env.XDG_RUNTIME_DIR) return `${env.XDG_RUNTIME_DIR}/containers/auth.json`;
    return home ? `${home}/.config/containers/auth.json` : undefined;
  }
  const folder = env.DOCKER_CONFIG ?? (home ? `${home}/.docker` : undefined);
  return folder === undefined ? undefined : `${folder}/config.json`;
}

/** A part of containerd's config (version 3, for 2.x; the second table is that of 1.x), to be named by `imports`. */
export function containerdConfig(host: string, { username, password }: RegistryCredential): string {
  const text = (value: string) => JSON.stringify(value);
  const table = (plugin: string) =>
    `[plugins.${text(plugin)}.registry.configs.${text(host)}.auth]\n  username = ${text(username)}\n  password = ${text(password.reveal())}\n`;
  return `${table("io.containerd.cri.v1.images")}\n${table("io.containerd.grpc.v1.cri")}`;
}
