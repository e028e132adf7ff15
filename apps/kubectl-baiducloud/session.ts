import { type CloudConfig, type CloudConnection, connectCloud, parseCloudConfig } from "@ccm/baiducloud";
import { createLogger, type Logger, type TransportFactory } from "@ccm/base";
import { createKubeClient, hasCode, type KubeClient, type KubeConnection, SECRETS } from "@ccm/kube";
import { type Io, NAME, UsageFault } from "./io.ts";

/** The flags that say which cluster and which account. */
export interface ConnectOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cloudConfig?: string;
  readonly cloudConfigSecret: string;
}

export interface Kube {
  readonly client: KubeClient;
  readonly connection: KubeConnection;
  /** That of the context. */
  readonly namespace: string;
  /** The same cluster as somebody else. */
  as(user: string): KubeClient;
  close(): Promise<void>;
}

export async function openKube(io: Io, options: Pick<ConnectOptions, "kubeconfig" | "context">): Promise<Kube> {
  const { context } = options;
  const kubeconfig = options.kubeconfig ?? usualKubeconfig(io.env);
  const connection = await io.connectKube({ kubeconfig, ...(context ? { context } : {}) });
  const { send, close } = io.openTransport(connection.tls);
  const { server: baseUrl, authorize } = connection;
  const { clock, random } = io;
  const clientWith = (headers: Readonly<Record<string, string>>) =>
    createKubeClient({
      baseUrl,
      send,
      clock,
      random,
      userAgent: NAME,
      authorize: async (refresh) => ({ ...(await authorize(refresh)), ...headers }),
    });
  return {
    client: clientWith({}),
    connection,
    namespace: connection.namespace ?? "default",
    as: (user) => clientWith({ "impersonate-user": user }),
    close,
  };
}

/** As kubectl; in a Pod without a kubeconfig the Pod's own service account. */
function usualKubeconfig(env: Io["env"]): string {
  const [first = ""] = (env.KUBECONFIG ?? "").split(":").filter(Boolean);
  if (first !== "") return first;
  return env.KUBERNETES_SERVICE_HOST ? "" : `${env.HOME ?? ""}/.kube/config`;
}

const CONFIG_KEY = "cloud.yaml";

/** The text of the cloud config, and where it is from: a file, or the Secret that the CCM's Deployment mounts. */
export async function readCloudConfig(
  io: Io,
  client: Pick<KubeClient, "get">,
  { cloudConfig, cloudConfigSecret }: Pick<ConnectOptions, "cloudConfig" | "cloudConfigSecret">,
): Promise<{ readonly text: string; readonly source: string }> {
  const path = cloudConfig ?? io.env.BAIDUCLOUD_CLOUD_CONFIG ?? "";
  if (path !== "") return { text: await readText(io, path, "--cloud-config"), source: path };
  const [, namespace, name] = /^([^/]+)\/([^/]+)$/.exec(cloudConfigSecret) ?? [];
  if (!namespace || !name) {
    throw new UsageFault(`--cloud-config-secret ${cloudConfigSecret}: expected namespace/name of a Secret`);
  }
  const source = `Secret ${namespace}/${name}`;
  const instead = "name a file with --cloud-config, or another Secret with --cloud-config-secret";
  try {
    const { data = {} } = await client.get(SECRETS, { namespace, name });
    const [only, ...others] = Object.values(data);
    const value = data[CONFIG_KEY] ?? (others.length === 0 ? only : undefined);
    if (value === undefined) throw new Error(`${source}: expected the key ${CONFIG_KEY}; ${instead}`);
    return { text: Buffer.from(value, "base64").toString("utf8"), source };
  } catch (error) {
    if (hasCode(error, "not_found")) throw new Error(`no cloud config: there is no ${source}; ${instead}`);
    if (hasCode(error, "forbidden")) throw new Error(`no cloud config: you may not read ${source}; ${instead}`);
    throw error;
  }
}

export async function readText(io: Pick<Io, "readFile">, path: string, flag: string): Promise<string> {
  try {
    return await io.readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const why = code === "ENOENT" ? "no such file" : code === "EACCES" ? "permission denied" : "cannot be read";
    throw new Error(`${flag} ${path}: ${why}`);
  }
}

/** Warnings for the person at the terminal. */
export function warnings({ err }: Pick<Io, "err">): Logger {
  return createLogger((level, message, fields) => {
    if (level !== "warn" && level !== "error") return;
    const words = Object.entries(fields).map(([key, value]) => `${key}: ${String(value)}`);
    err(`${NAME}: ${level === "warn" ? "warning: " : ""}${[message, ...words].join("; ")}\n`);
  });
}

/** `retries`: how often a call is sent again that the cloud did not take. */
export async function openCloud(
  io: Io,
  config: CloudConfig,
  client: Pick<KubeClient, "get">,
  openTransport: TransportFactory = io.openTransport,
): Promise<CloudConnection> {
  const { clock, random, readFile } = io;
  const connection = await connectCloud({ config, openTransport, readFile, clock, random, logger: warnings(io) });
  connection.useKubernetes(client);
  return connection;
}

export interface Session {
  readonly kube: Kube;
  readonly config: CloudConfig;
  /** What `config` was read from. Holds secrets. */
  readonly configFile: { readonly text: string; readonly source: string };
  readonly cloud: CloudConnection;
}

/** Opens both, runs, and closes both, whatever happens. */
export async function withSession<T>(
  io: Io,
  options: ConnectOptions,
  run: (session: Session) => Promise<T>,
): Promise<T> {
  const kube = await openKube(io, options);
  try {
    const configFile = await readCloudConfig(io, kube.client, options);
    const config = parseCloudConfig(configFile.text, configFile.source, io.env);
    const cloud = await openCloud(io, config, kube.client);
    try {
      return await run({ kube, config, configFile, cloud });
    } finally {
      await cloud.close();
    }
  } finally {
    await kube.close();
  }
}
