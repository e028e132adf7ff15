import { isAbort, mapLimited } from "@ccm/base";
import {
  hasCode,
  type KubeClient,
  type KubeObject,
  type Namespace,
  type Node,
  type ResourceType,
  SECRETS,
  SERVICES,
  type Secret,
} from "@ccm/kube";
import type { TenantCloud } from "./cloud.ts";
import { type Grouped, groupBy } from "./grouped.ts";
import type { TenancyInformers } from "./informers.ts";
import { MANAGED_KINDS, type ManagedKind, type ManagedObject } from "./kinds.ts";
import { ADOPT_LABEL, MANAGED_LABEL, MANAGER, pullSourceName, TENANT_LABEL } from "./names.ts";
import type { Found, Observed } from "./observed.ts";
import { matches } from "./plan-nodes.ts";
import { CLAIMS, PODS } from "./resources.ts";
import { same } from "./same.ts";
import type { IamGrant } from "./steps.ts";
import { isIamOwner, type Tenant, type TenantNamespace } from "./tenant.ts";

export interface Observer {
  observe(tenant: Tenant, signal: AbortSignal): Promise<Observed>;
  requestsFor(tenant: string): readonly TenantNamespace[];
}

export interface ObserverParts {
  readonly client: KubeClient;
  readonly informers: TenancyInformers;
  readonly operatorNamespace: string;
  readonly cloud?: TenantCloud;
  /** A tenant is to be looked at again; `soon`: others of the kind are likely to follow. */
  readonly changed: (tenant: string, soon?: "soon") => void;
  readonly cloudFailed: (tenant: string, error: unknown) => void;
}

const AT_ONCE = 8;
const workload = (plural: string, group: string, kind: string): ResourceType<KubeObject> => ({
  group,
  version: "v1",
  plural,
  kind,
  namespaced: true,
});
/** What is not deleted unless somebody says so. */
const HOLDINGS: readonly ResourceType<KubeObject>[] = [
  PODS,
  SERVICES,
  CLAIMS,
  workload("deployments", "apps", "Deployment"),
  workload("statefulsets", "apps", "StatefulSet"),
  workload("daemonsets", "apps", "DaemonSet"),
  workload("jobs", "batch", "Job"),
  workload("cronjobs", "batch", "CronJob"),
];

const labelOf = (label: string) => (object: KubeObject) => {
  const value = object.metadata.labels?.[label];
  return value ? [value] : [];
};

