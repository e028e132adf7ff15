import { createHash } from "node:crypto";
import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import { denied, noSuchObject } from "../../api/fault.ts";

export type InstanceType = "BASIC" | "STANDARD" | "ADVANCED";

export interface PrivateLink {
  readonly vpcID: string;
  readonly subnetID: string;
  readonly serviceNetID: string;
  readonly ipAddress: string;
  readonly status: string;
  readonly autoDnsResolve: boolean;
}

/** A registry of the enterprise edition. It is in one region; the account sees those of others when it asks. */
export interface RegistryInstance {
  readonly id: string;
  readonly name: string;
  readonly instanceType: InstanceType;
  readonly region: string;
  readonly bucket: string;
  /** Creating, Running or Upgrading: no source lists the words. */
  readonly status: string;
  readonly createTime: string;
  readonly expireTime: string;
  readonly tags: readonly Tag[];
  readonly publicOpen: boolean;
  readonly whitelist: readonly { readonly ipAddr: string; readonly description: string }[];
  readonly privateLinks: readonly PrivateLink[];
}

export interface Project {
  readonly projectId: number;
  /** "" is the personal edition. */
  readonly instanceId: string;
  readonly projectName: string;
  readonly public: string;
  readonly autoScan: string;
  readonly creationTime: string;
  readonly updateTime: string;
}

export interface Repository {
  readonly repositoryId: number;
  readonly instanceId: string;
  readonly projectName: string;
  readonly repositoryName: string;
  readonly description: string;
  readonly pullCount: number;
  readonly creationTime: string;
  readonly updateTime: string;
}

export interface ImageTag {
  readonly instanceId: string;
  readonly projectName: string;
  readonly repositoryName: string;
  readonly tagName: string;
  readonly digest: string;
  readonly author: string;
  readonly pushTime: string;
  readonly pullTime: string;
  /** "" before the first scan, then Running, Success. */
  readonly scanStatus: string;
  readonly scanStart: string;
  readonly scanEnd: string;
}

export interface Manifest {
  readonly mediaType: string;
  readonly base64: string;
}

export interface Permission {
  readonly kind: string;
  readonly namespace: string;
  readonly access: readonly { readonly resource: string; readonly action: string }[];
}

export interface Robot {
  readonly id: number;
  readonly instanceId: string;
  readonly name: string;
  readonly level: string;
  readonly disable: boolean;
  readonly description: string;
  /** In days; -1 never ends. */
  readonly duration: number;
  /** Unix seconds; -1 never. */
  readonly expiresAt: number;
  readonly creationTime: string;
  readonly updateTime: string;
  readonly editable: boolean;
  readonly permissions: readonly Permission[];
  /** Nobody reads the secret again, not even here. */
  readonly secretHash: string;
}

/** What a person signs in with, by "<instance or nothing> <user name>". */
export interface Login {
  readonly passwordHash: string;
  readonly temporary: readonly { readonly hash: string; readonly expiresAt: number }[];
}

type Has = Pick<Account, "shared">;

export const registriesOf = ({ shared }: Has) => shared.table<RegistryInstance>("ccrInstances");
/** By "<instance>/<project>". */
export const projectsOf = ({ shared }: Has) => shared.table<Project>("ccrProjects");
/** By "<instance>/<project>/<repository>". */
export const repositoriesOf = ({ shared }: Has) => shared.table<Repository>("ccrRepositories");
/** By "<instance>/<project>/<repository>:<tag>". */
export const imageTagsOf = ({ shared }: Has) => shared.table<ImageTag>("ccrTags");
/** By "<instance>/<project>/<repository>@<digest>". */
export const manifestsOf = ({ shared }: Has) => shared.table<Manifest>("ccrManifests");
/** By "<instance>/<digest>", in base64. */
export const blobsOf = ({ shared }: Has) => shared.table<{ readonly base64: string }>("ccrBlobs");
export const robotsOf = ({ shared }: Has) => shared.table<Robot>("ccrRobots");
export const loginsOf = ({ shared }: Has) => shared.table<Login>("ccrLogins");

export const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** The instance of this region, ready for work unless `anyState`. */
export function getRegistry(account: Account, id: string, anyState = false): RegistryInstance {
  const instance = registriesOf(account).get(id);
  if (!instance || instance.region !== account.region) throw noSuchObject(id);
  if (!anyState && instance.status !== "Running") throw denied(`instance ${id} is ${instance.status}.`);
  return instance;
}

export function getProject(account: Account, instanceId: string, name: string): Project {
  getRegistry(account, instanceId);
  const project = projectsOf(account).get(`${instanceId}/${name}`);
  if (!project) throw noSuchObject(name);
  return project;
}

/** By its name, or by the name in base64 of any kind: names have slashes, paths cannot. */
export function getRepository(account: Account, instanceId: string, projectName: string, given: string): Repository {
  getProject(account, instanceId, projectName);
  const names = [given, Buffer.from(given, "base64url").toString("utf8")];
  const [found] = names.flatMap((name) => repositoriesOf(account).get(`${instanceId}/${projectName}/${name}`) ?? []);
  if (!found) throw noSuchObject(`${projectName}/${given}`);
  return found;
}

export const keyOf = (repository: Pick<Repository, "instanceId" | "projectName" | "repositoryName">): string =>
  `${repository.instanceId}/${repository.projectName}/${repository.repositoryName}`;

export function tagsIn(account: Has, repository: Repository): readonly ImageTag[] {
  return imageTagsOf(account)
    .all()
    .filter((tag) => keyOf(tag) === keyOf(repository));
}

export function repositoriesIn(account: Has, instanceId: string, projectName?: string): readonly Repository[] {
  return repositoriesOf(account)
    .all()
    .filter((one) => one.instanceId === instanceId && (projectName === undefined || one.projectName === projectName));
}

export function removeRepository(account: Has, repository: Repository): void {
  const key = keyOf(repository);
  for (const id of imageTagsOf(account).ids()) if (id.startsWith(`${key}:`)) imageTagsOf(account).delete(id);
  for (const id of manifestsOf(account).ids()) if (id.startsWith(`${key}@`)) manifestsOf(account).delete(id);
  repositoriesOf(account).delete(key);
}

/** The host that docker logs in to. */
export const publicHost = ({ id, region }: Pick<RegistryInstance, "id" | "region">): string =>
  `${id}-pub.cnc.${region}.baidubce.com`;
export const privateHost = ({ id, region }: Pick<RegistryInstance, "id" | "region">): string =>
  `${id}-vpc.cnc.${region}.baidubce.com`;
