import { type Account, AccountFault, openAccount } from "@ccm/cluster-access";
import { type NamedRegistry, parseNamedRegistry } from "@ccm/image-registry";
import type { Command } from "commander";
import { type Io, NAME, UsageFault } from "./io.ts";

/** The flags that say whose login it is, and at which registries. Keys are never among them. */
export interface AccountOptions {
  readonly profile?: string;
  readonly credentialsFile?: string;
  readonly assumeRole?: string;
  readonly endpoint?: readonly string[];
  readonly cloudCa?: string;
  readonly registry?: readonly string[];
  readonly passwordHours: string;
}

export function withAccount(command: Command): Command {
  return command
    .option("--credentials-file <file>", "INI file with profiles (default: $BCE_CREDENTIALS_FILE, ~/.bce/credentials)")
    .option("--profile <name>", "its profile (default: $BCE_PROFILE, default)")
    .option("--assume-role <account/role>", "IAM role to act as (default: $BCE_ASSUME_ROLE)")
    .option(
      "--endpoint <url>",
      "endpoint of all products, with {service} and {region}, or product=URL; may be given again",
      listed,
    )
    .option("--cloud-ca <file>", "certificates to trust for the cloud, in PEM (default: $BCE_CA_BUNDLE)");
}

export function withRegistries(command: Command): Command {
  return command
    .option(
      "--registry <host=registry>",
      "a domain of yours: host=ccr-1a2b3c4d@bj or host=personal; may be given again",
      listed,
    )
    .option("--password-hours <n>", "life of a temporary password of the enterprise edition, 1 to 24", "24");
}

function listed(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The same flags again, for a command line that is written elsewhere. */
export function accountArgs(options: AccountOptions): readonly string[] {
  const { credentialsFile, profile, assumeRole, endpoint = [], cloudCa, registry = [], passwordHours } = options;
  return [
    ...flag("credentials-file", credentialsFile),
    ...flag("profile", profile),
    ...flag("assume-role", assumeRole),
    ...endpoint.flatMap((value) => flag("endpoint", value)),
    ...flag("cloud-ca", cloudCa),
    ...registry.flatMap((value) => flag("registry", value)),
    ...flag("password-hours", passwordHours === "24" ? undefined : passwordHours),
  ];
}

export function flag(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`--${name}=${value}`];
}

/** Throws a UsageFault. Close it at the end. */
export async function openAccountOf(options: AccountOptions, io: Io): Promise<Account> {
  const { credentialsFile, registry: _, passwordHours: __, ...choice } = options;
  const env = credentialsFile === undefined ? io.env : { ...io.env, BCE_CREDENTIALS_FILE: credentialsFile };
  const readSecret = () => async () => ({});
  try {
    return await openAccount(choice, { ...io, env, userAgent: NAME, readSecret });
  } catch (error) {
    if (!(error instanceof AccountFault)) throw error;
    // Other programs have a flag for a Secret; this one has one for a file.
    throw new UsageFault(
      error.message.replace("or name a Secret with --credentials-secret", "or name a file with --credentials-file"),
    );
  }
}

/** Throws a UsageFault. */
export function registriesOf({ registry = [] }: AccountOptions): readonly NamedRegistry[] {
  return registry.map((text) => {
    try {
      return parseNamedRegistry(text);
    } catch (error) {
      throw new UsageFault(`--registry ${text}: ${(error as Error).message}`);
    }
  });
}

/** Throws a UsageFault. */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageFault(`--${name}: expected a whole number from ${least} to ${most}`);
}
