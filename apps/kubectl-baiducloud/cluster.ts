import { type CloudConfig, type ClusterContent, createInspector, whyNotOurs } from "@ccm/baiducloud";
import type { Clock } from "@ccm/base";
import { ANNOTATION_NEXT_ATTEMPTS, isOnlyLocal } from "@ccm/cloud-provider";
import {
  ENDPOINT_SLICES,
  type EndpointSlice,
  hasCode,
  type KubeClient,
  keyOf,
  LEASES,
  listAll,
  NAMESPACES,
  NODES,
  SERVICES,
  type Service,
} from "@ccm/kube";
import { TENANTS } from "@ccm/tenancy";
import type { Io } from "./io.ts";
import { type Kube, type Session, warnings } from "./session.ts";

export async function readCluster(client: KubeClient, signal: AbortSignal): Promise<ClusterContent> {
  const [services, nodes] = await Promise.all([
    listAll(client, SERVICES, { signal }),
    listAll(client, NODES, { signal }),
  ]);
  // Only their Services' backends depend on where the Pods are; in a large cluster there are many slices.
  const local = services.items.some(isOnlyLocal);
  const slices: readonly EndpointSlice[] = local ? (await listAll(client, ENDPOINT_SLICES, { signal })).items : [];
  const tenants = await readTenants(client, signal);
  return { services: services.items, nodes: nodes.items, slices, ...(tenants ? { tenants } : {}) };
}

/** Undefined where the cluster has no Tenants, or they may not be read. */
export async function readTenants(client: KubeClient, signal: AbortSignal): Promise<ClusterContent["tenants"]> {
  try {
    const { items } = await listAll(client, TENANTS, { signal });
    if (items.length === 0) return undefined;
    return { tenants: items, namespaces: (await listAll(client, NAMESPACES, { signal })).items };
  } catch (error) {
    if (hasCode(error, "not_found") || hasCode(error, "forbidden")) return undefined;
    throw error;
  }
}

export function inspectorFor(io: Io, { config, cloud }: Session, cluster: ClusterContent) {
  return createInspector({ config, client: cloud.client, cluster, clock: io.clock, logger: warnings(io) });
}

export interface Selection {
  /** `namespace/name`, or a name in the namespace at hand. None: all of the namespace, or of the cluster. */
  readonly names: readonly string[];
  readonly namespace?: string;
}

/** The Services that were asked for, whose load balancers we make. Throws when one of those named is none. */
export function selectServices(
  cluster: ClusterContent,
  config: CloudConfig,
  kube: Pick<Kube, "namespace">,
  { names, namespace }: Selection,
): readonly Service[] {
  const wanted = names.map((name) => (name.includes("/") ? name : `${namespace ?? kube.namespace}/${name}`));
  for (const key of wanted) {
    const service = cluster.services.find((one) => keyOf(one) === key);
    if (!service) throw new Error(`there is no Service ${key}`);
    const why = whyNotOurs(service, config);
    if (why !== "") throw new Error(`Service ${key}: no load balancer from here: ${why}`);
  }
  const inNamespace = (service: Service) => namespace === undefined || service.metadata.namespace === namespace;
  return cluster.services
    .filter((service) => whyNotOurs(service, config) === "")
    .filter((service) => (wanted.length > 0 ? wanted.includes(keyOf(service)) : inNamespace(service)))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

export const LEASE = { namespace: "kube-system", name: "cloud-controller-manager" };

export interface Leader {
  /** "": nobody. */
  readonly holder: string;
  readonly renewedSecondsAgo: number;
  /** When what failed is tried again, as it tells it: for `nextAttemptIn`. */
  readonly nextAttempts?: string;
}

/** Who leads the CCM's replicas; undefined when that cannot be read. */
export async function readLeader(client: KubeClient, clock: Clock, signal: AbortSignal): Promise<Leader | undefined> {
  try {
    const { metadata, spec = {} } = await client.get(LEASES, LEASE, { signal });
    const age = (clock.now() - Date.parse(spec.renewTime ?? "")) / 1000;
    const valid = Number.isFinite(age) && age <= (spec.leaseDurationSeconds ?? 15);
    const told = valid ? metadata.annotations?.[ANNOTATION_NEXT_ATTEMPTS] : undefined;
    return {
      holder: valid ? (spec.holderIdentity ?? "") : "",
      renewedSecondsAgo: Math.max(0, Math.round(age)),
      ...(told === undefined ? {} : { nextAttempts: told }),
    };
  } catch (error) {
    if (hasCode(error, "not_found")) return { holder: "", renewedSecondsAgo: Number.NaN };
    if (hasCode(error, "forbidden")) return undefined;
    throw error;
  }
}
