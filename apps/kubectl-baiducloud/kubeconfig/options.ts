import { CLUSTER_ROLES, type ClusterRole, endpointOf, type KubeconfigType } from "@ccm/bce";
import {
  type Account,
  type CredentialCacheOptions,
  type CredentialKey,
  credentialFolder,
  type Looking,
  type Temporary,
} from "@ccm/cluster-access";
import { type Command, Option } from "commander";
import type { AccountOptions } from "../credentials/account.ts";
import { type Io, NAME, UsageFault } from "../io.ts";

export const TYPES: readonly KubeconfigType[] = ["vpc", "public"];
export const ROLES = CLUSTER_ROLES.map((role) => role.replace("cce:", ""));
const DEFAULT_HOURS = 8;
/** 30 days. */
const MOST_HOURS = 720;

/** A credential that ends by itself, as flags ask for it. */
export interface TemporaryOptions {
  readonly role?: string;
  readonly hours?: string;
  readonly namespace?: string;
  readonly user?: string;
}

export function withTemporary(command: Command): Command {
  return command
    .addOption(new Option("--role <role>", "a credential that ends by itself, with this role").choices(ROLES))
    .option("--hours <hours>", `with --role: when it ends, 1 to ${MOST_HOURS} (default: ${DEFAULT_HOURS})`)
    .option("-n, --namespace <namespace>", "with --role: only in this namespace (default: all)")
    .option("--user <who>", "with --role: the IAM user or role that it is for (default: whoever signs)");
}

/** Undefined when nothing temporary is asked for. */
export function temporaryOf({ role, hours, namespace, user }: TemporaryOptions): Temporary | undefined {
  if (role === undefined) {
    const stray = Object.entries({ hours, namespace, user }).find(([, value]) => value !== undefined);
    if (stray) throw new UsageFault(`--${stray[0]}: expected together with --role`);
    return undefined;
  }
  const count = hours === undefined ? DEFAULT_HOURS : Number(hours);
  if (!Number.isInteger(count) || count < 1 || count > MOST_HOURS) {
    throw new UsageFault(`--hours: expected a whole number from 1 to ${MOST_HOURS}`);
  }
  return { role: roleOf(role), hours: count, namespace: namespace ?? "all", userId: user ?? "" };
}

export function roleOf(role: string): ClusterRole {
  const found = CLUSTER_ROLES.find((one) => one === `cce:${role}`);
  if (!found) throw new UsageFault(`--role: expected one of ${ROLES.join(", ")}`);
  return found;
}

export function lookingWith(io: Io, step?: Looking["step"]): Looking {
  return { signal: io.signal, now: () => io.clock.now(), ...(step ? { step } : {}) };
}

export function cacheOf(io: Io): CredentialCacheOptions {
  const { files, clock, signal } = io;
  const warn = (text: string) => io.err(`${NAME}: warning: ${text.replace(/\s+/g, " ")}\n`);
  return { files, clock, signal, folder: credentialFolder(io.env, io.platform), warn };
}

/** Under which a credential is kept: the same for kubeconfigs of both types, which differ in the address only. */
export async function cacheKey(
  account: Account,
  { clusterId, region }: { readonly clusterId: string; readonly region: string },
  temporary: Temporary | undefined,
): Promise<CredentialKey> {
  const endpoint = endpointOf("cce", account.clientOptions(region));
  const { userId = "", role = "", namespace = "", hours = 0 } = temporary ?? {};
  return { clusterId, parts: [await account.identity(), endpoint, userId, role, namespace, String(hours)] };
}

/** The flags that say again what these say: for the plugin, which kubectl runs. Keys are never among them. */
export function accountArguments(options: AccountOptions): readonly string[] {
  const { profile, assumeRole, endpoint = [], cloudCa, cloudConfig } = options;
  const flags = { profile, "assume-role": assumeRole, "cloud-ca": cloudCa, "cloud-config": cloudConfig };
  return [
    ...Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
    ...endpoint.flatMap((url) => ["--endpoint", url]),
  ];
}
