import { randomText } from "@ccm/base";
import type { Account } from "../../account.ts";
import { denied, Fault, noSuchObject } from "../../api/fault.ts";
import type { Table } from "../../store/store.ts";

interface Named {
  readonly resourceID: string;
  readonly name: string;
  readonly description: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Workspace extends Named {
  readonly clusterIDs: readonly string[];
}

/** A cluster of CCE that CNAP knows. */
export interface CnapCluster extends Named {
  readonly region: string;
  readonly type: string;
  readonly underlayClusterID: string;
  readonly status: string;
}

export interface Environment extends Named {
  readonly workspaceID: string;
  /** "" is none. */
  readonly clusterID: string;
  readonly region: string;
}

/** Where images are pulled from, and as whom. */
export interface ImageRepository {
  readonly resourceID: string;
  readonly workspaceID: string;
  readonly name: string;
  readonly endpoint: string;
  /** 1 is Baidu's own, 2 DockerHub, 3 any other. */
  readonly type: number;
  readonly isSecure: boolean;
  readonly isPrivate: boolean;
  readonly username: string;
  readonly password: string;
}

export interface Application extends Named {
  readonly workspaceID: string;
  readonly deployType: number;
  readonly workloadType: number;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly [field: string]: unknown;
}

export interface ComponentConf {
  readonly name: string;
  readonly params?: unknown;
}

export interface DeployGroup extends Named {
  readonly workspaceID: string;
  readonly applicationID: string;
  readonly environmentID: string;
  readonly type: number;
  readonly replicas: number;
  /** While a release runs. */
  readonly isLocked: boolean;
  /** The last release; "" before the first. */
  readonly releaseRecordID: string;
  readonly status: string;
  readonly deployStrategyType: string;
  readonly conf: { readonly containers: readonly Container[] };
  readonly componentConf: readonly ComponentConf[];
}

export interface Access {
  readonly resourceID: string;
  readonly deployGroupID: string;
  readonly name: string;
  /** 1 in the cluster, 2 in the VPC, 3 public. */
  readonly type: number;
  readonly protocol: string;
  readonly port: number;
  readonly targetPort: number;
  readonly innerEndpoint: string;
  readonly ip: string;
  /** Of an address in the VPC; "" otherwise. */
  readonly subnetId: string;
  readonly status: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

type Has = Pick<Account, "store">;

export const workspacesOf = ({ store }: Has) => store.table<Workspace>("cnapWorkspaces");
export const cnapClustersOf = ({ store }: Has) => store.table<CnapCluster>("cnapClusters");
export const environmentsOf = ({ store }: Has) => store.table<Environment>("cnapEnvironments");
export const imageRepositoriesOf = ({ store }: Has) => store.table<ImageRepository>("cnapRepositories");
export const applicationsOf = ({ store }: Has) => store.table<Application>("cnapApplications");
export const deployGroupsOf = ({ store }: Has) => store.table<DeployGroup>("cnapDeployGroups");
export const accessesOf = ({ store }: Has) => store.table<Access>("cnapAccesses");

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** CNAP's IDs are of letters alone, of both cases. */
export function newCnapId({ random, store }: Account, prefix: string): string {
  for (;;) {
    const id = `${prefix}-${randomText(random, 8, LETTERS)}`;
    if (!store.isTaken(id)) return id;
  }
}

export function found<T>(table: Table<T>, id: string): T {
  const record = table.get(id);
  if (record === undefined) throw noSuchObject(id);
  return record;
}

export function getEnvironment(account: Account, workspaceID: string, id: string): Environment {
  found(workspacesOf(account), workspaceID);
  const environment = found(environmentsOf(account), id);
  if (environment.workspaceID !== workspaceID) throw noSuchObject(id);
  return environment;
}

export function getApplication(account: Account, workspaceID: string, id: string): Application {
  found(workspacesOf(account), workspaceID);
  const application = found(applicationsOf(account), id);
  if (application.workspaceID !== workspaceID) throw noSuchObject(id);
  return application;
}

export interface GroupParams {
  readonly workspaceID: string;
  readonly applicationID: string;
  readonly deployGroupID: string;
}

export function getDeployGroup(account: Account, params: GroupParams): DeployGroup {
  const { workspaceID, applicationID, deployGroupID } = params;
  getApplication(account, workspaceID, applicationID);
  const group = found(deployGroupsOf(account), deployGroupID);
  if (group.applicationID !== applicationID) throw noSuchObject(deployGroupID);
  return group;
}

export function checkUnlocked({ resourceID, isLocked, releaseRecordID }: DeployGroup): void {
  if (isLocked) throw denied(`deploy group ${resourceID} is locked by release ${releaseRecordID}.`);
}

/** Names are unique where they are looked up by people. */
export function checkName(what: string, name: string, others: readonly { readonly name: string }[]): void {
  if (others.some((other) => other.name === name)) throw new Fault(409, "Conflict", `${what} ${name} exists already.`);
}

export const groupsIn = (account: Account, applicationID: string): readonly DeployGroup[] =>
  deployGroupsOf(account)
    .all()
    .filter((group) => group.applicationID === applicationID);

export const accessesIn = (account: Account, deployGroupID: string): readonly Access[] =>
  accessesOf(account)
    .all()
    .filter((access) => access.deployGroupID === deployGroupID);

export const applicationsIn = (account: Account, workspaceID: string): readonly Application[] =>
  applicationsOf(account)
    .all()
    .filter((application) => application.workspaceID === workspaceID);

export const environmentsIn = (account: Account, workspaceID: string): readonly Environment[] =>
  environmentsOf(account)
    .all()
    .filter((environment) => environment.workspaceID === workspaceID);
