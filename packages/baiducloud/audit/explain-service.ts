import { wantsLoadBalancer } from "@ccm/cloud-provider";
import { type Event, keyOf, type Service } from "@ccm/kube";
import { type Inspection, isGoing } from "../load-balancers/inspect.ts";
import { type Attempts, adviceFor, type Explanation, lastError, retryOf } from "./explanation.ts";
import { type Change, changesOf } from "./step-text.ts";

/** As the service controller writes it. */
const CONDITION = "LoadBalancerReady";
/** Reasons of Events that tell of work and not of trouble. */
const STOPS = "EnsuringLoadBalancer";

/** What is with the Service's load balancer, from what its controller wrote and from a plan on the live cloud. Pure. */
export function explainService(facts: {
  readonly service: Service;
  readonly events: readonly Event[];
  /** Undefined when it is not ours to plan. */
  readonly inspection: Inspection | undefined;
  /** Why it is not ours; "" when it is. */
  readonly notOurs: string;
  readonly attempts: Attempts;
}): Explanation {
  const { service, events, inspection, notOurs, attempts } = facts;
  const { ccmRuns } = attempts;
  const object = `Service ${keyOf(service)}`;
  const going = isGoing(service);
  const none = { object, problems: [], changes: [], lastError: undefined, nextRetry: "", nextRetryAt: "", todo: [] };
  if (notOurs !== "") return { ...none, state: "not ours", summary: `No load balancer from here: ${notOurs}.` };

  const addresses = (service.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? "");
  const condition = (service.status?.conditions ?? []).find(({ type }) => type === CONDITION);
  const message = textOf(condition?.message);
  const error = lastError(events, condition?.status === "True" ? textOf(condition.lastTransitionTime) : "");
  const problems = (inspection?.problems ?? []).map(({ facet, reason, message: text }) => ({
    facet,
    reason,
    message: text,
  }));
  const changes: readonly Change[] = !inspection ? [] : changesOf(inspection.steps, inspection.observed);
  const todo = new Set([...problems.map((problem) => adviceFor(problem.reason, problem.message))]);
  const shared = { object, problems, changes, lastError: error };
  if (ccmRuns === false) {
    todo.add("start the cloud controller manager: its lease is held by nobody, so nothing is done (see doctor)");
  }
  const retryable = message === "" || message.includes("tried again by itself");
  const told = (summary: string, state: Explanation["state"], nextRetry: string): Explanation => {
    if (state !== "ready" && error) todo.add(adviceFor(error.reason, error.message));
    todo.delete("");
    if (todo.size === 0 && state === "failing" && !retryable) {
      todo.add("change what the cloud refuses: an edit of the Service is tried at once");
    }
    const nextRetryAt = nextRetry === "" || ccmRuns === false ? "" : attempts.next;
    return { ...shared, state, summary, nextRetry, nextRetryAt, todo: [...todo] };
  };
  // Who waits for room is looked at when there is some.
  const waitsForRoom = problems.some(({ reason }) => reason === "TenantQuotaExceeded");
  const nextRetry =
    waitsForRoom && ccmRuns !== false
      ? "as soon as its tenant has room, or after an edit"
      : retryOf(retryable, attempts);
  const isAwaited = error !== undefined || ccmRuns === false || attempts.next !== "";
  if (going) {
    const summary = "It waits until what was made for it in the cloud is gone.";
    return told(summary, "pending", isAwaited ? retryOf(true, attempts) : "at once");
  }
  if (condition?.status === "True" && changes.length === 0 && problems.length === 0) {
    return told(`Its load balancer is as it should be; addresses: ${addresses.join(", ") || "none"}.`, "ready", "");
  }
  if (condition?.status === "False" && textOf(condition.reason) !== STOPS) {
    return told(message || "Its controller says that it is not ready.", "failing", nextRetry);
  }
  if (problems.length > 0) return told(problems[0]?.message ?? "", "failing", nextRetry);
  if (addresses.length > 0 && condition?.status === "True") {
    const summary = `It has its address (${addresses.join(", ")}), but the cloud is not as the Service wants it.`;
    todo.add(
      "wait: the next periodic look repairs it (--service-drift-period); an edit of the Service does so at once",
    );
    return told(summary, "drifted", retryOf(false, attempts));
  }
  const summary =
    message ||
    `No address yet: ${wantsLoadBalancer(service) ? "its controller has not finished with it" : "not wanted"}.`;
  return told(summary, "pending", isAwaited ? retryOf(true, attempts) : "at once");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
