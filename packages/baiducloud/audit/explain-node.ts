import { type InstanceLookup, TAINT_SHUTDOWN, TAINT_TO_BE_DELETED, TAINT_UNINITIALIZED } from "@ccm/cloud-provider";
import type { Event, Node } from "@ccm/kube";
import { type Attempts, adviceFor, type Explanation, lastError, retryOf } from "./explanation.ts";

const TAINT_NETWORK = "node.kubernetes.io/network-unavailable";

/** Why a Node has its taints, as far as the cloud has to do with them. Pure. */
export function explainNode(facts: {
  readonly node: Node;
  readonly events: readonly Event[];
  readonly lookup: InstanceLookup | undefined;
  /** Why the cloud could not be asked; "" when it could. */
  readonly lookupError: string;
  readonly attempts: Attempts;
}): Explanation {
  const { node, events, lookup, lookupError, attempts } = facts;
  const { ccmRuns } = attempts;
  const name = node.metadata.name ?? "";
  const taints = node.spec?.taints ?? [];
  const has = (key: string) => taints.some((taint) => taint.key === key);
  const uninitialized = has(TAINT_UNINITIALIZED);
  // Once it is initialised, what was said of its initialisation is over.
  const error = lastError(
    events.filter(({ reason }) => uninitialized || reason !== "FailedToInitializeNode"),
    syncedAt(events),
  );
  const reasons: string[] = [];
  const todo = new Set<string>();
  const cloud = lookupError !== "" ? `the cloud cannot be asked: ${lookupError}` : wordsOf(lookup);
  if (uninitialized) {
    reasons.push(`it is not initialised: ${cloud}`);
    if (ccmRuns === false) todo.add("start the cloud controller manager: its lease is held by nobody (see doctor)");
    todo.add(todoFor(lookup));
  }
  if (has(TAINT_SHUTDOWN)) {
    reasons.push(`its machine was found switched off: ${cloud}`);
    const off = lookup?.state === "found" && lookup.metadata.shutdown;
    todo.add(off ? "start the machine in the console; the taint goes by itself" : "wait: the taint goes by itself");
  }
  if (has(TAINT_NETWORK)) {
    const condition = node.status?.conditions?.find(({ type }) => type === "NetworkUnavailable");
    reasons.push(`its Pods have no route: ${condition?.message ?? "nobody has said that the network is there"}`);
    todo.add(
      adviceFor("", condition?.message ?? "") || "see the Events of the route controller: kubectl get events -A",
    );
  }
  if (has(TAINT_TO_BE_DELETED)) reasons.push("the cluster autoscaler is about to delete it: it is no backend any more");
  const others = taints.filter(
    ({ key }) => ![TAINT_UNINITIALIZED, TAINT_SHUTDOWN, TAINT_NETWORK, TAINT_TO_BE_DELETED].includes(key),
  );
  for (const { key, effect } of others)
    reasons.push(`${key} (${effect}) does not come from the cloud controller manager`);
  const gone = lookup?.state === "absent";
  if (gone && !uninitialized) reasons.push(`${cloud}: a Node that is not Ready and whose machine is gone is deleted`);
  if (error && uninitialized) todo.add(adviceFor(error.reason, error.message));
  if (lookupError !== "") todo.add(adviceFor("", lookupError));
  todo.delete("");
  const trouble = uninitialized || gone || has(TAINT_SHUTDOWN) || has(TAINT_NETWORK);
  // A route that failed waits for its time too.
  const awaited = uninitialized || (has(TAINT_NETWORK) && attempts.next !== "");
  return {
    object: `Node ${name}`,
    state: trouble ? (error ? "failing" : "pending") : "ready",
    summary: reasons.length === 0 ? `It has no taints; ${cloud}.` : `${capital(reasons.join("; "))}.`,
    lastError: error,
    nextRetry: awaited ? retryOf(true, attempts) : "",
    nextRetryAt: awaited && ccmRuns !== false ? attempts.next : "",
    problems: [],
    changes: [],
    todo: [...todo],
  };
}

function syncedAt(events: readonly Event[]): string {
  const times = events
    .filter(({ reason }) => reason === "Synced")
    .map(({ lastTimestamp, eventTime }) => lastTimestamp || eventTime || "");
  return times.sort().at(-1) ?? "";
}

function wordsOf(lookup: InstanceLookup | undefined): string {
  if (!lookup) return "the cloud was not asked";
  if (lookup.state === "absent") return `the cloud says that there is no such machine (${lookup.evidence})`;
  if (lookup.state === "unknown") return lookup.reason;
  const { providerId, instanceType, zone, shutdown } = lookup.metadata;
  return `the cloud knows its machine (${providerId}, ${instanceType}, ${zone}, ${shutdown ? "switched off" : "running"})`;
}

function todoFor(lookup: InstanceLookup | undefined): string {
  if (!lookup || lookup.state === "found") return "";
  if (lookup.state === "absent") return "delete the Node, or correct its spec.providerID: kubectl delete node";
  return "give the machine the Node's name as host name, or set the kubelet's --provider-id=cce://i-…";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
