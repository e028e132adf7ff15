import type { Logger } from "@ccm/base";
import type { EventRecorder, Informer, KubeClient, LoadBalancerStatus, Node, NodeAddress, Service } from "@ccm/kube";

/**
 * What a cloud implements. Each capability is optional: a controller whose capability is absent does not start.
 * Every method may be called concurrently and again with the same arguments; Nodes and Services are read-only.
 * A method throws a CloudError (`error.ts`) so that the framework knows whether and when to try again.
 */
export interface CloudProvider {
  /** Also the scheme of provider IDs: `<name>://<instance>`. */
  readonly name: string;
  /** False makes the manager refuse to start unless --allow-untagged-cloud is given. */
  readonly hasClusterId: boolean;
  readonly instances?: Instances;
  readonly loadBalancers?: LoadBalancers;
  readonly routes?: Routes;
  /** Called once, before any controller starts. Background work ends when the signal aborts. */
  initialize?(context: ProviderContext): Promise<void>;
}

export interface ProviderContext {
  readonly client: KubeClient;
  /** A client that is somebody of its own to the API server: with its own limits, and with its own service account when those are used. */
  readonly clientFor?: (identity: string) => KubeClient;
  /** Without what changes with each heartbeat, images and capacity. */
  readonly nodes: Informer<Node>;
  /** Those that are no load balancers, and have no finalizer, with metadata and type only. */
  readonly services: Informer<Service>;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly clusterName: string;
  /** Nobody has led this cluster's managers before. Absent: somebody may have. */
  readonly isFirstLeader?: boolean;
  readonly signal: AbortSignal;
}

// ---- nodes

export interface InstanceMetadata {
  /** `<provider name>://<instance>`. Empty: the Node keeps its own; one that has none stays uninitialized. */
  readonly providerId: string;
  readonly instanceType: string;
  readonly addresses: readonly NodeAddress[];
  readonly zone: string;
  readonly region: string;
  readonly additionalLabels: Readonly<Record<string, string>>;
  /**
   * The same under Kubernetes' own domains, where additional labels are dropped: for keys that the cloud's users and tools
   * have known since before, such as a topology key of its own. Never zone, region or type.
   */
  readonly wellKnownLabels?: Readonly<Record<string, string>>;
  /** The machine exists and is switched off. */
  readonly shutdown: boolean;
}

/**
 * absent: the cloud said, in its own words, that there is no such machine.
 * unknown: nobody can say (a name that fits two machines, a provider ID of another cloud): never a reason to delete.
 */
export type InstanceLookup =
  | { readonly state: "found"; readonly metadata: InstanceMetadata }
  | { readonly state: "absent"; readonly evidence: string }
  | { readonly state: "unknown"; readonly reason: string };

export interface Instances {
  /**
   * By spec.providerID when set, else by name, labels and annotations. A thrown CloudError of code "absent" is an absence
   * where this is the only call; beside a `lookupMany` it is a failure, for it may be about anything.
   */
  lookup(node: Node, signal: AbortSignal): Promise<InstanceLookup>;
  /**
   * Optional: answers for many nodes at once with as few calls as the cloud allows, in the order given.
   * The framework then never calls `lookup` in a loop.
   */
  lookupMany?(nodes: readonly Node[], signal: AbortSignal): Promise<readonly InstanceLookup[]>;
  /** The most nodes that one `lookupMany` is asked for: the framework splits longer lists. Default: any number. */
  readonly batchSize?: number;
}

// ---- load balancers

export interface LoadBalancerRequest {
  readonly clusterName: string;
  readonly service: Service;
  /**
   * The nodes that may be backends, by the framework's predicates and `nodeSelector`, in the order of their names. The
   * very same array for all Services until a Node changes: what is resolved once for it (a WeakMap) serves them all.
   */
  readonly nodes: readonly Node[];
  /** Who waits for this: a user, a change of nodes, or nobody. A hint for the order of calls to the cloud. */
  readonly lane?: "user" | "backend" | "resync";
  /** Aborts when the manager ends, and in lane "resync" also when a user edits the Service meanwhile. */
  readonly signal: AbortSignal;
}

/**
 * A part of a Service that could not be satisfied although the rest was (a bad annotation, a quota). The framework
 * turns each into one Event, and lets it go when it is healed.
 */
