import { Secret, type TlsOptions } from "@ccm/base";
import type { ConfigEnvironment, KubeConnection } from "./connection.ts";
import { type ExecSpec, execCredentials } from "./exec.ts";
import { configError, listAt, type Mapping, mapping, mappingAt, quote, textAt } from "./fields.ts";
import type { ConfigFiles } from "./files.ts";
import { bearer, fileToken } from "./token.ts";

interface Identity {
  readonly tls: TlsOptions;
  readonly authorize: KubeConnection["authorize"];
  /** The client certificate anew; absent when it cannot change. */
  readonly renewTls?: () => Promise<TlsOptions>;
}

/** To leave these out would be to act as somebody else than the file says. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  "auth-provider": "use an exec plugin, a token or a certificate",
  as: "impersonation is not done",
  "as-uid": "impersonation is not done",
  "as-groups": "impersonation is not done",
  "as-user-extra": "impersonation is not done",
};

/** How a kubeconfig's user proves who it is: the first of tokenFile, token, username and exec, besides a certificate. */
export async function userIdentity(
  user: Mapping,
  where: string,
  files: ConfigFiles,
  machine: ConfigEnvironment,
  describeCluster: () => Mapping,
): Promise<Identity> {
  for (const [field, advice] of Object.entries(UNSUPPORTED)) {
    if (user[field] !== undefined && user[field] !== null) {
      throw configError(where, `${field} is not supported: ${advice}`);
    }
  }
  const readPair = async (): Promise<TlsOptions> => {
    const cert = await files.pem(user, "client-certificate", where);
    const key = await files.pem(user, "client-key", where);
    if ((cert === undefined) !== (key === undefined)) {
      throw configError(where, "expected both client-certificate and client-key, found only one");
    }
    return cert && key ? { cert, key } : {};
  };
  const tls = await readPair();
  const fromFiles = tls.cert !== undefined && !user["client-certificate-data"];
  const beyond = await authorization(user, where, files, machine, describeCluster);
  const renewPair = beyond.renewPair ?? (fromFiles ? readPair : undefined);
  return {
    tls: { ...tls, ...beyond.pair },
    authorize: beyond.authorize,
    ...(renewPair ? { renewTls: async () => ({ ...tls, ...(await renewPair()) }) } : {}),
  };
}

interface Authorization {
  readonly authorize: KubeConnection["authorize"];
  /** The client certificate that comes with it. */
  readonly pair?: TlsOptions;
  readonly renewPair?: () => Promise<TlsOptions>;
}

async function authorization(
  user: Mapping,
  where: string,
  files: ConfigFiles,
  machine: ConfigEnvironment,
  describeCluster: () => Mapping,
): Promise<Authorization> {
  const tokenFile = textAt(user, "tokenFile", where);
  if (tokenFile) {
    const read = async () => new Secret((await files.text(tokenFile, `${where}: tokenFile`)).trim());
    const source = fileToken(`${where}: tokenFile`, read, machine.now);
    await source.get(false);
    return { authorize: bearer(source) };
  }
  const token = textAt(user, "token", where);
  if (token) return { authorize: header(where, "token", `Bearer ${token}`) };
  const username = textAt(user, "username", where);
  if (username) {
    const basic = Buffer.from(`${username}:${textAt(user, "password", where)}`).toString("base64");
    return { authorize: header(where, "username", `Basic ${basic}`) };
  }
  if (user.exec === undefined || user.exec === null) return { authorize: async () => ({}) };
  const atExec = `${where}: exec`;
  const spec = execSpec(mappingAt(user, "exec", where), atExec, files, describeCluster);
  const source = execCredentials(spec, atExec, machine);
  const renewPair = async (): Promise<TlsOptions> => {
    const { clientCertificate, clientKey } = await source.credential(false);
    return clientCertificate && clientKey ? { cert: clientCertificate, key: clientKey } : {};
  };
  const pair = await renewPair();
  return { authorize: bearer(source), ...(pair.cert === undefined ? {} : { pair, renewPair }) };
}

/** A header whose value never changes. */
function header(where: string, field: string, value: string): KubeConnection["authorize"] {
  // A line break would only be refused by the transport, in an error that shows the header.
  if (!/^[\x20-\x7e]+$/.test(value)) throw configError(where, `${field}: expected printable ASCII`);
  return async () => ({ authorization: value });
}

function execSpec(exec: Mapping, where: string, files: ConfigFiles, describeCluster: () => Mapping): ExecSpec {
  const command = textAt(exec, "command", where);
  if (!command) throw configError(where, "command: expected a program");
  if (textAt(exec, "interactiveMode", where) === "Always") {
    throw configError(where, "interactiveMode: expected IfAvailable or Never, there is nobody to ask");
  }
  const env: Record<string, string> = {};
  for (const entry of listAt(exec, "env", where)) {
    const pair = mapping(entry, `${where}: env`);
    const name = textAt(pair, "name", `${where}: env`);
    if (!name) throw configError(where, "env: expected entries with a name");
    env[name] = textAt(pair, "value", `${where}: env ${quote(name)}`);
  }
  return {
    apiVersion: textAt(exec, "apiVersion", where),
    // A bare name is looked up in PATH; what has a slash is a path like any other in this file.
    command: command.includes("/") ? files.resolve(command) : command,
    args: listAt(exec, "args", where).map((arg, index) => textAt({ args: arg }, "args", `${where}: [${index}]`)),
    env,
    installHint: textAt(exec, "installHint", where),
    ...(exec.provideClusterInfo === true ? { cluster: describeCluster() } : {}),
  };
}
