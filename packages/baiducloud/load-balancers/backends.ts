import type { FacetProblem } from "@ccm/cloud-provider";
import { LABEL_EXCLUDE_BALANCERS, TAINT_UNINITIALIZED } from "@ccm/cloud-provider";
import type { EndpointSlice, Node } from "@ccm/kube";
import { instanceIdOf } from "../provider-id.ts";
import { OWN_PREFIX } from "./own-annotations.ts";

/** On a Node: 0 to 100, its share of the traffic. */
export const NODE_WEIGHT = `${OWN_PREFIX}backend-weight`;
const FULL_WEIGHT = 100;
/** The most that the cloud lets a load balancer have. */
export const BACKENDS_PER_BLB = 50;

/** An instance that may be a backend. */
export interface Candidate {
  readonly id: string;
  readonly zone: string;
  /** 0 takes no new traffic. */
  readonly weight: number;
}

/** Who may be a backend, and how many of them are. Plain data; `chooseBackends` takes the decision. */
export interface BackendChoice {
  readonly candidates: readonly Candidate[];
  readonly limit: number;
  /** Of what belongs together: different seeds choose different ones, so that the load of many Services is spread. */
  readonly seed: string;
}

/** Nodes without these are backends first: the machines of the API server are spared users' traffic, as in the Go CCM. */
const CONTROL_PLANE = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

function isSpared({ metadata: { labels = {} } }: Node): boolean {
  // "false" makes it a backend like others; with "true" the framework has passed over it.
  return labels[LABEL_EXCLUDE_BALANCERS] === undefined && CONTROL_PLANE.some((role) => labels[role] !== undefined);
}

/** Of the control plane only where there is nobody else, as in a cluster of one machine. */
export function candidatesOf(nodes: readonly Node[]): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  const workers = nodes.filter((node) => !isSpared(node) && instanceIdOf(node.spec?.providerID) !== undefined);
  for (const node of workers.length > 0 ? workers : nodes) {
    const id = instanceIdOf(node.spec?.providerID);
    if (id === undefined || found.has(id)) continue;
    const { labels, annotations } = node.metadata;
    const written = annotations?.[NODE_WEIGHT] ?? "";
    const weight = /^\d{1,3}$/.test(written) ? Math.min(Number(written), FULL_WEIGHT) : FULL_WEIGHT;
    found.set(id, { id, zone: labels?.["topology.kubernetes.io/zone"] ?? "", weight });
  }
  return [...found.values()];
}

/** A Node that is not initialised yet has no provider ID: that passes by itself. */
export function backendProblems(nodes: readonly Node[]): readonly FacetProblem[] {
  const initialised = nodes.filter((node) => !node.spec?.taints?.some(({ key }) => key === TAINT_UNINITIALIZED));
  if (initialised.length === 0 || candidatesOf(nodes).length > 0) return [];
  return [
    {
      facet: "backends",
      reason: "NoProviderID",
      message: `none of ${initialised.length} nodes has a provider ID of this cloud (cce://i-…): no backend can be added yet`,
      retryable: false,
    },
  ];
}

/**
 * At most `limit` of the candidates with their weights, as even over the zones as it goes. Within a zone those that are
 * `present` stay, and places are filled by rendezvous hashing: a node that is replaced by another changes only the load
 * balancers it was on, and what is chosen anew depends on nothing but the seed.
 */
export function chooseBackends(
  { candidates, limit, seed }: BackendChoice,
  present: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const weights = (chosen: readonly Candidate[]) =>
    new Map(chosen.map(({ id, weight }) => [id, weight] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (candidates.length <= limit) return weights(candidates);
  const zones = Map.groupBy(candidates, ({ zone }) => zone);
  const queues = [...zones]
    .sort(([a], [b]) => hash(`${seed} ${a}`) - hash(`${seed} ${b}`) || (a < b ? -1 : 1))
    .map(([, members]) => {
      const ranked = members.map((member) => ({
        member,
        drained: member.weight === 0,
        absent: !present.has(member.id),
        rank: hash(`${seed} ${member.id}`),
      }));
      const order = (a: (typeof ranked)[number], b: (typeof ranked)[number]) =>
        Number(a.drained) - Number(b.drained) ||
        Number(a.absent) - Number(b.absent) ||
        a.rank - b.rank ||
        (a.member.id < b.member.id ? -1 : 1);
      return ranked.sort(order);
    });
  const chosen: Candidate[] = [];
  for (let round = 0; chosen.length < limit; round++) {
    for (const queue of queues) {
      const next = queue[round];
      if (next && chosen.length < limit) chosen.push(next.member);
    }
  }
  return weights(chosen);
}

/**
 * The nodes that have a Pod of the Service, from all of its EndpointSlices: those with a ready one; when there is none
 * at all, those with one that ends but still serves, as kube-proxy has it.
 */
export function nodesWithEndpoints(slices: readonly EndpointSlice[]): ReadonlySet<string> {
  const ready = new Set<string>();
  const serving = new Set<string>();
  for (const { addressType, endpoints } of slices) {
    if (addressType === "FQDN") continue;
    for (const { nodeName, conditions } of endpoints ?? []) {
      if (nodeName === undefined) continue;
      // Absent means true, but for terminating.
      if (conditions?.ready !== false && conditions?.terminating !== true) ready.add(nodeName);
      else if (conditions?.serving === true) serving.add(nodeName);
    }
  }
  return ready.size > 0 ? ready : serving;
}

/** FNV-1a with a last mixing, so that texts that differ in their end alone are far apart. 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
