/**
 * The seam to API servers. A simulated cluster that has one hands its users' credentials out through here: a real control
 * plane or the embedded one, with client certificates of the given user and groups. Without it, kubeconfigs are as well
 * formed, from an authority of each cluster, and nobody answers at their address.
 */
export interface ClusterAccess {
  /** Undefined for a cluster that has no API server. */
  issue(request: CredentialRequest): Promise<ClusterCredential | undefined>;
  /** From now on a user has just these grants, none for one that is to be let in no more. */
  authorize?(change: AccessChange): Promise<void> | void;
}

/** What a user may in a namespace, or in "all". */
export interface ClusterGrant {
  readonly role: ClusterRole;
  readonly namespace: string;
}

export type ClusterRole = "cce:admin" | "cce:devops" | "cce:readonly";

export interface AccessChange {
  readonly clusterId: string;
  /** The user's name in Kubernetes. */
  readonly user: string;
  readonly grants: readonly ClusterGrant[];
}

export interface CredentialRequest extends AccessChange {
  readonly clusterName: string;
  readonly kubeConfigType: KubeConfigType;
  /** "system:masters" for those who may do everything, else none: their grants say what they may. */
  readonly groups: readonly string[];
  readonly lifeMs: number;
}

export type KubeConfigType = "vpc" | "public" | "internal";

/** PEM texts, and where the API server is. */
export interface ClusterCredential {
  readonly server: string;
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}
