import { type KubeClient, listAll, SECRETS, type Secret as SecretObject } from "@ccm/kube";
import {
  type DockerConfigForm,
  keyMatchesHost,
  type RegistryCredential,
  type RegistryEntry,
  readDockerConfig,
} from "../docker-config.ts";
import { isOurs } from "../pull-secrets/objects.ts";
import { fingerprintOf } from "./record.ts";
import type { RotationRequest, SecretView } from "./types.ts";

/** The two types of Secrets that kubelets pull with, and where each has its docker config. */
const TYPES: Readonly<Record<string, { readonly key: string; readonly form: DockerConfigForm }>> = {
  "kubernetes.io/dockerconfigjson": { key: ".dockerconfigjson", form: "dockerconfigjson" },
  "kubernetes.io/dockercfg": { key: ".dockercfg", form: "dockercfg" },
};

/** A Secret to pull with. Its text holds passwords. */
export interface PullSecret {
  readonly secret: SecretObject;
  readonly dataKey: string;
  readonly form: DockerConfigForm;
  /** "Secret shop/pull". */
  readonly where: string;
  readonly entries: readonly RegistryEntry[];
}

export function configText({ secret, dataKey }: PullSecret): string {
  return Buffer.from(secret.data?.[dataKey] ?? "", "base64").toString("utf8");
}

/** All of the cluster; those that cannot be read as docker configs are named to `onBad`, and pull nothing. */
export async function listPullSecrets(
  client: KubeClient,
  onBad: (message: string) => void,
  signal?: AbortSignal,
): Promise<readonly PullSecret[]> {
  const lists = await Promise.all(
    Object.keys(TYPES).map((type) =>
      listAll(client, SECRETS, { fieldSelector: `type=${type}`, ...(signal ? { signal } : {}) }),
    ),
  );
  return lists
    .flatMap(({ items }) => items)
    .flatMap((secret) => {
      try {
        const opened = openPullSecret(secret);
        return opened ? [opened] : [];
      } catch (error) {
        onBad(error instanceof Error ? error.message : String(error));
        return [];
      }
    });
}

/** Undefined for a Secret of another type. Throws a DockerConfigError. */
export function openPullSecret(secret: SecretObject): PullSecret | undefined {
  const type = TYPES[secret.type ?? ""];
  if (!type) return undefined;
  const where = `Secret ${secret.metadata.namespace}/${secret.metadata.name}`;
  const text = Buffer.from(secret.data?.[type.key] ?? "", "base64").toString("utf8");
  return { secret, dataKey: type.key, form: type.form, where, entries: readDockerConfig(text, where, type.form) };
}

/** How a Secret looks to a rotation; undefined when it has to do with neither of the two logins. */
export function viewOf(
  { secret, entries }: PullSecret,
  { hosts, from, namespaces }: Pick<RotationRequest, "hosts" | "from" | "namespaces">,
  login: string,
  credential: RegistryCredential | undefined,
): SecretView | undefined {
  const ours = entries.flatMap(({ key, credential: found, text }) => {
    if (!found || !hosts.some((host) => keyMatchesHost(key, host))) return [];
    const isNew = found.username === login;
    if (!isNew && found.username !== from) return [];
    const same = credential !== undefined && found.password.reveal() === credential.password.reveal();
    const carries = isNew ? (same ? "new" : "stale") : "old";
    return [{ key, carries, fingerprint: fingerprintOf(text) } as const];
  });
  if (ours.length === 0) return undefined;
  const { namespace = "", name = "", resourceVersion = "" } = secret.metadata;
  const kept = whyKept(secret);
  const chosen = namespaces === undefined || namespaces.includes(namespace);
  return { namespace, name, resourceVersion, chosen, ...(kept ? { kept } : {}), entries: ours };
}

/** Secrets that somebody else writes: what we changed would be changed back, or could not be changed at all. */
function whyKept({ metadata, ...rest }: SecretObject): string | undefined {
  if ("immutable" in rest && rest.immutable === true) return "it is immutable";
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner) return `it belongs to ${owner.kind} ${metadata.namespace}/${owner.name}`;
  if (isOurs({ metadata, ...rest })) return "its password is kept fresh by the pull secret controller";
  return metadata.deletionTimestamp ? "it is being deleted" : undefined;
}
