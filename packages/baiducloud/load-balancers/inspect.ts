import { backendsOf, type FacetProblem, FINALIZER_LOAD_BALANCER, isOnlyLocal } from "@ccm/cloud-provider";
import { type EndpointSlice, keyOf, type Node, type Service } from "@ccm/kube";
import type { TenantContent, TenantReview } from "../tenants/review.ts";
import { readAnnotations } from "./annotations.ts";
import { nodesWithEndpoints } from "./backends.ts";
import { desiredOf, type LoadBalancerDefaults } from "./desired.ts";
import { type Drift, driftOf } from "./drift.ts";
import type { Observer } from "./observe.ts";
import type { Observed } from "./observed.ts";
import { deletionOptions, planDeletion, planService } from "./plan.ts";
import { heirsAmong, nodeSelectorOf, sharersAmong } from "./sharing.ts";
import type { Step } from "./steps.ts";

/** What there is in a cluster, all of it. */
export interface ClusterContent {
  readonly services: readonly Service[];
  readonly nodes: readonly Node[];
  readonly slices: readonly EndpointSlice[];
  /** Absent: there are none. */
  readonly tenants?: TenantContent;
}

export interface Inspection {
  readonly observed: Observed;
  /** What the controller would do now. */
  readonly steps: readonly Step[];
  readonly problems: readonly FacetProblem[];
  /** The same steps, field by field. */
  readonly drift: readonly Drift[];
}

/** Whether what was made for the Service has to go, and is not gone. */
export function isGoing({ metadata, spec }: Service): boolean {
  const unwanted = metadata.deletionTimestamp !== undefined || spec?.type !== "LoadBalancer";
  return unwanted && metadata.finalizers?.includes(FINALIZER_LOAD_BALANCER) === true;
}

/** Looks at a Service as the controller does, and changes nothing: for commands. */
export async function inspectService(
  service: Service,
  cluster: ClusterContent,
  parts: {
    readonly observer: Observer;
    readonly clusterId: string;
    readonly defaults?: LoadBalancerDefaults;
    readonly review?: TenantReview;
  },
  signal: AbortSignal,
): Promise<Inspection> {
  const { observer, clusterId, defaults = {}, review } = parts;
  const nodesFor = (one: Service): readonly Node[] => {
    const nodes = backendsOf(cluster.nodes, nodeSelectorOf(one));
    if (!isOnlyLocal(one)) return nodes;
    const names = nodesWithEndpoints(slicesOf(one, cluster.slices));
    return nodes.filter(({ metadata }) => names.has(metadata.name ?? ""));
  };
  const sharers = sharersAmong(service, cluster.services).map((other) => ({ service: other, nodes: nodesFor(other) }));
  const heirs = heirsAmong(
    sharers.map((one) => ({ service: one.service, ...desiredOf(one.service, one.nodes, clusterId, { defaults }) })),
    clusterId,
  );
  const observed = await observer.observe(service, signal, "observe");
  if (isGoing(service)) {
    const { settings } = readAnnotations(service.metadata.annotations ?? {});
    const [first, ...others] = sharers;
    const remaining =
      first && desiredOf(first.service, first.nodes, clusterId, { sharers: others }).desired.sharedBackends;
    return { observed, ...planDeletion(observed, deletionOptions(settings, remaining, heirs)), drift: [] };
  }
  const { desired, problems } = desiredOf(service, nodesFor(service), clusterId, {
    ...{ defaults, sharers },
    tenantTags: review?.tagsFor(service) ?? [],
  });
  const whole = planService({ ...desired, heirs }, observed);
  const plan = review?.admit(service, whole, observed) ?? whole;
  return {
    observed,
    steps: plan.steps,
    problems: [...problems, ...plan.problems],
    drift: driftOf(plan.steps, observed),
  };
}

function slicesOf(service: Service, slices: readonly EndpointSlice[]): readonly EndpointSlice[] {
  const key = keyOf(service);
  return slices.filter(
    ({ metadata }) => `${metadata.namespace ?? ""}/${metadata.labels?.["kubernetes.io/service-name"] ?? ""}` === key,
  );
}
