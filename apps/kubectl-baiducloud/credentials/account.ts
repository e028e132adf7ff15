/**
 * The flags that say which cloud account, and the account that they, the environment, profiles and the cloud config
 * name. A command adds the flags with `withAccount(command)` and calls `openAccountOf(io, options)`; `client(region)` of
 * what it gets is ready to use, against a simulator too (`--endpoint http://127.0.0.1:8080`). Close it at the end.
 */
import { createLogger, type Logger } from "@ccm/base";
import { type Account, type AccountChoice, type AccountDefaults, AccountFault, openAccount } from "@ccm/cluster-access";
import type { Command } from "commander";
import { type Io, NAME, UsageFault } from "../io.ts";
import type { ConnectOptions } from "../session.ts";

export interface AccountOptions extends AccountChoice {
  readonly cloudConfig?: string;
}

/** Adds the flags. AK/SK are never among them. */
export function withAccount(command: Command): Command {
  const list = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  return command
    .option("--profile <name>", "profile of ~/.bce/credentials or ~/.go-bcecli/credentials (default: $BCE_PROFILE)")
    .option("--credentials-secret <namespace/name>", "Kubernetes Secret with AccessKeyID and SecretAccessKey")
    .option("--assume-role <account/role>", "IAM role to act as (default: $BCE_ASSUME_ROLE)")
    .option("--region <region>", "region, or several as bj,gz (default: $BCE_REGION, the profile's, all)")
    .option(
      "--endpoint <url>",
      "endpoint of all products, with {service} and {region}, or product=URL; may be given again",
      list,
    )
    .option("--cloud-ca <file>", "certificates to trust for the cloud, in PEM (default: $BCE_CA_BUNDLE)")
    .option("--cloud-config <file>", "the CCM's cloud config: its keys, region, endpoints and CA");
}

/**
 * `cluster`: where the Secret of --credentials-secret is; default: as kubectl chooses. Throws a UsageFault for a choice
 * that cannot be followed.
 */
export async function openAccountOf(
  io: Io,
  options: AccountOptions,
  cluster: Pick<ConnectOptions, "kubeconfig" | "context"> = {},
): Promise<Account> {
  const closings: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const one of closings) await one();
  };
  try {
    const defaults = await defaultsOf(io, options, closings);
    const account = await openAccount(options, {
      ...io,
      logger: warningsOf(io),
      userAgent: NAME,
      ...(defaults ? { defaults } : {}),
      readSecret: (namespace, name) => () => readSecret(io, cluster, namespace, name),
    });
    closings.push(() => account.close());
    return { ...account, close };
  } catch (error) {
    await close();
    throw error instanceof AccountFault ? new UsageFault(error.message) : error;
  }
}

async function readSecret(
  io: Io,
  cluster: Pick<ConnectOptions, "kubeconfig" | "context">,
  namespace: string,
  name: string,
): Promise<Readonly<Record<string, string>>> {
  const { openKube } = await import("../session.ts");
  const { SECRETS } = await import("@ccm/kube");
  const kube = await openKube(io, cluster);
  try {
    const { data = {} } = await kube.client.get(SECRETS, { namespace, name }, { signal: io.signal });
    const texts = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]);
    return Object.fromEntries(texts);
  } finally {
    await kube.close();
  }
}

async function defaultsOf(
  io: Io,
  options: AccountOptions,
  closings: (() => Promise<void>)[],
): Promise<AccountDefaults | undefined> {
  const path = options.cloudConfig ?? io.env.BAIDUCLOUD_CLOUD_CONFIG ?? "";
  if (path === "") return undefined;
  // What it takes to read a cloud config is more than all else that the credential plugin needs.
  const { connectCloud, parseCloudConfig, readAuthorities } = await import("@ccm/baiducloud");
  const { readText } = await import("../session.ts");
  const { openTransport, readFile, clock, random } = io;
  const config = parseCloudConfig(await readText(io, path, "--cloud-config"), path, io.env);
  const ca = await readAuthorities(config, readFile);
  const logger = warningsOf(io);
  const connection = await connectCloud({ config, openTransport, readFile, clock, random, logger, authorities: ca });
  closings.push(() => connection.close());
  const { serverName, insecureSkipVerify } = config.tls;
  return {
    where: `cloud config ${path}`,
    chosen: options.cloudConfig !== undefined,
    credentials: connection.credentials,
    region: config.region,
    endpoints: config.endpoints,
    endpointTemplate: config.endpointTemplate,
    ccePathPrefix: config.ccePathPrefix,
    tls: {
      ...(ca === "" ? {} : { ca }),
      ...(serverName === "" ? {} : { serverName }),
      ...(insecureSkipVerify ? { insecureSkipVerify } : {}),
    },
  };
}

function warningsOf({ err }: Pick<Io, "err">): Logger {
  return createLogger((level, message) => {
    if (level === "warn" || level === "error") err(`${NAME}: warning: ${message}\n`);
  });
}
