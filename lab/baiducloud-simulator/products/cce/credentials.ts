import type { Account } from "../../account.ts";
import type { Subject } from "../iam/authorize.ts";
import { issueClientCertificate, newAuthority } from "./certificates.ts";
import type { ClusterCredential, ClusterGrant, KubeConfigType } from "./cluster-access.ts";
import { API_PORT } from "./cluster-model.ts";
import {
  type AuthorityRecord,
  authoritiesOf,
  type Cluster,
  credentialsOf,
  generationsOf,
  grantsOf,
} from "./records.ts";
import { invalid } from "./wire.ts";

/** Neither is published. */
const LIFE_MS = 365 * 86_400_000;
const AUTHORITY_LIFE_MS = 30 * LIFE_MS;
/** Certificates are good from an hour ago, for clients whose clocks are behind. */
const BACKDATED_MS = 3_600_000;
const MASTERS = "system:masters";

export interface NewCredential {
  /** Its name in Kubernetes. */
  readonly user: string;
  readonly grants: readonly ClusterGrant[];
  readonly kubeConfigType: KubeConfigType;
  /** Default: one that lasts, and is the same whenever it is asked for. */
  readonly lifeMs?: number;
}

/** What somebody may in a cluster; undefined for nothing. The account and who made the cluster may everything. */
export function grantsIn(
  account: Account,
  { clusterId, creatorId }: Cluster,
  subject: Subject,
): readonly ClusterGrant[] | undefined {
  if (subject.kind === "account" || subject.id === creatorId) return [{ role: "cce:admin", namespace: "all" }];
  const found = grantsOf(account)
    .all()
    .filter((grant) => grant.clusterId === clusterId && grant.userId === subject.id)
    .map(({ role, namespace }) => ({ role, namespace }));
  return found.length > 0 ? found : undefined;
}

/** The name of somebody in Kubernetes; another one after each reset, so that certificates from before are nobody's. */
export function userIn(account: Account, clusterId: string, userId: string): string {
  const count = generationsOf(account).get(`${clusterId} ${userId}`)?.count ?? 0;
  return count === 0 ? userId : `${userId}-${count}`;
}

export async function issueKubeconfig(account: Account, cluster: Cluster, wanted: NewCredential): Promise<string> {
  const { clusterId, spec, blb } = cluster;
  const { user, grants, kubeConfigType, lifeMs } = wanted;
  if (kubeConfigType === "public" && blb.eip === "")
    throw invalid(`kubeConfigType: cluster ${clusterId} has no public address.`);
  const groups = grants.some(({ role, namespace }) => role === "cce:admin" && namespace === "all") ? [MASTERS] : [];
  const request = { clusterId, clusterName: String(spec.clusterName), user, groups, grants, kubeConfigType };
  const real = await account.clusterAccess?.issue({ ...request, lifeMs: lifeMs ?? LIFE_MS });
  const server = `https://${kubeConfigType === "public" ? blb.eip : blb.vpcIP}:${API_PORT}`;
  const credential = real ?? { server, ...issueHere(account, clusterId, user, groups, lifeMs) };
  return kubeconfigText(clusterId, user, credential);
}

function issueHere(
  account: Account,
  clusterId: string,
  user: string,
  groups: readonly string[],
  lifeMs: number | undefined,
) {
  const authority = authorityOf(account, clusterId);
  const key = `${clusterId} ${user}`;
  const known = lifeMs === undefined ? credentialsOf(account).get(key) : undefined;
  if (known) return { caPem: authority.certPem, certPem: known.certPem, keyPem: known.keyPem };
  const serial = authority.issued + 2;
  authoritiesOf(account).set(clusterId, { ...authority, issued: authority.issued + 1 });
  const now = account.clock.now();
  const dates = { notBefore: now - BACKDATED_MS, notAfter: now + (lifeMs ?? LIFE_MS) };
  const issued = issueClientCertificate(account.random, authority, {
    commonName: user,
    organizations: groups,
    serial,
    ...dates,
  });
  if (lifeMs === undefined) credentialsOf(account).set(key, { clusterId, ...issued });
  return { caPem: authority.certPem, ...issued };
}

function authorityOf(account: Account, clusterId: string): AuthorityRecord {
  const known = authoritiesOf(account).get(clusterId);
  if (known) return known;
  const now = account.clock.now();
  const made = { ...newAuthority(account.random, now - BACKDATED_MS, now + AUTHORITY_LIFE_MS), issued: 0 };
  authoritiesOf(account).set(clusterId, made);
  return made;
}

/** YAML as the cloud writes it: one cluster, one user, one context. All values are plain words. */
function kubeconfigText(
  clusterId: string,
  user: string,
  { server, caPem, certPem, keyPem }: ClusterCredential,
): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return `apiVersion: v1
kind: Config
clusters:
- name: kubernetes
  cluster:
    certificate-authority-data: ${base64(caPem)}
    server: ${server}
contexts:
- name: ${user}@${clusterId}
  context:
    cluster: kubernetes
    user: "${user}"
current-context: ${user}@${clusterId}
preferences: {}
users:
- name: "${user}"
  user:
    client-certificate-data: ${base64(certPem)}
    client-key-data: ${base64(keyPem)}
`;
}
