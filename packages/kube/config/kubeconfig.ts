import { Secret, type TlsOptions } from "@ccm/base";
import { parse } from "yaml";
import { KubeError } from "../error.ts";
import type { ConfigEnvironment, KubeConnection } from "./connection.ts";
import { type ExecSpec, execCredentials } from "./exec.ts";
import { bearer, fileToken } from "./token.ts";

type Mapping = Readonly<Record<string, unknown>>;

export interface KubeConfigOptions extends ConfigEnvironment {
  readonly text: string;
  /** The file's path: named in errors, and the place that relative paths start from. */
  readonly source: string;
  /** Default: current-context. */
  readonly context?: string;
  /** Overrides the cluster's server. */
  readonly server?: string;
}

/** Reads a kubeconfig. Throws a KubeError with code "config": one line with file, field and what was expected; never a secret. */
export async function loadKubeConfig(options: KubeConfigOptions): Promise<KubeConnection> {
  const { source } = options;
  const root = parseRoot(options.text, source);
  const contextName = options.context ?? textAt(root, "current-context", source);
  if (!contextName) throw fault(source, "current-context", "expected the name of a context");
  const context = named(root, "contexts", contextName, "context", source);
  const clusterName = textAt(context, "cluster", `${source}: context "${contextName}"`);
  const cluster = named(root, "clusters", clusterName, "cluster", source);
  const userName = textAt(context, "user", `${source}: context "${contextName}"`);
  const user = userName ? named(root, "users", userName, "user", source) : {};

  const server = options.server || textAt(cluster, "server", `${source}: cluster "${clusterName}"`);
  if (!/^https?:\/\/[^/?#\s]+/.test(server)) {
    throw fault(
      source,
      `cluster "${clusterName}": server`,
      `expected a URL such as https://host:6443, got ${quote(server)}`,
    );
  }
  const reader = createReader(options);
  const namespace = textAt(context, "namespace", source);
  const clusterWhere = `${source}: cluster "${clusterName}"`;
  const ca = await reader.dataOrFile(cluster, "certificate-authority", clusterWhere);
  const tls: TlsOptions = {
    ...(ca ? { ca } : {}),
    ...(cluster["insecure-skip-tls-verify"] === true ? { insecureSkipVerify: true } : {}),
    ...optional("serverName", textAt(cluster, "tls-server-name", clusterWhere)),
  };
  const { tls: identity, authorize } = await userIdentity(user, `${source}: user "${userName}"`, options, {
    server,
    ...(ca ? { "certificate-authority-data": Buffer.from(ca).toString("base64") } : {}),
  });
  return { server, tls: { ...tls, ...identity }, authorize, ...(namespace ? { namespace } : {}) };
}

async function userIdentity(
  user: Mapping,
  where: string,
  options: KubeConfigOptions,
  cluster: Mapping,
): Promise<{ tls: TlsOptions; authorize: KubeConnection["authorize"] }> {
  const reader = createReader(options);
  const cert = await reader.dataOrFile(user, "client-certificate", where);
  const key = await reader.dataOrFile(user, "client-key", where);
  if ((cert === undefined) !== (key === undefined)) {
    throw new KubeError("config", `${where}: expected both client-certificate and client-key, found only one`);
  }
  const tls: TlsOptions = cert && key ? { cert, key } : {};
  const token = textAt(user, "token", where);
  const tokenFile = textAt(user, "tokenFile", where);
  if (tokenFile) {
    const read = async (path: string) => new Secret((await reader.file(path, `${where}: tokenFile`)).trim());
    return { tls, authorize: bearer(fileToken(tokenFile, read, options.now)) };
  }
  if (token) return { tls, authorize: async () => ({ authorization: `Bearer ${token}` }) };
  const username = textAt(user, "username", where);
  if (username) {
    const basic = Buffer.from(`${username}:${textAt(user, "password", where)}`).toString("base64");
    return { tls, authorize: async () => ({ authorization: `Basic ${basic}` }) };
  }
  if (user.exec !== undefined && user.exec !== null) {
    const source = execCredentials(
      execSpec(mapping(user.exec, `${where}: exec`), where, cluster),
      `${where}: exec`,
      options,
    );
    const first = await source.credential(false);
    const pair =
      first.clientCertificate && first.clientKey ? { cert: first.clientCertificate, key: first.clientKey } : {};
    return { tls: { ...tls, ...pair }, authorize: bearer(source) };
  }
  if (user["auth-provider"] !== undefined) {
    throw new KubeError(
      "config",
      `${where}: auth-provider is not supported: use an exec plugin, a token or a certificate`,
    );
  }
  return { tls, authorize: async () => ({}) };
}

function execSpec(exec: Mapping, where: string, cluster: Mapping): ExecSpec {
  const command = textAt(exec, "command", `${where}: exec`);
  if (!command) throw new KubeError("config", `${where}: exec.command: expected a program`);
  const args = exec.args === undefined || exec.args === null ? [] : exec.args;
  if (!Array.isArray(args)) throw new KubeError("config", `${where}: exec.args: expected a list`);
  const env: Record<string, string> = {};
  for (const entry of Array.isArray(exec.env) ? exec.env : []) {
    const pair = mapping(entry, `${where}: exec.env`);
    env[textAt(pair, "name", where)] = textAt(pair, "value", where);
  }
  return {
    apiVersion: textAt(exec, "apiVersion", where),
    command,
    args: args.map(String),
    env,
    installHint: textAt(exec, "installHint", where),
    ...(exec.provideClusterInfo === true ? { cluster } : {}),
  };
}

function createReader(options: KubeConfigOptions) {
  const folder = options.source.includes("/") ? options.source.replace(/\/[^/]*$/, "") : ".";
  const file = async (path: string, where: string): Promise<string> => {
    const full = path.startsWith("/") ? path : `${folder}/${path}`;
    try {
      return await options.readFile(full);
    } catch (cause) {
      throw new KubeError("config", `${where}: ${full} cannot be read`, { cause });
    }
  };
  return {
    file,
    /** `<field>-data` (base64) or the file that `<field>` names. */
    async dataOrFile(from: Mapping, field: string, where: string): Promise<string | undefined> {
      const data = textAt(from, `${field}-data`, where);
      if (data) {
        if (!/^[A-Za-z0-9+/=\s]+$/.test(data))
          throw new KubeError("config", `${where}: ${field}-data: expected base64`);
        return Buffer.from(data, "base64").toString("utf8");
      }
      const path = textAt(from, field, where);
      return path ? await file(path, `${where}: ${field}`) : undefined;
    },
  };
}

function parseRoot(text: string, source: string): Mapping {
  let value: unknown;
  try {
    value = parse(text, { logLevel: "error" });
  } catch (error) {
    // Only where the fault is: the parser's message quotes the line, which may hold a key.
    const line = /at line (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
    throw new KubeError("config", `${source}: not YAML${line ? ` (line ${line})` : ""}: expected a kubeconfig`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new KubeError("config", `${source}: expected a kubeconfig (kind: Config)`);
  }
  return value as Mapping;
}

function named(root: Mapping, list: string, name: string, field: string, source: string): Mapping {
  const entries = root[list];
  const found = (Array.isArray(entries) ? entries : []).find(
    (entry: unknown) => typeof entry === "object" && entry !== null && (entry as Mapping).name === name,
  ) as Mapping | undefined;
  if (!found) throw fault(source, list, `expected an entry named ${quote(name)}`);
  const value = found[field];
  return value === null || value === undefined ? {} : mapping(value, `${source}: ${list}: ${quote(name)}: ${field}`);
}

function mapping(value: unknown, where: string): Mapping {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Mapping;
  throw new KubeError("config", `${where}: expected a mapping`);
}

function textAt(from: Mapping, field: string, where: string): string {
  const value = from[field];
  if (value === undefined || value === null) return "";
  if (typeof value === "object") throw new KubeError("config", `${where}: ${field}: expected a text`);
  return String(value);
}

function optional<K extends string>(key: K, value: string): Partial<Record<K, string>> {
  return value === "" ? {} : ({ [key]: value } as Record<K, string>);
}

function fault(source: string, field: string, expected: string): KubeError {
  return new KubeError("config", `${source}: ${field}: ${expected}`);
}

function quote(text: string): string {
  return JSON.stringify(text);
}
