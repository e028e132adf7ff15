import type { ClusterRole, KubeconfigType } from "@ccm/bce";
import { findCluster, issueKubeconfig, mergeContext, type NewContext, typeFor } from "@ccm/cluster-access";
import { hasCode, type KubeClient } from "@ccm/kube";
import { isIamOwner, type Owner, type Tenant } from "@ccm/tenancy";
import { type AccountOptions, openAccountOf } from "../credentials/account.ts";
import { EXIT, type Io, UsageFault } from "../io.ts";
import { lookingWith } from "../kubeconfig/options.ts";
import type { Kube } from "../session.ts";
import { type ClusterOptions, getTenant, namespacesByTenant, withTenants } from "./cluster.ts";

export interface TenantKubeconfigOptions extends ClusterOptions, AccountOptions {
  readonly owner?: string;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly expire?: string;
  readonly type?: KubeconfigType;
  readonly output?: string;
}

const DEFAULT_HOURS = 8;
const MOST_HOURS = 720;

/** A kubeconfig for an owner of the tenant, which ends by itself. */
export async function tenantKubeconfig(io: Io, name: string, options: TenantKubeconfigOptions): Promise<number> {
  const context = await withTenants(io, options, async (kube) => {
    const tenant = await getTenant(kube.client, name, io.signal);
    const { spec } = tenant;
    const owner = chooseOwner(tenant, options.owner);
    const hours = hoursOf(options.expire) ?? spec.kubeconfig?.expireHours ?? DEFAULT_HOURS;
    const namespaces = (await namespacesByTenant(kube.client, io.signal)).get(name) ?? [];
    const namespace = chooseNamespace(name, namespaces, options.namespace, isIamOwner(owner));
    const issued = isIamOwner(owner)
      ? await byTheCloud(io, owner, namespace, hours, options.type ?? spec.kubeconfig?.type, options)
      : await byToken(kube, owner, hours, io.signal);
    return { name: `tenant-${name}`, ...issued, ...(namespace === "" ? {} : { namespace }) } satisfies NewContext;
  });
  const { output = "-" } = options;
  const { text } = mergeContext(undefined, context, { source: output === "-" ? "stdout" : output, select: true });
  if (output === "-") io.out(text);
  else {
    await io.files.replace(output, text);
    io.err(`Wrote context ${context.name} to ${output}.\n`);
  }
  return EXIT.nothing;
}

/** One of the tenant's that can be given one: whom --owner names, else the only one. */
function chooseOwner({ metadata: { name = "" }, spec: { owners = [] } }: Tenant, wanted: string | undefined): Owner {
  const able = owners.filter((owner) => isIamOwner(owner) || owner.kind === "ServiceAccount");
  const names = able.map(ownerName);
  if (able.length === 0) {
    throw new Error(
      `Tenant ${name} has no owner that a kubeconfig can be made for: expected an IAMUser or IAMRole (the cloud signs) or a ServiceAccount (a token)`,
    );
  }
  if (wanted !== undefined) {
    const found = able.find((owner) => ownerName(owner) === wanted || owner.name === wanted);
    if (!found) throw new UsageFault(`--owner ${wanted}: expected one of ${names.join(", ")}`);
    return found;
  }
  const [only, ...others] = able;
  if (!only || others.length > 0)
    throw new UsageFault(`Tenant ${name}: expected --owner with one of ${names.join(", ")}`);
  return only;
}

function ownerName({ kind, namespace, name }: Owner): string {
  return [kind, namespace, name].filter(Boolean).join("/");
}

function chooseNamespace(tenant: string, all: readonly string[], wanted: string | undefined, oneOnly: boolean): string {
  if (wanted !== undefined && !all.includes(wanted)) {
    throw new UsageFault(`-n ${wanted}: expected a namespace of tenant ${tenant}: ${all.join(", ") || "it has none"}`);
  }
  if (wanted === undefined && oneOnly && all.length !== 1) {
    if (all.length === 0)
      throw new Error(`tenant ${tenant} has no namespace yet, and the cloud grants namespaces alone`);
    throw new UsageFault(`expected -n with one of ${all.join(", ")}: the cloud grants one namespace to a kubeconfig`);
  }
  return wanted ?? all[0] ?? "";
}

/** "8h", "8" or "2d". */
function hoursOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count = "", unit] = /^(\d{1,4})([hd]?)$/.exec(text) ?? [];
  const hours = Number(count) * (unit === "d" ? 24 : 1);
  if (count === "" || hours < 1 || hours > MOST_HOURS) {
    throw new UsageFault(`--expire ${text}: expected hours or days, as 8h or 2d, from 1h to ${MOST_HOURS / 24}d`);
  }
  return hours;
}

async function byTheCloud(
  io: Io,
  owner: Owner,
  namespace: string,
  hours: number,
  type: KubeconfigType | undefined,
  options: TenantKubeconfigOptions,
): Promise<Pick<NewContext, "cluster" | "user">> {
  const { cluster: clusterId } = options;
  if (clusterId === undefined)
    throw new UsageFault("expected --cluster with the ID of the cluster: the cloud signs for an IAMUser or IAMRole");
  const role: ClusterRole = `cce:${owner.role ?? "admin"}`;
  const account = await openAccountOf(io, options, options);
  try {
    const looking = lookingWith(io);
    const cluster = await findCluster(account, clusterId, looking);
    const where = { region: cluster.region, clusterId, type: typeFor(cluster, type) };
    const { server, caData, user } = await issueKubeconfig(
      account,
      where,
      { userId: owner.name, role, namespace, hours },
      looking,
    );
    const entry =
      "token" in user
        ? { token: user.token }
        : { "client-certificate-data": user.certData, "client-key-data": user.keyData };
    return { cluster: { server, caData }, user: entry };
  } finally {
    await account.close();
  }
}

/** Of a ServiceAccount: a token of the API server's, of which the cloud knows nothing. */
async function byToken(
  { client, connection }: Kube,
  owner: Owner,
  hours: number,
  signal: AbortSignal,
): Promise<Pick<NewContext, "cluster" | "user">> {
  const token = await requestToken(client, owner, hours, signal);
  const { ca = "" } = connection.tls;
  return { cluster: { server: connection.server, caData: Buffer.from(ca).toString("base64") }, user: { token } };
}

async function requestToken(client: KubeClient, owner: Owner, hours: number, signal: AbortSignal): Promise<string> {
  const { namespace = "", name } = owner;
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: hours * 3600 },
  };
  try {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const { status } = await client.post<{ readonly status?: { readonly token?: string } }>(path, body, { signal });
    if (!status?.token) throw new Error(`ServiceAccount ${namespace}/${name}: the API server's answer has no token`);
    return status.token;
  } catch (error) {
    if (hasCode(error, "not_found")) throw new Error(`there is no ServiceAccount ${namespace}/${name}: make it first`);
    throw error;
  }
}
