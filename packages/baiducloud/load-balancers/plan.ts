import type { Tag } from "@ccm/bce";
import { REFUSED_ID, type ServiceSettings } from "./annotation-table.ts";
import type { BackendChoice } from "./backends.ts";
import type { Desired } from "./desired.ts";
import { isOwnListener, type Observed, type ObservedLoadBalancer } from "./observed.ts";
import { leave, planAddresses } from "./plan-address.ts";
import { planBackends } from "./plan-backends.ts";
import { planListeners } from "./plan-listeners.ts";
import { planSourceRanges, removeGroup } from "./plan-source-ranges.ts";
import type { Heirs } from "./sharing.ts";
import { complain, type Draft, NEW, type Plan } from "./steps.ts";

export { type Facet, NEW, NEW_EIP, type Plan, type Step } from "./steps.ts";

/** From what is wanted and what is there to what has to be done. Pure; empty when all is as wanted. */
export function planService(desired: Desired, observed: Observed): Plan {
  const draft: Draft = { steps: [], problems: [] };
  const { blb, refused } = observed;
  if (refused !== "") {
    complain(draft, "load-balancer", "LoadBalancerNotOurs", refused);
    return draft;
  }
  if (desired.existingId !== "" && blb?.id !== desired.existingId) {
    const reason = desired.existingId === REFUSED_ID ? "LoadBalancerRefused" : "LoadBalancerNotFound";
    complain(draft, "load-balancer", reason, missingText(desired), !desired.mayReplace);
    // Before anything is deleted: a mistyped id must not cost the load balancer that works today.
    if (!desired.mayReplace) return draft;
  }
  const blbId = blb?.id ?? NEW;
  if (!blb) draft.steps.push({ facet: "load-balancer", do: "createLoadBalancer", spec: desired.create });
  else planInstance(desired, blb, draft);
  planSourceRanges(desired, observed, blbId, draft);
  planListeners(desired, blb, blbId, draft);
  planBackends(blb && !blb.ours ? desired.sharedBackends : desired.backends, blb, blbId, draft);
  planAddresses(desired, observed, blbId, draft);
  if (blb?.ours && !desired.dualStack && blb.ipv6 !== "") {
    draft.steps.push({ facet: "load-balancer", do: "updateLoadBalancer", blbId, change: { allocateIpv6: false } });
  }
  // Last: until then they serve.
  for (const id of observed.surplus) {
    draft.steps.push({ facet: "load-balancer", do: "deleteLoadBalancer", blbId: id, onlyWhenReplaced: true });
  }
  return draft;
}

export interface DeletionOptions {
  /** The load balancer stays, empty. */
  readonly keepLoadBalancer: boolean;
  readonly keepAddress: boolean;
  /** Protections come from our own annotations, and go with them. */
  readonly mayUnprotect: boolean;
  readonly mayUnprotectEip: boolean;
  /** Of the Services that stay on the same load balancer; undefined: there are none. */
  readonly remaining?: BackendChoice | undefined;
  readonly heirs?: Heirs;
}

/** What a Service's annotations say of its end. */
export function deletionOptions(
  settings: ServiceSettings,
  remaining: BackendChoice | undefined,
  heirs: Heirs = {},
): DeletionOptions {
  return {
    heirs,
    keepLoadBalancer: settings.reserve,
    keepAddress: settings.keepEip,
    mayUnprotect: settings.deletionProtection !== "",
    mayUnprotectEip: settings.eipProtection !== "",
    remaining,
  };
}

/** What has to go when the Service goes. A problem is what keeps something from going. */
export function planDeletion(observed: Observed, options: DeletionOptions): Plan {
  const draft: Draft = { steps: [], problems: [] };
  const { steps } = draft;
  const { blb, ownEips, givenEip, securityGroup } = observed;
  for (const blbId of observed.surplus) steps.push({ facet: "load-balancer", do: "deleteLoadBalancer", blbId });
  for (const eip of ownEips) {
    if (!options.keepAddress) steps.push(...leave(eip, observed, options.heirs, options.mayUnprotectEip));
    // With the load balancer that stays it stays bound, as it serves nobody else.
    else if (eip.instanceId && !(options.keepLoadBalancer && blb?.id === eip.instanceId)) {
      steps.push({ facet: "address", do: "unbindEip", eip: eip.eip });
    }
  }
  for (const eip of [givenEip, observed.formerEip]) {
    if (eip && blb && eip.instanceId === blb.id) steps.push({ facet: "address", do: "unbindEip", eip: eip.eip });
  }
  if (blb?.ours && !options.keepLoadBalancer) {
    if (securityGroup && blb.guarded)
      steps.push({ facet: "source-ranges", do: "unbindSecurityGroup", blbId: blb.id, groupId: securityGroup.id });
    planRemoval(blb, options, draft);
  } else if (blb) planEmptying(blb, options, draft);
  if (securityGroup) {
    const bound = blb?.guarded === true && (options.keepLoadBalancer || !blb.ours);
    removeGroup(securityGroup.id, bound ? blb.id : undefined, draft);
  }
  return draft;
}

