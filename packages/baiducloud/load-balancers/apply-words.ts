import { errorText } from "@ccm/base";
import { type BceErrorKind, isBceError } from "@ccm/bce";
import { cloudErrorOf, type FacetProblem } from "@ccm/cloud-provider";
import { toCloudError } from "../errors.ts";
import type { Facet, Step } from "./steps.ts";

const REASONS: Readonly<Record<Facet, string>> = {
  "load-balancer": "LoadBalancerFailed",
  tags: "TagsFailed",
  "source-ranges": "SourceRangesFailed",
  listeners: "ListenersFailed",
  backends: "BackendsFailed",
  address: "AddressFailed",
};

/** Where the kind of failure tells users more than what failed. */
const KINDS: Partial<Readonly<Record<BceErrorKind, string>>> = {
  quota: "QuotaExceeded",
  throttled: "Throttled",
  conflict: "Conflict",
  auth: "AccessDenied",
};

export function problemOf(step: Step, error: unknown): FacetProblem {
  const quota = isBceError(error, "quota");
  return {
    facet: step.facet,
    reason: (isBceError(error) && KINDS[error.kind]) || REASONS[step.facet],
    message: `${wordsFor(step)}: ${errorText(error)}${quota ? "; free some, or raise the quota in the console" : ""}`,
    // A quota may be raised, a permission granted: look again, but the framework decides how soon.
    retryable: quota || (cloudErrorOf(toCloudError(error))?.retryable ?? true),
  };
}

function wordsFor(step: Step): string {
  switch (step.do) {
    case "createListener":
    case "updateListener":
      return `${step.do === "createListener" ? "create" : "update"} listener ${step.listener.listenerPort}/${step.listener.listenerType}`;
    case "createLoadBalancer":
      return `create load balancer ${step.spec.name}`;
    case "createEip":
      return `create EIP of ${step.spec.bandwidthInMbps} Mbps`;
    default:
      return step.do.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(" eip", " EIP");
  }
}

export function describe(step: Step, blbOf: (id: string) => string, eipOf: (address: string) => string) {
  return {
    step: step.do,
    ...("blbId" in step ? { blb: blbOf(step.blbId) } : {}),
    ...("eip" in step ? { eip: eipOf(step.eip) } : {}),
    ...("listener" in step ? { listener: `${step.listener.listenerType}/${step.listener.listenerPort}` } : {}),
    ...("instanceIds" in step ? { instances: step.instanceIds.length } : {}),
    ...("tag" in step ? { tag: step.tag.tagKey } : {}),
  };
}
