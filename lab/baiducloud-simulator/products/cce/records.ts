import type { Account } from "../../account.ts";
import type { CertifiedKey } from "./certificates.ts";
import type { ClusterGrant, ClusterRole } from "./cluster-access.ts";

export type Json = Readonly<Record<string, unknown>>;

export type ClusterPhase =
  | "pending"
  | "provisioning"
  | "provisioned"
  | "running"
  | "create_failed"
  | "deleting"
  | "delete_failed"
  | "eip_opening"
  | "eip_closing"
  | "apiserver_san_updating"
  | "kms_encryption_enabling"
  | "kms_encryption_disabling";

export interface Failure {
  readonly step: string;
  readonly code: string;
  readonly message: string;
}

export interface Cluster {
  readonly clusterId: string;
  /** In the form in which it is created, filled in. */
  readonly spec: Json;
  readonly phase: ClusterPhase;
  /** When each phase began. */
  readonly times: Readonly<Record<string, string>>;
  readonly failure?: Failure;
  readonly blb: { readonly id: string; readonly vpcIP: string; readonly eip: string; readonly subnetId: string };
  /** Who made it has all rights in it. */
  readonly creatorId: string;
  readonly upgradeWorkflowId: string;
  /** That of the lab around the simulator: its nodes are the machines of the lab, not instances of CCE. */
  readonly ofLab?: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export type NodePhase =
  | "pending"
  | "provisioning"
  | "provisioned"
  | "running"
  | "create_failed"
  | "deleting"
  | "delete_failed";

export interface DeleteOption {
  readonly moveOut?: boolean | undefined;
  readonly deleteResource?: boolean | undefined;
}

/** An instance as CCE calls it: a machine that is a node, or is about to be. */
export interface Node {
  readonly cceInstanceId: string;
  readonly clusterId: string;
  /** "" outside of groups. */
  readonly groupId: string;
  /** InstanceSpec, filled in. */
  readonly spec: Json;
  readonly phase: NodePhase;
  readonly times: Readonly<Record<string, string>>;
  readonly failure?: Failure;
  /** "" while there is no machine. */
  readonly machineId: string;
  readonly deleteOption?: DeleteOption;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface InstanceGroup {
  readonly groupId: string;
  readonly clusterId: string;
  /** InstanceGroupSpec, filled in. */
  readonly spec: Json & { readonly replicas: number };
  readonly createdAt: string;
}

export type TaskPhase = "Pending" | "Processing" | "Done" | "Aborted";

export interface Task {
  readonly id: string;
  readonly clusterId: string;
  readonly groupId: string;
  readonly description: string;
  readonly kind: "ScaleUp" | "ScaleDown" | "Attach";
  /** cceInstanceIDs that it waits for. */
  readonly nodes: readonly string[];
  readonly phase: TaskPhase;
  readonly startTime: string;
  readonly finishTime?: string;
  readonly errMessage: string;
}

/** By "<cluster> <user> <namespace>". */
export interface Grant extends ClusterGrant {
  readonly clusterId: string;
  readonly userId: string;
  readonly role: ClusterRole;
}

/** How often the credentials of a user in a cluster were reset, by "<cluster> <user>". */
export interface Generation {
  readonly clusterId: string;
  readonly count: number;
}

/** What a kubeconfig was made with, by "<cluster> <name in Kubernetes>". */
export interface Credential extends CertifiedKey {
  readonly clusterId: string;
}

/** The authority of a cluster that has no API server. */
export interface AuthorityRecord extends CertifiedKey {
  readonly issued: number;
}

type Has = Pick<Account, "store">;

export const clustersOf = ({ store }: Has) => store.table<Cluster>("cceClusters");
/** IDs of clusters that were deleted. */
export const goneClustersOf = ({ store }: Has) => store.table<{ readonly deletedAt: string }>("cceGoneClusters");
export const nodesOf = ({ store }: Has) => store.table<Node>("cceNodes");
export const instanceGroupsOf = ({ store }: Has) => store.table<InstanceGroup>("cceGroups");
export const tasksOf = ({ store }: Has) => store.table<Task>("cceTasks");
export const grantsOf = ({ store }: Has) => store.table<Grant>("cceGrants");
export const generationsOf = ({ store }: Has) => store.table<Generation>("cceGenerations");
export const credentialsOf = ({ store }: Has) => store.table<Credential>("cceCredentials");
export const authoritiesOf = ({ store }: Has) => store.table<AuthorityRecord>("cceAuthorities");

/** A field of a spec that is an object; empty when it is not there. */
export function partOf(spec: Json, field: string): Json {
  const value = spec[field];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function textOf(spec: Json, field: string): string {
  const value = spec[field];
  return typeof value === "string" ? value : "";
}

export function numberOf(spec: Json, field: string): number {
  const value = spec[field];
  return typeof value === "number" ? value : 0;
}
