import { createHash } from "node:crypto";
import type { EipSpec, Listener, Tag } from "@ccm/bce";
import { type FacetProblem, TAINT_UNINITIALIZED } from "@ccm/cloud-provider";
import type { Node, Service } from "@ccm/kube";
import { description, serviceResourceName, serviceTags } from "../marks.ts";
import { instanceIdOf } from "../provider-id.ts";
import { DEFAULT_BANDWIDTH_MBPS, readAnnotations, type ServiceSettings } from "./annotations.ts";

/** A listener with everything that we decide about it. */
export type WantedListener = Listener & { readonly listenerType: "TCP" | "UDP" };

export type WantedAddress =
  /** Only the address in the VPC. */
  | { readonly kind: "internal" }
  /** A public address made for the Service. */
  | { readonly kind: "own"; readonly spec: EipSpec; readonly resize: boolean }
  /** A public address of the user's (spec.loadBalancerIP): bound, never released. */
  | { readonly kind: "given"; readonly eip: string };

/** What a Service wants of the cloud: plain data. */
export interface Desired {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly Tag[];
  /** "" for the provider's choice. */
  readonly subnetId: string;
  /** A load balancer of the user's; "" for one of our own. */
  readonly existingId: string;
  readonly listeners: readonly WantedListener[];
  /** Instance ids, sorted. */
  readonly backends: readonly string[];
  readonly address: WantedAddress;
}

export const BACKEND_WEIGHT = 100;

export function desiredOf(
  service: Service,
  nodes: readonly Node[],
  clusterId: string,
): { readonly desired: Desired; readonly problems: readonly FacetProblem[] } {
  const { settings, problems: bad } = readAnnotations(service.metadata.annotations ?? {});
  const problems = [...bad];
  const { namespace = "", name = "", uid = "" } = service.metadata;
  const resourceName = serviceResourceName(clusterId, namespace, name);
  const tags = serviceTags(clusterId, uid);
  const ids = nodes.map((node) => instanceIdOf(node.spec?.providerID)).filter((id) => id !== undefined);
  // A Node that is not initialised yet has none: that passes by itself.
  const initialised = nodes.filter((node) => !node.spec?.taints?.some(({ key }) => key === TAINT_UNINITIALIZED));
  if (initialised.length > 0 && ids.length === 0) {
    problems.push({
      facet: "backends",
      reason: "NoProviderID",
      message: `none of ${initialised.length} nodes has a provider ID of this cloud (cce://i-…): no backend can be added yet`,
      retryable: false,
    });
  }
  const listeners: WantedListener[] = [];
  for (const port of service.spec?.ports ?? []) {
    const protocol = port.protocol ?? "TCP";
    if (protocol !== "TCP" && protocol !== "UDP") {
      problems.push(portProblem("UnsupportedProtocol", `port ${port.port}/${protocol}: expected TCP or UDP`));
    } else if (!port.nodePort) {
      problems.push(portProblem("NoNodePort", `port ${port.port}/${protocol} has no node port to forward to`));
    } else {
      listeners.push(listenerFor(protocol, port.port, port.nodePort, service, settings));
    }
  }
  const desired: Desired = {
    name: settings.name || resourceName,
    description: description(clusterId),
    tags,
    subnetId: settings.subnetId,
    existingId: settings.existingId,
    listeners: listeners.sort((a, b) => a.listenerPort - b.listenerPort || (a.listenerType < b.listenerType ? -1 : 1)),
    backends: chooseBackends(nodes, settings.maxBackends),
    address: addressFor(service, settings, resourceName, tags),
  };
  return { desired, problems };
}

function listenerFor(
  listenerType: "TCP" | "UDP",
  listenerPort: number,
  backendPort: number,
  service: Service,
  settings: ServiceSettings,
): WantedListener {
  const sticky = service.spec?.sessionAffinity === "ClientIP";
  return {
    listenerType,
    listenerPort,
    backendPort,
    scheduler: settings.scheduler || (sticky ? "Hash" : "RoundRobin"),
    healthCheckTimeoutInSecond: settings.healthTimeout,
    healthCheckInterval: settings.healthInterval,
    unhealthyThreshold: settings.unhealthyThreshold,
    healthyThreshold: settings.healthyThreshold,
    ...(listenerType === "UDP" ? { healthCheckString: settings.healthString } : {}),
  };
}

/**
 * At most `limit` of the nodes' instances, spread over the zones. By a hash of each, not by chance or order: a node that
 * comes or goes then moves one backend, and every run chooses the same.
 */
export function chooseBackends(nodes: readonly Node[], limit: number): readonly string[] {
  const zones = new Map<string, { readonly id: string; readonly rank: string }[]>();
  const seen = new Set<string>();
  for (const node of nodes) {
    const id = instanceIdOf(node.spec?.providerID);
    if (!id || seen.has(id)) continue;
    seen.add(id);
    const zone = node.metadata.labels?.["topology.kubernetes.io/zone"] ?? "";
    const rank = createHash("sha256").update(id).digest("hex");
    zones.set(zone, [...(zones.get(zone) ?? []), { id, rank }]);
  }
  if (seen.size <= limit) return [...seen].sort();
  const queues = [...zones.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, members]) => members.sort((a, b) => (a.rank < b.rank ? -1 : 1)));
  const chosen: string[] = [];
  for (let round = 0; chosen.length < limit; round++) {
    for (const queue of queues) {
      const member = queue[round];
      if (member && chosen.length < limit) chosen.push(member.id);
    }
  }
  return chosen.sort();
}

function addressFor(
  service: Service,
  settings: ServiceSettings,
  resourceName: string,
  tags: readonly Tag[],
): WantedAddress {
  if (settings.internal) return { kind: "internal" };
  const given = service.spec?.loadBalancerIP;
  if (given) return { kind: "given", eip: given };
  const prepaid = settings.eipPayment === "Prepaid";
  const reservation = { reservationLength: settings.eipReservation, reservationTimeUnit: "month" as const };
  return {
    kind: "own",
    resize: settings.eipBandwidth > 0,
    spec: {
      name: settings.eipName || resourceName,
      bandwidthInMbps: settings.eipBandwidth || DEFAULT_BANDWIDTH_MBPS,
      billing: prepaid
        ? { paymentTiming: "Prepaid", reservation }
        : { paymentTiming: "Postpaid", billingMethod: settings.eipBilling },
      tags,
    },
  };
}

function portProblem(reason: string, text: string): FacetProblem {
  return { facet: "listeners", reason, message: `${text}; this port is left out`, retryable: false };
}
