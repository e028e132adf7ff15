import { hasCode, type KubeClient, type KubeObject, listAll, type ResourceType, SERVICE_ACCOUNTS } from "@ccm/kube";
import type { Pod, PodSpec } from "./pulls.ts";

interface Workload extends KubeObject {
  readonly spec?: {
    readonly template?: { readonly spec?: PodSpec };
    readonly jobTemplate?: { readonly spec?: { readonly template?: { readonly spec?: PodSpec } } };
  };
}

const workload = (group: string, kind: string): ResourceType<Workload> => ({
  group,
  version: "v1",
  plural: `${kind.toLowerCase()}s`,
  kind,
  namespaced: true,
});
const WORKLOADS = [
  workload("apps", "Deployment"),
  workload("apps", "StatefulSet"),
  workload("apps", "DaemonSet"),
  workload("batch", "CronJob"),
  workload("batch", "Job"),
];

/** Who pulls with each Secret: "Deployment web", "ServiceAccount default", "Pod debug", by "namespace/name" of the Secret. */
export type SecretUsers = ReadonlyMap<string, readonly string[]>;

/** Kinds that may not be read, or that the server does not have, are left out. */
export async function secretUsers(
  client: KubeClient,
  pods: readonly Pod[],
  namespaces: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<SecretUsers> {
  const list = async <T extends KubeObject>(type: ResourceType<T>): Promise<readonly T[]> => {
    try {
      const { items } = await listAll(client, type, signal ? { signal } : {});
      return items.filter(({ metadata }) => namespaces.has(metadata.namespace ?? ""));
    } catch (error) {
      if (hasCode(error, "forbidden", "not_found")) return [];
      throw error;
    }
  };
  const users = new Map<string, Set<string>>();
  const add = (namespace: string, secret: string | undefined, user: string) => {
    const key = `${namespace}/${secret}`;
    users.set(key, (users.get(key) ?? new Set()).add(user));
  };
  const accounts = new Map<string, readonly string[]>();
  for (const { metadata, imagePullSecrets = [] } of await list(SERVICE_ACCOUNTS)) {
    const { namespace = "", name = "" } = metadata;
    accounts.set(
      `${namespace}/${name}`,
      imagePullSecrets.map((one) => one.name ?? ""),
    );
    for (const secret of imagePullSecrets) add(namespace, secret.name, `ServiceAccount ${name}`);
  }
  const addSpec = (namespace: string, spec: PodSpec | undefined, user: string) => {
    const own = spec?.imagePullSecrets?.map((one) => one.name ?? "") ?? [];
    // A Pod without any gets those of its ServiceAccount.
    const inherited = accounts.get(`${namespace}/${spec?.serviceAccountName ?? "default"}`) ?? [];
    for (const secret of own.length > 0 ? own : inherited) add(namespace, secret, user);
  };
  for (const type of WORKLOADS) {
    for (const { metadata, spec } of await list(type)) {
      // Those that others make are named by their makers.
      if (metadata.ownerReferences?.some(({ controller }) => controller)) continue;
      const template = spec?.template ?? spec?.jobTemplate?.spec?.template;
      addSpec(metadata.namespace ?? "", template?.spec, `${type.kind} ${metadata.name}`);
    }
  }
  for (const { metadata, spec } of pods) {
    const isOwned = metadata.ownerReferences?.some(({ controller }) => controller);
    if (!isOwned && namespaces.has(metadata.namespace ?? "")) {
      addSpec(metadata.namespace ?? "", spec, `Pod ${metadata.name}`);
    }
  }
  return new Map([...users].map(([key, names]) => [key, [...names].sort()]));
}
