import type { Clock, Logger, Metrics, Random, TransportFactory } from "@ccm/base";
import {
  type BceClient,
  type BceClientOptions,
  type CredentialSource,
  createAssumedRole,
  createBceClient,
  type ReadRecord,
  recordedKeys,
  recordedToken,
} from "@ccm/bce";
import { type KubeClient, SECRETS } from "@ccm/kube";
import { parse } from "yaml";
import type { CloudConfig, CredentialsChoice } from "./cloud-config.ts";

export interface CloudConnectionOptions {
  readonly config: CloudConfig;
  readonly openTransport: TransportFactory;
  /** Rejects with an error that has the system's `code`. */
  readonly readFile: (path: string) => Promise<string>;
  /** The cloud config as it is now, for the keys in it. Default: those of `config`, for ever. */
  readonly latest?: () => Promise<CloudConfig>;
  /** What `readAuthorities` gave for the config. Default: it is read. */
  readonly authorities?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: Metrics;
}

export interface CloudConnection {
  readonly client: BceClient;
  readonly credentials: CredentialSource;
  /** From now on, Secrets that hold credentials can be read. */
  useKubernetes(client: Pick<KubeClient, "get">): void;
  close(): Promise<void>;
}

/** Connects to the cloud as the cloud config says. Credentials are read again when they change, without a restart. */
export async function connectCloud(options: CloudConnectionOptions): Promise<CloudConnection> {
  const { config, readFile, clock, random, logger, metrics, latest = async () => config } = options;
  const { serverName, insecureSkipVerify } = config.tls;
  const ca = options.authorities ?? (await readAuthorities(config, readFile));
  if (insecureSkipVerify) {
    logger.warn("Tls.InsecureSkipVerify is set: whoever is between here and the cloud can read and change everything");
  }
  const transport = options.openTransport({
    ...(ca === "" ? {} : { ca }),
    ...(serverName === "" ? {} : { serverName }),
    ...(insecureSkipVerify ? { insecureSkipVerify } : {}),
  });
  let kube: Pick<KubeClient, "get"> | undefined;
  const readSecret = (namespace: string, name: string): ReadRecord => {
    return async () => {
      if (!kube) throw new Error(`Secret ${namespace}/${name}: not connected to Kubernetes yet`);
      const { data = {} } = await kube.get(SECRETS, { namespace, name });
      const text = ([key, value]: [string, string]) => [key, Buffer.from(value, "base64").toString("utf8")] as const;
      return Object.fromEntries(Object.entries(data).map(text));
    };
  };
  const sourceOf = (choice: CredentialsChoice): CredentialSource => {
    switch (choice.from) {
      case "config": {
        const read = async () => {
          const { accessKeyId, secretAccessKey, sessionToken } = await latest();
          return { accessKeyId, secretAccessKey: secretAccessKey.reveal(), sessionToken: sessionToken?.reveal() };
        };
        return recordedKeys({ read, where: "cloud config", clock });
      }
      case "file":
        return recordedKeys({ read: readKeys(choice.path, readFile), where: choice.path, clock });
      case "secret": {
        const { namespace, name } = choice;
        return recordedKeys({ read: readSecret(namespace, name), where: `Secret ${namespace}/${name}`, clock });
      }
      case "gateway": {
        const { token, endpoint: gateway } = choice;
        const [read, where] =
          token.from === "secret"
            ? ([readSecret(token.namespace, token.name), `Secret ${token.namespace}/${token.name}`] as const)
            : ([readFolder(token.path, ["token", "expiredAt"], readFile), token.path] as const);
        return recordedToken({ read, where, clock, gateway, clusterId: config.clusterId });
      }
    }
  };
  const base = sourceOf(config.credentials);
  const shared: BceClientOptions = {
    credentials: base,
    region: config.region,
    endpoints: config.endpoints,
    ...(config.endpointTemplate === "" ? {} : { endpointTemplate: config.endpointTemplate }),
    ccePathPrefix: config.ccePathPrefix,
    limits: config.limits,
    concurrency: config.concurrency,
    timeoutMs: config.timeoutMs,
    retries: config.retries,
    send: transport.send,
    clock,
    random,
    logger,
    ...(metrics ? { metrics } : {}),
    userAgent: `cce-k8s:${config.clusterId}`,
  };
  const credentials = config.assumeRole ? createAssumedRole(shared, config.assumeRole) : base;
  return {
    client: createBceClient({ ...shared, credentials }),
    credentials,
    useKubernetes(client) {
      kube = client;
    },
    close: () => transport.close(),
  };
}

/** The certificates of the authorities to trust, in PEM; "" for the system's. Throws when the file has none. */
export async function readAuthorities(
  { tls: { caFile, caData } }: Pick<CloudConfig, "tls">,
  readFile: CloudConnectionOptions["readFile"],
): Promise<string> {
  if (caFile === "") return caData;
  const text = await readFile(caFile).catch(because(`Tls.CaFile ${caFile}`));
  // Also while somebody writes it: half of a file is not used.
  if (/-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/.test(text)) return text;
  throw new Error(`Tls.CaFile ${caFile}: expected certificates in PEM`);
}

/** A file with the keys in JSON or YAML, or a folder with a file for each, as a mounted Secret is. */
function readKeys(path: string, readFile: (path: string) => Promise<string>): ReadRecord {
  const folder = readFolder(path, ["AccessKeyID", "SecretAccessKey", "SessionToken"], readFile);
  return async () => {
    let text: string;
    try {
      text = await readFile(path);
    } catch (error) {
      if (codeOf(error) === "EISDIR") return folder();
      return because(path)(error);
    }
    let value: unknown;
    try {
      value = parse(text, { logLevel: "error" });
    } catch {
      throw new Error(`${path}: neither JSON nor YAML`);
    }
    if (typeof value !== "object" || value === null)
      throw new Error(`${path}: expected AccessKeyID and SecretAccessKey`);
    const texts = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    return Object.fromEntries(texts);
  };
}

function readFolder(path: string, names: readonly string[], readFile: (path: string) => Promise<string>): ReadRecord {
  return async () => {
    const read = async (name: string) => {
      try {
        return [name, await readFile(`${path}/${name}`)] as const;
      } catch (error) {
        // Whoever needs the entry says that it is missing.
        if (codeOf(error) === "ENOENT") return [name, undefined] as const;
        return because(`${path}/${name}`)(error);
      }
    };
    return Object.fromEntries(await Promise.all(names.map(read)));
  };
}

function because(what: string): (error: unknown) => never {
  return (error) => {
    const code = codeOf(error);
    const why = code === "ENOENT" ? "no such file" : code === "EACCES" ? "permission denied" : "cannot be read";
    throw new Error(`${what}: ${why}`);
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
