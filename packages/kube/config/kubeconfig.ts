import type { TlsOptions } from "@ccm/base";
import { parse } from "yaml";
import type { ConfigEnvironment, KubeConnection } from "./connection.ts";
import { booleanAt, configError, listAt, type Mapping, mapping, mappingAt, quote, textAt } from "./fields.ts";
import { configFiles } from "./files.ts";
import { userIdentity } from "./user.ts";

export interface KubeConfigOptions extends ConfigEnvironment {
  readonly text: string;
  /** The file's path: named in errors, and the place that relative paths start from. */
  readonly source: string;
  /** Default: current-context. */
  readonly context?: string;
  /** Overrides the cluster's server. */
  readonly server?: string;
}

/** Plugins are told about a cluster's extension of this name, as `config`. */
const EXEC_EXTENSION = "client.authentication.k8s.io/exec";

/**
 * Reads a kubeconfig: one context's server, trust and identity. Credential plugins are run once here, since a
 * certificate they give has to be known before the first connection; a token is refreshed later.
 * Throws a KubeError with code "config": one line with file, field and what was expected; never a secret.
 */
export async function loadKubeConfig(options: KubeConfigOptions): Promise<KubeConnection> {
  const { source } = options;
  const files = configFiles(source, options.readFile);
  const root = parseRoot(options.text, source);
  const contextName = options.context || textAt(root, "current-context", source);
  if (!contextName) throw configError(source, "current-context: expected the name of a context");
  const atContext = `${source}: context ${quote(contextName)}`;
  const context = named(root, "contexts", contextName, "context", source);
  const clusterName = textAt(context, "cluster", atContext);
  if (!clusterName) throw configError(atContext, "cluster: expected the name of a cluster");
  const atCluster = `${source}: cluster ${quote(clusterName)}`;
  const cluster = named(root, "clusters", clusterName, "cluster", source);
  const userName = textAt(context, "user", atContext);
  const user = userName ? named(root, "users", userName, "user", source) : {};

  const server = options.server || textAt(cluster, "server", atCluster);
  if (!/^https?:\/\/[^/?#\s@]+(\/[^?#\s]*)?$/.test(server)) {
    throw configError(atCluster, "server: expected a URL such as https://host:6443, without credentials");
  }
  if (textAt(cluster, "proxy-url", atCluster)) throw configError(atCluster, "proxy-url is not supported");
  const ca = await files.pem(cluster, "certificate-authority", atCluster);
  const serverName = textAt(cluster, "tls-server-name", atCluster);
  const insecureSkipVerify = booleanAt(cluster, "insecure-skip-tls-verify", atCluster);
  if (ca && insecureSkipVerify) {
    throw configError(atCluster, "expected certificate-authority or insecure-skip-tls-verify, found both");
  }
  const tls: TlsOptions = {
    ...(ca ? { ca } : {}),
    ...(insecureSkipVerify ? { insecureSkipVerify } : {}),
    ...(serverName ? { serverName } : {}),
  };
  const {
    tls: identity,
    authorize,
    renewTls,
  } = await userIdentity(user, `${source}: user ${quote(userName)}`, files, options, () => ({
    server,
    ...(ca ? { "certificate-authority-data": Buffer.from(ca).toString("base64") } : {}),
    ...(serverName ? { "tls-server-name": serverName } : {}),
    ...(insecureSkipVerify ? { "insecure-skip-tls-verify": true } : {}),
    ...pluginConfig(cluster, atCluster),
  }));
  const namespace = textAt(context, "namespace", atContext);
  return {
    server,
    tls: { ...tls, ...identity },
    ...(renewTls ? { renewTls: async () => ({ ...tls, ...(await renewTls()) }) } : {}),
    authorize,
    ...(namespace ? { namespace } : {}),
  };
}

function pluginConfig(cluster: Mapping, where: string): Mapping {
  for (const entry of listAt(cluster, "extensions", where)) {
    const extension = mapping(entry, `${where}: extensions`);
    if (extension.name === EXEC_EXTENSION) return { config: extension.extension };
  }
  return {};
}

function parseRoot(text: string, source: string): Mapping {
  let value: unknown;
  try {
    // With "silent", yaml would not even throw for a text that it cannot read.
    value = parse(text, { logLevel: "error" });
  } catch (error) {
    // Only where the fault is: the parser's message quotes the line, which may hold a key.
    const line = /at line (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
    throw configError(source, `not YAML${line ? ` (line ${line})` : ""}: expected a kubeconfig`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw configError(source, "expected a kubeconfig (kind: Config)");
  }
  return value as Mapping;
}

/** The `field` of the entry called `name` in one of the kubeconfig's lists. */
function named(root: Mapping, list: string, name: string, field: string, source: string): Mapping {
  const found = listAt(root, list, source).find(
    (entry): entry is Mapping =>
      typeof entry === "object" && entry !== null && "name" in entry && String(entry.name) === name,
  );
  if (!found) throw configError(source, `${list}: expected an entry named ${quote(name)}`);
  return mappingAt(found, field, `${source}: ${list}: ${quote(name)}`);
}
