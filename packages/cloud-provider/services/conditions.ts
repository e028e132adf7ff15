import { errorText } from "@ccm/base";
import type { Service } from "@ccm/kube";
import type { LoadBalancerResult } from "../contract.ts";
import { cloudErrorOf } from "../error.ts";
import { withoutRequestIds } from "../repeat-filter.ts";
import { LABEL_EXCLUDE_BALANCERS } from "../well-known.ts";

/** The condition of a Service that says how its load balancer is, so that one need not catch the Event. */
export const CONDITION_READY = "LoadBalancerReady";

/** True only while the load balancer is entirely as the Service asks for. Reasons are those of the Events. */
export interface ReadyCondition {
  readonly status: "True" | "False";
  readonly reason: string;
  /** What is wrong, and what to do. */
  readonly message: string;
}

const READY: ReadyCondition = {
  status: "True",
  reason: "EnsuredLoadBalancer",
  message: "The load balancer is as the Service asks for.",
};
const PENDING: ReadyCondition = {
  status: "False",
  reason: "EnsuringLoadBalancer",
  message: "The cloud is still at work: nothing needs to be done.",
};
export const NO_NODES = "There are no available nodes for LoadBalancer";
const UNAVAILABLE: ReadyCondition = {
  status: "False",
  reason: "UnAvailableLoadBalancer",
  message:
    `${NO_NODES}: expected at least one Node that is not excluded by its label ${LABEL_EXCLUDE_BALANCERS}, is not about ` +
    "to be deleted, and has the labels the Service asks for, if any. It is looked at again when a Node is added.",
};

export function conditionOf(result: LoadBalancerResult, backends: number): ReadyCondition {
  const [first] = result.problems;
  if (first) {
    const messages = result.problems.map(({ message, retryable }) => `${message} (${advice(retryable)})`);
    return { status: "False", reason: asReason(first.reason), message: asMessage(messages.join("; ")) };
  }
  if (result.againAfterMs !== undefined) return PENDING;
  return backends === 0 ? UNAVAILABLE : READY;
}

/** Whether a change of nodes may change it: the words for a problem, or for a failure, stay until an ensure. */
export function isAboutNodes(condition: ReadyCondition | undefined): boolean {
  return condition?.status === READY.status || condition?.reason === UNAVAILABLE.reason;
}

/** Of a sync that failed as a whole. */
export function conditionOfFailure(error: unknown): ReadyCondition {
  const permanent = cloudErrorOf(error)?.retryable === false;
  const message = asMessage(`${errorText(error)} (${advice(!permanent)})`);
  return { status: "False", reason: "SyncLoadBalancerFailed", message };
}

function advice(retryable: boolean): string {
  return retryable
    ? "it is tried again by itself"
    : "change the Service, or what the cloud refuses, for it to be tried again";
}

/** The condition as the Service at hand shows it. */
export function shownCondition(
  service: Service,
): (ReadyCondition & { readonly lastTransitionTime: string }) | undefined {
  const found = (service.status?.conditions ?? []).find(({ type }) => type === CONDITION_READY);
  if (!found) return undefined;
  return {
    status: found.status === "True" ? "True" : "False",
    reason: String(found.reason ?? ""),
    message: String(found.message ?? ""),
    lastTransitionTime: String(found.lastTransitionTime ?? ""),
  };
}

/** Equal for users: each request of the cloud has another id, and that alone is no news. */
export function sameCondition(a: ReadyCondition | undefined, b: ReadyCondition | undefined): boolean {
  if (!a || !b) return a === b;
  const text = ({ message }: ReadyCondition) => withoutRequestIds(message);
  return a.status === b.status && a.reason === b.reason && text(a) === text(b);
}

/** The API's limits for the fields of a condition. */
const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const LONGEST_MESSAGE = 32_768;

function asReason(reason: string): string {
  return REASON.test(reason) ? reason : "LoadBalancerProblem";
}

function asMessage(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 1)}…` : message;
}
