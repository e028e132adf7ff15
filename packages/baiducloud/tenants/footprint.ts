import type { Eip } from "@ccm/bce";
import { amount, type CloudAmount, type Growth, NOTHING, plus } from "@ccm/tenancy";
import type { Desired } from "../load-balancers/desired.ts";
import type { Observed } from "../load-balancers/observed.ts";
import { NEW, NEW_EIP, type Step } from "../load-balancers/steps.ts";

/** What of the cloud counts for the tenant of a Service. */

const LOAD_BALANCER = amount({ loadBalancers: 1 });

export function addressAmount({ bandwidthInMbps }: Pick<Eip, "bandwidthInMbps">): CloudAmount {
  return amount({ publicIps: 1, bandwidthMbps: bandwidthInMbps });
}

/** What a Service has. An address of the user's counts while it is bound, a load balancer that the user named does not. */
export function footprintOf({ blb, surplus, ownEips, givenEip }: Observed): CloudAmount {
  const blbs = surplus.length + (blb?.ours ? 1 : 0);
  const bound = givenEip && blb && givenEip.instanceId === blb.id ? [givenEip] : [];
  const eips = [...ownEips, ...bound.filter(({ eip }) => !ownEips.some((own) => own.eip === eip))];
  return eips.map(addressAmount).reduce(plus, amount({ loadBalancers: blbs }));
}

/** What a Service may have had asked for, if all of it was still on its way. */
export function wishOf(desired: Desired): CloudAmount {
  const own = desired.existingId === "" || desired.mayReplace ? LOAD_BALANCER : NOTHING;
  return desired.addresses.reduce((sum, address) => {
    if (address.kind === "own") return plus(sum, addressAmount(address.spec));
    return address.kind === "given" ? plus(sum, amount({ publicIps: 1 })) : sum;
  }, own);
}

/** What the steps of a plan add, in their order; a new load balancer comes first. */
export function growthsOf(steps: readonly Step[], { ownEips, givenEip }: Observed): readonly Growth[] {
  return steps.flatMap((step): Growth | readonly Growth[] => {
    if (step.do === "createLoadBalancer") return { id: NEW, by: LOAD_BALANCER };
    if (step.do === "createEip") return { id: NEW_EIP[step.family] + step.family, by: addressAmount(step.spec) };
    if (step.do === "bindEip" && step.eip === givenEip?.eip) return { id: step.eip, by: addressAmount(givenEip) };
    if (step.do !== "resizeEip") return [];
    const before = ownEips.find(({ eip }) => eip === step.eip)?.bandwidthInMbps ?? 0;
    const more = step.bandwidthInMbps - before;
    return more > 0 ? { id: step.eip, by: amount({ bandwidthMbps: more }) } : [];
  });
}

/** The steps that can be done without those that were refused. What is to be replaced stays, as long as the new is refused. */
export function withoutRefused(steps: readonly Step[], refused: ReadonlySet<string>): readonly Step[] {
  if (refused.size === 0) return steps;
  const noBlb = refused.has(NEW);
  return steps.filter((step) => {
    if (step.do === "deleteLoadBalancer" && step.onlyWhenReplaced) return false;
    if (noBlb && (step.do === "createLoadBalancer" || step.do === "createSecurityGroup" || step.do === "createEip")) {
      return false;
    }
    if (noBlb && "blbId" in step && step.blbId === NEW) return false;
    if (step.do === "createEip") return !refused.has(NEW_EIP[step.family] + step.family);
    if (!("eip" in step)) return true;
    if (step.eip === NEW_EIP.IPv4) return !noBlb && !refused.has(`${NEW_EIP.IPv4}IPv4`);
    if (step.eip === NEW_EIP.IPv6) return !noBlb && !refused.has(`${NEW_EIP.IPv6}IPv6`);
    return !(refused.has(step.eip) && (step.do === "bindEip" || step.do === "resizeEip"));
  });
}