export interface FacetProblem {
  /** Which part: "annotations", "listeners", "backends", "address" … */
  readonly facet: string;
  /** CamelCase, for the Event. */
  readonly reason: string;
  /** What was wanted, what the cloud said, what to do. */
  readonly message: string;
  /** Whether trying again may help by itself. */
  readonly retryable: boolean;
}

export interface LoadBalancerResult {
  /**
   * For service.status.loadBalancer, as it is. Undefined: leave the status as it is. ipMode "VIP", the default, lets
   * kube-proxy send traffic from inside the cluster straight to the Pods; choose "Proxy" when traffic must pass the load
   * balancer (PROXY protocol, TLS ends there).
   */
  readonly status: LoadBalancerStatus | undefined;
  readonly problems: readonly FacetProblem[];
  /** Look again after this long, without counting it as a failure: the cloud is still at work. */
  readonly againAfterMs?: number;
  /**
   * All is done that can be done now; look again after this long all the same, as what was refused for good may be
   * allowed then.
   */
  readonly recheckAfterMs?: number;
}

/** No failure, and not finished: to be called again after so long. */
export interface Unfinished {
  readonly againAfterMs: number;
}

export interface LoadBalancers {
  /** Creates or converges. Zero writes to the cloud when everything is already as wanted. */
  ensure(request: LoadBalancerRequest): Promise<LoadBalancerResult>;
  /** Converges the backends only. */
  updateBackends(request: LoadBalancerRequest): Promise<LoadBalancerResult>;
  /**
   * Removes everything that was ever made for the Service and is ours. Resolves to true when there was something to
   * remove, false when nothing was found, and only when nothing is left; to when it wants to be called again, where
   * something may still come to be. The Service keeps its finalizer until then. A bad annotation never makes it fail.
   */
  ensureDeleted(request: Omit<LoadBalancerRequest, "nodes">): Promise<boolean | Unfinished>;
  /**
   * Optional: labels a node must have to be a backend of this Service, for example from an annotation. Pure. Without it,
   * or when it returns none, all nodes that the framework's predicates allow are.
   */
  nodeSelector?(service: Service): Readonly<Record<string, string>>;
  /**
   * Optional: false for a Service that another controller handles, and of which nothing is ours. Pure. It is then as if it
   * had a load balancer class: it gets no finalizer, no call and no event. Default: every Service is handled.
   */
  handles?(service: Service): boolean;
  /**
   * Optional: whether an annotation is a note that the provider itself wrote to the Service: that it came, changed or went
   * is no edit. `annotations`: all that the Service has. Pure.
   */
  isOwnNote?(key: string, annotations: Readonly<Record<string, string>>): boolean;
  /**
   * Optional: calls `changed` when all Services may want something else than before, as after a change of the provider's
   * own configuration: each is looked at again, or those that are chosen. Until the function that is returned is called.
   */
  onSettings?(changed: (chosen?: (service: Service) => boolean) => void): () => void;
}

// ---- routes

export interface Route {
  /** The cloud's own name for it. Empty for a route to be created. */
  readonly name: string;
  /** Kubernetes Node name; empty when the target is no node of this cluster. */
  readonly targetNode: string;
  readonly destinationCidr: string;
  /** Ours, and its target is gone. */
  readonly blackhole: boolean;
  /** The cloud routes to addresses of the Node, not to its machine: a route to other addresses than the Node has now is replaced. */
  readonly enableNodeAddresses?: boolean;
  /** What it routes to. Looked at only with enableNodeAddresses. */
  readonly targetNodeAddresses?: readonly NodeAddress[];
}

export interface Routes {
  /** Only routes this cluster owns. `nodes` are all Nodes of the cluster, to name targets by. */
  list(clusterName: string, nodes: readonly Node[], signal: AbortSignal): Promise<readonly Route[]>;
  /** A CloudError of code "conflict" is tried again at once, and is a success when `list` then has the route. */
  create(clusterName: string, node: Node, destinationCidr: string, signal: AbortSignal): Promise<void>;
  /** A CloudError of code "absent" is a success. */
  delete(clusterName: string, route: Route, signal: AbortSignal): Promise<void>;
  /** Optional: false for a Node that is to have no routes, such as one that an annotation excludes. Default: every Node has. */
  wants?(node: Node): boolean;
}
