import type { Eip } from "@ccm/bce";
import type { IpFamily } from "@ccm/cloud-provider";
import type { Desired, WantedAddress } from "./desired.ts";
import { familyOf, type Observed, privateAddress, publicAddress } from "./observed.ts";
import type { Heirs } from "./sharing.ts";
import { complain, type Draft, NEW_EIP, type Step } from "./steps.ts";

const FAMILIES: readonly IpFamily[] = ["IPv4", "IPv6"];

export function planAddresses(desired: Desired, observed: Observed, blbId: string, draft: Draft): void {
  const { formerEip } = observed;
  if (formerEip) draft.steps.push({ facet: "address", do: "unbindEip", eip: formerEip.eip });
  for (const family of FAMILIES) {
    const asked = desired.addresses.find((address) => address.family === family);
    // Somebody else's load balancer without IPv6 cannot have such a public address either.
    const possible = !observed.blb || observed.blb.ours || privateAddress(observed.blb, family) !== "";
    planAddress(asked && possible ? asked : { family, kind: "internal" }, desired, observed, blbId, draft);
  }
}

function planAddress(wanted: WantedAddress, desired: Desired, observed: Observed, blbId: string, draft: Draft): void {
  const facet = "address" as const;
  const { blb, ownEips, givenEip, formerEip } = observed;
  const { family } = wanted;
  const own = ownEips.filter(({ eip }) => familyOf(eip) === family);
  const boundToUs = (eip: Eip) => blb !== undefined && eip.instanceId === blb.id;
  const bound = publicAddress(blb, family);
  const foreignIp = own.some(({ eip }) => eip === bound) || formerEip?.eip === bound ? "" : bound;

  const giveUpAll = (eips: readonly Eip[]): void => {
    for (const eip of eips) {
      draft.steps.push(...leave(eip, observed, desired.heirs, desired.mayUnprotectEip));
      if (eip.instanceId && eip.paymentTiming === "Prepaid") {
        const text = `EIP ${eip.eip} is prepaid and cannot be released before its term ends: it is unbound, and stays`;
        complain(draft, facet, "PrepaidAddressKept", text);
      }
    }
  };
  if (wanted.kind === "internal") {
    giveUpAll(own);
    if (givenEip && familyOf(givenEip.eip) === family && boundToUs(givenEip)) {
      draft.steps.push({ facet, do: "unbindEip", eip: givenEip.eip });
    }
    return;
  }
  if (wanted.kind === "given") {
    const given = givenEip;
    giveUpAll(own.filter(({ eip }) => eip !== wanted.eip));
    if (!given) {
      const text = `spec.loadBalancerIP ${wanted.eip} is no EIP of this account and region`;
      complain(draft, facet, "AddressNotFound", text, true);
    } else if (boundToUs(given)) {
      return;
    } else if (given.instanceId) {
      const holder = `${given.instanceType ?? "instance"} ${given.instanceId}`;
      const text = `spec.loadBalancerIP ${wanted.eip} is bound to ${holder}: unbind it first`;
      complain(draft, facet, "AddressInUse", text, true);
    } else if (foreignIp !== "" && foreignIp !== wanted.eip && !blb?.ours) {
      const text = `load balancer ${blbId} has EIP ${foreignIp} already, which is not ours: unbind it first`;
      complain(draft, facet, "AddressConflict", text, true);
    } else {
      // On our own load balancer the one named before makes room; it is somebody's, and stays.
      if (foreignIp !== "" && foreignIp !== wanted.eip) draft.steps.push({ facet, do: "unbindEip", eip: foreignIp });
      draft.steps.push({ facet, do: "bindEip", eip: wanted.eip, blbId });
    }
    return;
  }
  // An address that somebody bound to the load balancer by hand serves as well as one of our own.
  if (foreignIp !== "") {
    // One of ours that came too late to be bound serves nobody, where the load balancer is another's.
    if (!blb?.ours) giveUpAll(own);
    return;
  }
  const keep = own.find(boundToUs) ?? own[0];
  giveUpAll(own.filter((eip) => eip !== keep));
  if (!keep) {
    const created = NEW_EIP[family];
    draft.steps.push({ facet, do: "createEip", family, spec: wanted.spec });
    if (wanted.groupId !== "") draft.steps.push({ facet, do: "joinGroup", eip: created, groupId: wanted.groupId });
    draft.steps.push({ facet, do: "bindEip", eip: created, blbId });
    return;
  }
  for (const tag of desired.tags) {
    if ((keep.tags ?? []).some(({ tagKey, tagValue }) => tagKey === tag.tagKey && tagValue === tag.tagValue)) continue;
    draft.steps.push({ facet: "tags", do: "assignTag", service: "EIP", resourceId: keep.eipId, tag });
  }
  if (!boundToUs(keep)) {
    if (keep.instanceId) draft.steps.push({ facet, do: "unbindEip", eip: keep.eip });
    draft.steps.push({ facet, do: "bindEip", eip: keep.eip, blbId });
  }
  planTerms(wanted, keep, draft);
}

