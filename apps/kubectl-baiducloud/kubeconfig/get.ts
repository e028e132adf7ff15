import type { KubeconfigType } from "@ccm/bce";
import {
  type Account,
  findCluster,
  findIdentity,
  type IssuedUser,
  issueKubeconfig,
  keepCredential,
  mergeContext,
  type NewContext,
  type RegionalCluster,
  type Temporary,
  typeFor,
  type UserEntry,
} from "@ccm/cluster-access";
import { parse } from "yaml";
import { type AccountOptions, openAccountOf } from "../credentials/account.ts";
import { EXIT, type Io, NAME, UsageFault } from "../io.ts";
import { createProgress } from "../progress.ts";
import { accountArguments, cacheKey, cacheOf, lookingWith, type TemporaryOptions, temporaryOf } from "./options.ts";

export interface GetOptions extends AccountOptions, TemporaryOptions {
  readonly type?: KubeconfigType;
  /** true: the usual file. */
  readonly merge?: string | true;
  readonly context?: string;
  /** "-": stdout. */
  readonly output?: string;
  readonly keepCurrent: boolean;
  readonly exec: boolean;
  readonly execCommand: string;
}

/** Gets a kubeconfig with nothing but the account's keys, and writes it, merges it, or prints it. */
export async function get(io: Io, clusterId: string, options: GetOptions): Promise<number> {
  const asked = temporaryOf(options);
  if (options.merge !== undefined && options.output !== undefined) {
    throw new UsageFault("--merge and -o: expected only one of them");
  }
  if (options.exec && options.credentialsSecret !== undefined) {
    throw new UsageFault("--exec and --credentials-secret: to read the Secret, kubectl would run the plugin again");
  }
  const account = await openAccountOf(io, options);
  const progress = createProgress(io);
  try {
    const looking = lookingWith(io, (what) => progress.step(what));
    const cluster = await findCluster(account, clusterId, looking);
    const { region } = cluster;
    const type = typeFor(cluster, options.type);
    const temporary = asked && {
      ...asked,
      userId: asked.userId === "" ? "" : (await findIdentity(account, asked.userId, looking)).id,
    };
    progress.step(`getting the kubeconfig of ${clusterId}`);
    const issued = await issueKubeconfig(account, { region, clusterId, type }, temporary, looking);
    if (options.exec) {
      // The first command of kubectl need not ask again.
      await keepCredential(await cacheKey(account, cluster, temporary), issued.user, cacheOf(io));
    }
    const context: NewContext = {
      name: options.context ?? clusterId,
      cluster: { server: issued.server, caData: issued.caData },
      user: options.exec ? pluginUser(cluster, type, temporary, options) : plainUser(issued.user),
      ...(temporary && temporary.namespace !== "all" ? { namespace: temporary.namespace } : {}),
    };
    progress.stop();
    const note = await write(io, context, options);
    if (note !== "") io.err(`${note}\n${summaryOf(cluster, type, issued.user, options, account)}\n`);
    return EXIT.nothing;
  } finally {
    progress.stop();
    await account.close();
  }
}

/** Returns what was done; "" when it was printed. */
async function write(io: Io, context: NewContext, { merge, output, keepCurrent }: GetOptions): Promise<string> {
  const { files } = io;
  if (merge === undefined && (output === undefined || output === "-")) {
    io.out(mergeContext(undefined, context, { source: "stdout", select: true }).text);
    return "";
  }
  const path = output ?? (typeof merge === "string" ? merge : usualFile(io.env));
  return files.withLock(
    path,
    async () => {
      const existing = await files.read(path);
      if (output !== undefined) {
        const others = otherContexts(existing, context.name);
        if (others.length > 0) {
          throw new Error(`-o ${path}: has other contexts (${others.join(", ")}), which --merge ${path} would keep`);
        }
        const { text } = mergeContext(undefined, context, { source: path, select: true });
        await files.replace(path, text);
        return `Wrote context ${context.name} to ${path}.`;
      }
      const { text, replaced, former } = mergeContext(existing, context, { source: path, select: !keepCurrent });
      const backup = `${path}.before-${NAME}`;
      const saved = existing !== undefined && (await files.copyOnce(path, backup));
      await files.replace(path, text);
      const said = [`Context ${context.name} was ${replaced ? "renewed" : "added"} in ${path}`];
      if (saved) said.push(`what was there before is in ${backup}`);
      const isCurrent = former === context.name || former === "" || !keepCurrent;
      if (!isCurrent) said.push(`the current context is still ${former}`);
      else if (former !== context.name && former !== "")
        said.push(`it is the current context now, before it was ${former}`);
      return `${said.join("; ")}.`;
    },
    io.signal,
  );
}

function plainUser(user: IssuedUser): UserEntry {
  if ("token" in user) return { token: user.token };
  return { "client-certificate-data": user.certData, "client-key-data": user.keyData };
}

function pluginUser(
  { clusterId, region }: RegionalCluster,
  type: KubeconfigType,
  temporary: Temporary | undefined,
  options: GetOptions,
): UserEntry {
  const { role, namespace } = options;
  const flags = temporary
    ? { role, hours: String(temporary.hours), namespace, user: temporary.userId || undefined }
    : {};
  const args = [
    ...["credential", "--cluster", clusterId, "--region", region, "--type", type],
    ...accountArguments(options),
    ...Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
  ];
  return {
    exec: {
      apiVersion: "client.authentication.k8s.io/v1",
      command: options.execCommand,
      args,
      interactiveMode: "Never",
      installHint: `${NAME} must be in the PATH, and find the account's keys: see docs/kubeconfig.md`,
    },
  };
}

function summaryOf(
  { clusterId, region }: RegionalCluster,
  type: KubeconfigType,
  user: IssuedUser,
  { exec }: GetOptions,
  { source }: Account,
): string {
  const place = `Cluster ${clusterId} in ${region}, ${type} endpoint`;
  if (exec) return `${place}; credentials are got when they are needed, with the keys of: ${source}.`;
  if ("token" in user) return `${place}; with a token.`;
  const { user: name, notAfter } = user.certificate;
  return `${place}; user ${name}, until ${new Date(notAfter).toISOString().replace(/\.\d+Z$/, "Z")}.`;
}

/** As kubectl: the first of $KUBECONFIG. */
function usualFile(env: Io["env"]): string {
  const [first = ""] = (env.KUBECONFIG ?? "").split(":").filter(Boolean);
  if (first !== "") return first;
  if (env.HOME) return `${env.HOME}/.kube/config`;
  throw new UsageFault("--merge: expected a file, since neither KUBECONFIG nor HOME is set");
}

function otherContexts(existing: string | undefined, name: string): readonly string[] {
  if (existing === undefined) return [];
  let root: unknown;
  try {
    root = parse(existing, { logLevel: "error" });
  } catch {
    return ["it is not YAML"];
  }
  if (root === null) return [];
  const { contexts } = root as { readonly contexts?: unknown };
  if (!Array.isArray(contexts)) return ["it is no kubeconfig"];
  return contexts.map((one) => String((one as { readonly name?: unknown } | null)?.name)).filter((one) => one !== name);
}
