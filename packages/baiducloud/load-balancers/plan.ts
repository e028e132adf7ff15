import type { EipSpec, Listener, Tag } from "@ccm/bce";
import type { FacetProblem } from "@ccm/cloud-provider";
import { BACKEND_WEIGHT, type Desired, type WantedListener } from "./desired.ts";
import { listenerKey, type Observed, type ObservedLoadBalancer } from "./observed.ts";

/** Stands for the id of what an earlier step of the same plan creates. */
export const NEW = "(new)";

export type Facet = "load-balancer" | "listeners" | "backends" | "address";

/** One change of the cloud: plain data, in the order in which it has to happen. */
export type Step = { readonly facet: Facet } & (
  | {
      readonly do: "createLoadBalancer";
      readonly name: string;
      readonly description: string;
      readonly subnetId: string;
      readonly tags: readonly Tag[];
    }
  | { readonly do: "deleteLoadBalancer"; readonly blbId: string }
  | { readonly do: "createListener"; readonly blbId: string; readonly listener: WantedListener }
  | { readonly do: "updateListener"; readonly blbId: string; readonly listener: WantedListener }
  | {
      readonly do: "deleteListeners";
      readonly blbId: string;
      readonly listeners: readonly Pick<Listener, "listenerType" | "listenerPort">[];
    }
  | {
      readonly do: "addBackends";
      readonly blbId: string;
      readonly instanceIds: readonly string[];
      readonly weight: number;
    }
  | {
      readonly do: "updateBackends";
      readonly blbId: string;
      readonly instanceIds: readonly string[];
      readonly weight: number;
    }
  | { readonly do: "removeBackends"; readonly blbId: string; readonly instanceIds: readonly string[] }
  | { readonly do: "createEip"; readonly spec: EipSpec }
  | { readonly do: "bindEip"; readonly eip: string; readonly blbId: string }
  | { readonly do: "unbindEip"; readonly eip: string }
  | { readonly do: "resizeEip"; readonly eip: string; readonly bandwidthInMbps: number }
  | { readonly do: "releaseEip"; readonly eip: string }
);

export interface Plan {
  readonly steps: readonly Step[];
  /** What cannot be satisfied, although the steps do the rest. */
  readonly problems: readonly FacetProblem[];
}

/** Backends in one call: larger calls have timed out (kubernetes-retired/cloud-provider-baiducloud#68). */
const BACKEND_BATCH = 20;

/** From what is wanted and what is there to what has to be done. Pure; empty when all is as wanted. */
export function planService(desired: Desired, observed: Observed): Plan {
  const steps: Step[] = [];
  const problems: FacetProblem[] = [];
  const { blb } = observed;
  // Before anything is deleted: a mistyped id must not cost the load balancer that works today.
  if (!blb && desired.existingId !== "") {
    problems.push({
      facet: "load-balancer",
      reason: "LoadBalancerNotFound",
      message: `load balancer ${desired.existingId}, named by an annotation, does not exist in this account and region`,
      retryable: true,
    });
    return { steps, problems };
  }
  for (const blbId of observed.surplus) steps.push({ facet: "load-balancer", do: "deleteLoadBalancer", blbId });
  const blbId = blb?.id ?? NEW;
  if (!blb) {
    const { name, description, subnetId, tags } = desired;
    steps.push({ facet: "load-balancer", do: "createLoadBalancer", name, description, subnetId, tags });
  }
  planListeners(desired, blb, blbId, steps, problems);
  planBackends(desired.backends, blb, blbId, steps);
  planAddress(desired, observed, blbId, steps, problems);
  return { steps, problems };
}