/** Bandwidth, group, protection and billing of an address that is there. */
function planTerms(wanted: Extract<WantedAddress, { kind: "own" }>, keep: Eip, draft: Draft): void {
  const facet = "address" as const;
  const { bandwidthInMbps, billing } = wanted.spec;
  const { eip } = keep;
  const group = keep.shareGroupId ?? "";
  if (wanted.groupId !== "" && group !== wanted.groupId) {
    if (group !== "") draft.steps.push({ facet, do: "leaveGroup", eip, groupId: group });
    draft.steps.push({ facet, do: "joinGroup", eip, groupId: wanted.groupId });
  }
  const shared = wanted.groupId !== "" || group !== "" || keep.eipInstanceType === "shared";
  if (wanted.resize && keep.bandwidthInMbps !== bandwidthInMbps) {
    if (!shared) draft.steps.push({ facet, do: "resizeEip", eip, bandwidthInMbps });
    else {
      const text = `EIP ${eip} shares the bandwidth of group ${group || wanted.groupId}: it has none of its own to change`;
      complain(draft, facet, "BandwidthShared", text);
    }
  }
  if (wanted.protect !== undefined && (keep.deleteProtect ?? false) !== wanted.protect) {
    draft.steps.push({ facet, do: "protectEip", eip, on: wanted.protect });
  }
  const billingDiffers =
    billing.billingMethod !== undefined && keep.billingMethod && keep.billingMethod !== billing.billingMethod;
  if (!shared && (keep.paymentTiming !== billing.paymentTiming || billingDiffers)) {
    const is = [keep.paymentTiming, keep.billingMethod].filter(Boolean).join(" ");
    const should = [billing.paymentTiming, billing.billingMethod].filter(Boolean).join(" ");
    const text = `EIP ${eip} is ${is}, wanted is ${should}: the cloud cannot change that; the address stays as it is`;
    complain(draft, facet, "BillingNotChangeable", text);
  }
}

/** Goes over to another Service, where it is that one's address as well; otherwise it is given up. */
export function leave(eip: Eip, { blb }: Observed, heirs: Heirs = {}, unprotect: boolean): readonly Step[] {
  const heir = heirs[familyOf(eip.eip)];
  if (!heir || !blb || blb.ours || eip.instanceId !== blb.id) return giveUp(eip, unprotect);
  return [{ facet: "address", do: "handOverEip", eip: eip.eip, eipId: eip.eipId, ...heir }];
}

/**
 * Unbound, then released. A prepaid address cannot be released before its term ends, and one that somebody protected by
 * hand is not ours to lose: they are unbound, and stay. `unprotect`: the protection is by our own annotation.
 */
function giveUp(eip: Eip, unprotect: boolean): Step[] {
  const facet = "address" as const;
  const steps: Step[] = [];
  if (eip.instanceId) steps.push({ facet, do: "unbindEip", eip: eip.eip });
  if (eip.paymentTiming === "Prepaid" || (eip.deleteProtect && !unprotect)) return steps;
  if (eip.shareGroupId) steps.push({ facet, do: "leaveGroup", eip: eip.eip, groupId: eip.shareGroupId });
  if (eip.deleteProtect) steps.push({ facet, do: "protectEip", eip: eip.eip, on: false });
  return [...steps, { facet, do: "releaseEip", eip: eip.eip }];
}
