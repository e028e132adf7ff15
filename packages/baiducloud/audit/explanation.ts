import type { Event } from "@ccm/kube";
import type { Change } from "./step-text.ts";

/** Why something is as it is, and what to do. */
export interface Explanation {
  readonly object: string;
  readonly state: "ready" | "pending" | "failing" | "drifted" | "not ours";
  readonly summary: string;
  /** The last that went wrong; undefined: nothing, or it has healed since. */
  readonly lastError: LastError | undefined;
  /** When it is tried again, for people; "" when that is no question. */
  readonly nextRetry: string;
  /** The same as a time (RFC 3339); "" when no controller says so. */
  readonly nextRetryAt: string;
  /** What cannot be satisfied, found by a plan on the live cloud. */
  readonly problems: readonly { readonly facet: string; readonly reason: string; readonly message: string }[];
  /** What the controller would do now. */
  readonly changes: readonly Change[];
  readonly todo: readonly string[];
}

export interface LastError {
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly at: string;
  readonly times: number;
  /** The cloud's, for a ticket; "" when it names none. */
  readonly requestId: string;
}

/** The newest Warning that came after `healedAt` (RFC 3339, "" for never). */
export function lastError(events: readonly Event[], healedAt = ""): LastError | undefined {
  const warnings = events.filter(({ type }) => type === "Warning").sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
  const last = warnings.at(-1);
  if (!last || (healedAt !== "" && timeOf(last) <= healedAt)) return undefined;
  const { reason = "", message = "", count = 1 } = last;
  return { reason, message, at: timeOf(last), times: count, requestId: requestIdIn(message) };
}

function timeOf({ lastTimestamp, eventTime, firstTimestamp, metadata }: Event): string {
  return lastTimestamp || eventTime || firstTimestamp || metadata.creationTimestamp || "";
}

function requestIdIn(text: string): string {
  return /request id ([\w.-]+)/.exec(text)?.[1] ?? "";
}

/** What is known of the next attempt. */
export interface Attempts {
  /** Whether somebody holds the lease; undefined: unknown. */
  readonly ccmRuns: boolean | undefined;
  /** When its controller tries again, as that says itself (RFC 3339); "" when it does not. */
  readonly next: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * When it is tried again: the time, where the controller that leads tells it; else the rule, by which the controllers'
 * queues wait.
 */
export function retryOf(retryable: boolean, { ccmRuns, next, now }: Attempts): string {
  if (ccmRuns === false) return "not before the cloud controller manager runs again";
  if (next !== "") return `${dueText(next, now)}${retryable ? "" : "; an edit is tried at once"}`;
  if (retryable) return "by itself: 5 seconds after a failure, then each time twice as long, at most 5 minutes";
  return "after an edit; without one with the periodic look (every 10 minutes, --service-drift-period)";
}

function dueText(next: string, now: number): string {
  const seconds = Math.ceil((Date.parse(next) - now) / 1000);
  const time = next.replace(/^.*T/, "");
  if (seconds <= 0) return `${time}, which is now`;
  const left = seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${time}, in ${left}`;
}

const ADVICE: readonly (readonly [of: RegExp, what: string])[] = [
  [
    /InvalidAccessKeyId|SignatureDoesNotMatch/,
    "correct the access key in the cloud config; the CCM takes a changed one without a restart (see doctor)",
  ],
  [/RequestTimeTooSkewed|RequestExpired/, "set the clock of the machine that the CCM runs on (see doctor)"],
  [/OptInRequired|QualifyNotPass/, "open the product for the account in the console"],
  [/AccessDenied|cce\.warning\.Unauthorized/, "grant the CCM's user the permission that is refused (see doctor)"],
  [/TenantQuotaPending/, "nothing: it is decided when the former leader's requests have come to an end"],
  [/TenantQuota/, "free some of what the tenant has, or have its limit raised (see tenant describe)"],
  [/Quota|ExceedLimit|LimitExceeded|RouteRuleExceed/, "free some, or raise the quota in the console (see doctor)"],
  [/Throttl|RateLimit|RequestLimitExceeded/, "wait: calls are sent more slowly until the cloud takes them again"],
  [/InvalidAnnotation/, "correct the annotation that is named; the rest goes on meanwhile"],
  [/UnknownAnnotation/, "correct the annotation's key, or remove it"],
  [/UnAvailableLoadBalancer/, "give the cluster a node that may be a backend"],
  [/LoadBalancerNotFound/, "correct the load balancer's ID in the annotation, or make it in the console"],
  [/AddressNotFound/, "write an EIP of this account and region into spec.loadBalancerIP, or leave it out"],
  [
    /AddressInUse|AddressConflict/,
    "unbind the address from what has it, or write another one into spec.loadBalancerIP",
  ],
  [/PortInUse/, "give the port another number, or the Service a load balancer of its own"],
  [/DeletionProtected/, "switch the protection off in the console"],
  [/InvalidSourceRanges|TooManySourceRanges/, "correct spec.loadBalancerSourceRanges"],
  [/LoadBalancerNotOurs/, "name another load balancer in the annotation"],
  [/SubnetHasNoMoreIp|no subnet of type BCC/, "make a subnet of type BCC with free addresses, or name one (SubnetId)"],
  [/arrears/, "settle the account's bill"],
  [
    /connection refused|host name not found|no connection within|TLS/,
    "make the cloud's endpoints reachable (see doctor)",
  ],
];

/** What to do about a failure, from its reason or the cloud's code in its words; "" when the words have to do. */
export function adviceFor(reason: string, message: string): string {
  return ADVICE.find(([of]) => of.test(`${reason} ${message}`))?.[1] ?? "";
}