/** What has to go when the Service goes. `keep`: the load balancer stays, empty. */
export function planDeletion(observed: Observed, keep: boolean): Plan {
  const steps: Step[] = [];
  const { blb } = observed;
  for (const blbId of observed.surplus) steps.push({ facet: "load-balancer", do: "deleteLoadBalancer", blbId });
  for (const eip of observed.ownEips) steps.push(...giveUp(eip));
  const given = observed.givenEip;
  if (given && blb && given.instanceId === blb.id) steps.push({ facet: "address", do: "unbindEip", eip: given.eip });
  if (blb?.ours && !keep) steps.push({ facet: "load-balancer", do: "deleteLoadBalancer", blbId: blb.id });
  else if (blb) {
    const ours = blb.listeners.filter((listener) => isOwn(blb, listener));
    if (ours.length > 0) {
      const listeners = ours.map(({ listenerType, listenerPort }) => ({ listenerType, listenerPort }));
      steps.push({ facet: "listeners", do: "deleteListeners", blbId: blb.id, listeners });
    }
    // The listeners of others need their backends; without any listener nobody does.
    if (ours.length === blb.listeners.length) planBackends([], blb, blb.id, steps);
  }
  return { steps, problems: [] };
}

function planListeners(
  desired: Desired,
  blb: ObservedLoadBalancer | undefined,
  blbId: string,
  steps: Step[],
  problems: FacetProblem[],
): void {
  const wanted = new Map(desired.listeners.map((listener) => [listenerKey(listener), listener]));
  const present = new Map((blb?.listeners ?? []).map((listener) => [listenerKey(listener), listener]));
  const stale = [...present.values()].filter(
    (listener) => !wanted.has(listenerKey(listener)) && blb && isOwn(blb, listener),
  );
  if (stale.length > 0) {
    const listeners = stale.map(({ listenerType, listenerPort }) => ({ listenerType, listenerPort }));
    steps.push({ facet: "listeners", do: "deleteListeners", blbId, listeners });
  }
  for (const [key, listener] of wanted) {
    const current = present.get(key);
    if (!current) steps.push({ facet: "listeners", do: "createListener", blbId, listener });
    else if (blb && !isOwn(blb, current)) {
      problems.push({
        facet: "listeners",
        reason: "PortInUse",
        message: `port ${key} of load balancer ${blb.id} belongs to somebody else; choose another port`,
        retryable: false,
      });
    } else if (!sameListener(listener, current)) {
      steps.push({ facet: "listeners", do: "updateListener", blbId, listener });
    }
  }
}

function planBackends(
  wanted: readonly string[],
  blb: ObservedLoadBalancer | undefined,
  blbId: string,
  steps: Step[],
): void {
  const present = new Map((blb?.backends ?? []).map((backend) => [backend.instanceId, Number(backend.weight)]));
  const want = new Set(wanted);
  const mayRemove = (id: string) => blb?.ours === true || blb?.clusterInstances.has(id) === true;
  const remove = [...present.keys()].filter((id) => !want.has(id) && mayRemove(id)).sort();
  const add = wanted.filter((id) => !present.has(id));
  const weigh = wanted.filter((id) => present.has(id) && present.get(id) !== BACKEND_WEIGHT);
  const facet = "backends" as const;
  // New ones come before old ones go, so that there is always somebody to answer.
  for (const instanceIds of batches(add))
    steps.push({ facet, do: "addBackends", blbId, instanceIds, weight: BACKEND_WEIGHT });
  for (const instanceIds of batches(weigh)) {
    steps.push({ facet, do: "updateBackends", blbId, instanceIds, weight: BACKEND_WEIGHT });
  }
  for (const instanceIds of batches(remove)) steps.push({ facet, do: "removeBackends", blbId, instanceIds });
}