function planRemoval(blb: ObservedLoadBalancer, options: DeletionOptions, { steps, problems }: Draft): void {
  const facet = "load-balancer" as const;
  if (blb.protectedFromDeletion) {
    if (!options.mayUnprotect) {
      const message = `load balancer ${blb.id} is protected against deletion, not by us: switch that off in the console`;
      problems.push({ facet, reason: "DeletionProtected", message, retryable: true });
      return;
    }
    steps.push({ facet, do: "updateLoadBalancer", blbId: blb.id, change: { allowDelete: true } });
  }
  steps.push({ facet, do: "deleteLoadBalancer", blbId: blb.id });
}

/** A load balancer that stays loses what is this Service's, and no more. */
function planEmptying(blb: ObservedLoadBalancer, { remaining }: DeletionOptions, draft: Draft): void {
  const ours = blb.listeners.filter((listener) => isOwnListener(blb, listener));
  if (ours.length > 0) {
    const listeners = ours.map(({ listenerType, listenerPort }) => ({ listenerType, listenerPort }));
    draft.steps.push({ facet: "listeners", do: "deleteListeners", blbId: blb.id, listeners });
  }
  if (remaining) planBackends(remaining, blb, blb.id, draft);
  // The listeners of others need their backends; without any listener nobody does.
  else if (ours.length === blb.listeners.length) {
    planBackends({ candidates: [], limit: 1, seed: "" }, blb, blb.id, draft);
  }
}

/** What the load balancer itself is like. */
function planInstance(desired: Desired, blb: ObservedLoadBalancer, draft: Draft): void {
  const facet = "load-balancer" as const;
  const blbId = blb.id;
  const missing = (blb.ours ? desired.tags : desired.sharedTags).filter((tag) => !hasTag(blb.tags, tag));
  for (const tag of missing) {
    draft.steps.push({ facet: "tags", do: "assignTag", service: "BLB", resourceId: blbId, tag });
  }
  if (!blb.ours) {
    if (desired.dualStack && blb.ipv6 === "") {
      const text = `load balancer ${blbId} has no IPv6 address, and it is not ours to give it one`;
      complain(draft, facet, "NoIpv6Address", text);
    }
    return;
  }
  const { protect } = desired;
  const change = {
    ...(desired.names.includes(blb.name) ? {} : { name: desired.create.name }),
    ...(blb.description.endsWith(desired.create.desc) ? {} : { desc: desired.create.desc }),
    ...(protect === undefined || protect === blb.protectedFromDeletion ? {} : { allowDelete: !protect }),
    ...(desired.dualStack && blb.ipv6 === "" ? { allocateIpv6: true } : {}),
  };
  if (Object.keys(change).length > 0) draft.steps.push({ facet, do: "updateLoadBalancer", blbId, change });
  const { performanceLevel } = desired;
  if (performanceLevel !== "" && blb.performanceLevel !== undefined && blb.performanceLevel !== performanceLevel) {
    draft.steps.push({ facet, do: "resizeLoadBalancer", blbId, performanceLevel });
  }
}

function hasTag(tags: readonly Tag[], { tagKey, tagValue }: Tag): boolean {
  return tags.some((tag) => tag.tagKey === tagKey && tag.tagValue === tagValue);
}

function missingText({ existingId, mayReplace }: Desired): string {
  if (existingId === REFUSED_ID) {
    return (
      "an earlier controller refused the load balancer that was named here because it was in use: name it again in " +
      "service.beta.kubernetes.io/cce-load-balancer-exist-id, load balancers can be shared by now"
    );
  }
  const fact = `load balancer ${existingId}, named by an annotation, does not exist in this account and region`;
  return mayReplace ? `${fact}: one of the Service's own takes its place` : fact;
}