/** Keeps what there is sorted by tenant, so that to look at one costs what that one has. */
export function createObserver({
  client,
  informers,
  operatorNamespace,
  cloud,
  changed,
  cloudFailed,
}: ObserverParts): Observer {
  const tell = (tenants: readonly string[]): void => {
    for (const tenant of tenants) changed(tenant);
  };
  const marks = ({ metadata: { labels, annotations, deletionTimestamp } }: Namespace) => ({
    labels,
    annotations,
    deletionTimestamp,
  });
  const namespaces = groupBy(informers.namespaces, labelOf(TENANT_LABEL), tell, (a, b) => !same(marks(a), marks(b)));
  const askers = groupBy(informers.namespaces, labelOf(ADOPT_LABEL), tell, (a, b) => !same(marks(a), marks(b)));
  const requests = groupBy(informers.requests, ({ spec }) => [spec.tenant], tell);
  // Who asks for a name is answered by what is there under it, whose ever it is.
  groupBy(
    informers.namespaces,
    ({ metadata: { name = "" } }) => [name],
    (names) => tell(names.flatMap((name) => informers.requests.get(name)?.spec.tenant ?? [])),
    (a, b) => labelOf(TENANT_LABEL)(a)[0] !== labelOf(TENANT_LABEL)(b)[0],
  );
  const managed = Object.fromEntries(
    MANAGED_KINDS.map((kind) => {
      const onChange =
        kind === "ResourceQuota" ? (all: readonly string[]) => all.forEach((one) => void changed(one, "soon")) : tell;
      return [kind, groupBy(informers.managed[kind], labelOf(TENANT_LABEL), onChange)];
    }),
  ) as unknown as Readonly<Record<ManagedKind, Grouped<ManagedObject>>>;
  groupBy(
    informers.serviceAccounts,
    ({ metadata }) => [metadata.namespace ?? ""],
    (names) => {
      for (const name of names) tell(labelOf(TENANT_LABEL)(informers.namespaces.get(name) ?? { metadata: {} }));
    },
  );
  const chosen = (node: Node): readonly string[] => {
    const all = informers.tenants
      .list()
      .filter(({ spec }) => spec.nodePools && matches(node.metadata.labels, spec.nodePools.selector));
    return all.map(({ metadata }) => metadata.name ?? "");
  };
  const facts = ({ metadata, spec }: Node) => [metadata.labels, spec?.taints];
  const labelled = groupBy(
    informers.nodes,
    labelOf(TENANT_LABEL),
    (holders, before, after) => {
      const choosers = [before, after].flatMap((node) => (node ? chosen(node) : []));
      tell([...new Set([...holders, ...choosers])]);
    },
    (a, b) => !same(facts(a), facts(b)),
  );
  const nodesOf = ({ metadata: { name = "" }, spec }: Tenant): readonly Node[] => {
    const mine = labelled.in(name);
    if (!spec.nodePools) return mine;
    const { selector } = spec.nodePools;
    const more = informers.nodes
      .list()
      .filter(({ metadata }) => metadata.labels?.[TENANT_LABEL] !== name && matches(metadata.labels, selector));
    return [...mine, ...more];
  };

  /** A cloud that does not answer holds up nothing but its own facet. */
  const cloudAnswer = async (tenant: Tenant, signal: AbortSignal): Promise<readonly IamGrant[] | undefined> => {
    if (!cloud) return undefined;
    try {
      return await grantsOf(tenant, cloud, signal);
    } catch (error) {
      if (isAbort(error, signal)) throw error;
      cloudFailed(tenant.metadata.name ?? "", error);
      return undefined;
    }
  };

  /** Of a tenant that is to go, what there is now: its robot must not outlive what tells of it. */
  const pullSourceOf = async (tenant: Tenant, signal: AbortSignal): Promise<Secret | undefined> => {
    const ref = { namespace: operatorNamespace, name: pullSourceName(tenant.metadata.name ?? "") };
    if (tenant.metadata.deletionTimestamp) return unlessAbsent(client.get(SECRETS, ref, { signal }));
    return informers.managed.Secret.get(`${ref.namespace}/${ref.name}`) as Secret | undefined;
  };

  return {
    requestsFor: (tenant) => requests.in(tenant),
    async observe(tenant, signal) {
      const name = tenant.metadata.name ?? "";
      const own = namespaces.in(name);
      const asked = requests.in(name).filter(({ metadata }) => !metadata.deletionTimestamp);
      const found = MANAGED_KINDS.flatMap((kind): readonly Found[] =>
        managed[kind]
          .in(name)
          .filter(({ metadata }) => metadata.labels?.[MANAGED_LABEL] === MANAGER && !metadata.deletionTimestamp)
          .map((object) => ({ kind, object })),
      );
      const serviceAccounts = own.flatMap(
        ({ metadata }) => informers.serviceAccounts.get(`${metadata.name}/default`) ?? [],
      );
      return {
        tenant,
        namespaces: own,
        askers: askers
          .in(name)
          .filter(({ metadata }) => !metadata.labels?.[TENANT_LABEL] && !metadata.deletionTimestamp),
        requests: asked,
        taken: Object.fromEntries(
          asked.flatMap(({ metadata: { name: wanted = "" } }) => {
            const there = informers.namespaces.get(wanted);
            return there ? [[wanted, there]] : [];
          }),
        ),
        managed: found,
        serviceAccounts,
        nodes: nodesOf(tenant),
        pullSource: await pullSourceOf(tenant, signal),
        grants: await cloudAnswer(tenant, signal),
        holdings: wantsHoldings(tenant) ? await holdingsOf(client, own, signal) : undefined,
      };
    },
  };
}

async function unlessAbsent<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (hasCode(error, "not_found")) return undefined;
    throw error;
  }
}

function wantsHoldings({ metadata, spec }: Tenant): boolean {
  return metadata.deletionTimestamp !== undefined && (spec.deletionPolicy ?? "Refuse") === "Refuse";
}

async function grantsOf(tenant: Tenant, cloud: TenantCloud, signal: AbortSignal): Promise<readonly IamGrant[]> {
  const now = (tenant.spec.owners ?? []).filter(isIamOwner).map(({ name }) => name);
  const users = new Set([...now, ...(tenant.status?.iamGrants ?? []).map(({ user }) => user)]);
  return (await Promise.all([...users].map((user) => cloud.grantsOf(user, signal)))).flat();
}

async function holdingsOf(
  client: KubeClient,
  namespaces: readonly Namespace[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const looks = namespaces.flatMap(({ metadata: { name = "" } }) => HOLDINGS.map((type) => ({ name, type })));
  const texts = await mapLimited(looks, AT_ONCE, async ({ name, type }) => {
    const { items, metadata } = await client.list(type, { namespace: name, limit: 1, signal });
    const count = items.length + (metadata.remainingItemCount ?? 0);
    return count > 0 ? [`${name}: ${count} ${type.plural}`] : [];
  });
  return texts.flat();
}