function planAddress(
  desired: Desired,
  observed: Observed,
  blbId: string,
  steps: Step[],
  problems: FacetProblem[],
): void {
  const facet = "address" as const;
  const { ownEips, givenEip, blb } = observed;
  const problem = (reason: string, message: string, retryable: boolean) =>
    problems.push({ facet, reason, message, retryable });
  const boundToUs = (eip: { readonly instanceId?: string | null }) => blb !== undefined && eip.instanceId === blb.id;
  const foreignIp = blb?.publicIp && !ownEips.some(({ eip }) => eip === blb.publicIp) ? blb.publicIp : "";
  const wanted = desired.address;

  if (wanted.kind === "internal") {
    for (const eip of ownEips) steps.push(...giveUp(eip));
    return;
  }
  if (wanted.kind === "given") {
    for (const eip of ownEips.filter(({ eip }) => eip !== wanted.eip)) steps.push(...giveUp(eip));
    if (!givenEip) {
      problem("AddressNotFound", `spec.loadBalancerIP ${wanted.eip} is no EIP of this account and region`, true);
    } else if (boundToUs(givenEip)) {
      return;
    } else if (givenEip.instanceId) {
      const holder = `${givenEip.instanceType ?? "instance"} ${givenEip.instanceId}`;
      problem("AddressInUse", `spec.loadBalancerIP ${wanted.eip} is bound to ${holder}: unbind it first`, true);
    } else if (foreignIp !== "" && foreignIp !== wanted.eip) {
      problem(
        "AddressConflict",
        `load balancer ${blbId} has EIP ${foreignIp} already, which is not ours: unbind it first`,
        true,
      );
    } else steps.push({ facet, do: "bindEip", eip: wanted.eip, blbId });
    return;
  }
  // An address that somebody bound to the load balancer by hand serves as well as one of our own.
  if (foreignIp !== "") return;
  const keep = ownEips.find(boundToUs) ?? ownEips[0];
  for (const eip of ownEips) if (eip !== keep) steps.push(...giveUp(eip));
  if (!keep) {
    steps.push({ facet, do: "createEip", spec: wanted.spec }, { facet, do: "bindEip", eip: NEW, blbId });
    return;
  }
  if (!boundToUs(keep)) {
    if (keep.instanceId) steps.push({ facet, do: "unbindEip", eip: keep.eip });
    steps.push({ facet, do: "bindEip", eip: keep.eip, blbId });
  }
  const { bandwidthInMbps, billing } = wanted.spec;
  if (wanted.resize && keep.bandwidthInMbps !== bandwidthInMbps) {
    steps.push({ facet, do: "resizeEip", eip: keep.eip, bandwidthInMbps });
  }
  const billingDiffers =
    billing.billingMethod !== undefined && keep.billingMethod && keep.billingMethod !== billing.billingMethod;
  if (keep.paymentTiming !== billing.paymentTiming || billingDiffers) {
    const is = [keep.paymentTiming, keep.billingMethod].filter(Boolean).join(" ");
    const should = [billing.paymentTiming, billing.billingMethod].filter(Boolean).join(" ");
    problem(
      "BillingNotChangeable",
      `EIP ${keep.eip} is ${is}, wanted is ${should}: the cloud cannot change that; the address stays as it is`,
      false,
    );
  }
}

/** Unbound, then released. A prepaid address cannot be released before its term ends: it is unbound, and stays. */
function giveUp(eip: {
  readonly eip: string;
  readonly instanceId?: string | null;
  readonly paymentTiming: string;
}): Step[] {
  const steps: Step[] = [];
  if (eip.instanceId) steps.push({ facet: "address", do: "unbindEip", eip: eip.eip });
  if (eip.paymentTiming !== "Prepaid") steps.push({ facet: "address", do: "releaseEip", eip: eip.eip });
  return steps;
}

function isOwn(blb: ObservedLoadBalancer, listener: Pick<Listener, "listenerType" | "listenerPort">): boolean {
  return blb.ours || blb.ownListeners.has(listenerKey(listener));
}

/** Equal in all that we decide about; what we leave to the cloud's defaults may be anything. */
function sameListener(wanted: WantedListener, current: Listener): boolean {
  return (Object.keys(wanted) as (keyof WantedListener)[]).every((field) =>
    field === "scheduler" ? sameScheduler(wanted.scheduler, current.scheduler) : wanted[field] === current[field],
  );
}

/** The API has two names for one algorithm, and returns the one that was stored. */
function sameScheduler(a: string, b: string): boolean {
  const canonical = (name: string) => (name === "WeightLeastConn" ? "LeastConnection" : name);
  return canonical(a) === canonical(b);
}

function batches(ids: readonly string[]): readonly (readonly string[])[] {
  const out: string[][] = [];
  for (let i = 0; i < ids.length; i += BACKEND_BATCH) out.push(ids.slice(i, i + BACKEND_BATCH));
  return out;
}
