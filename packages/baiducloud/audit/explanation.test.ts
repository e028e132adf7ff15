import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Event } from "@ccm/kube";
import { explainNode } from "./explain-node.ts";
import { explainService } from "./explain-service.ts";
import { adviceFor, lastError, retryOf } from "./explanation.ts";

const event = (
  reason: string,
  message: string,
  lastTimestamp: string,
  type: "Normal" | "Warning" = "Warning",
): Event => ({
  metadata: {},
  involvedObject: {},
  reason,
  message,
  lastTimestamp,
  type,
});
/** Ten seconds past midnight; the manager tells no time. */
const RUNS = { ccmRuns: true, next: "", now: Date.parse("2026-01-01T00:00:10Z") };
const QUOTA = "create load balancer x: blb.create: QuotaLimitExceeded: too many. (request id 7f-42.a, http 403)";

describe("the last error", () => {
  it("is the newest warning, with the request id that Baidu's support asks for", () => {
    const events = [
      event("QuotaExceeded", QUOTA, "2026-01-01T00:00:09Z"),
      event("AddressFailed", "earlier", "2026-01-01T00:00:08Z"),
      event("EnsuredLoadBalancer", "later", "2026-01-01T00:00:10Z", "Normal"),
    ];
    const error = lastError(events);
    assert.deepEqual(
      [error?.reason, error?.requestId, error?.at],
      ["QuotaExceeded", "7f-42.a", "2026-01-01T00:00:09Z"],
    );
  });

  it("is none that was healed since", () => {
    const events = [event("QuotaExceeded", QUOTA, "2026-01-01T00:00:09Z")];
    assert.equal(lastError(events, "2026-01-01T00:00:10Z"), undefined);
    assert.ok(lastError(events, "2026-01-01T00:00:01Z"));
  });

  it("has a remedy for what users come up against", () => {
    const remedies: readonly (readonly [string, RegExp])[] = [
      [QUOTA, /raise the quota/],
      ["eip.create: AccessDenied: no", /grant the CCM's user/],
      ["blb.list: SignatureDoesNotMatch: x", /correct the access key/],
      ["blb.list: RequestTimeTooSkewed: x", /set the clock/],
      ["blb.list: blb.bj.baidubce.com: connection refused", /reachable/],
      ["load balancer lb-1 is paused: is the account in arrears?", /settle the account's bill/],
    ];
    for (const [message, remedy] of remedies) assert.match(adviceFor("LoadBalancerFailed", message), remedy);
    assert.equal(adviceFor("LoadBalancerFailed", "something else"), "");
  });

  it("is not tried again where nobody works", () => {
    assert.match(retryOf(true, RUNS), /at most 5 minutes/);
    assert.match(retryOf(false, RUNS), /after an edit/);
    const next = "2026-01-01T00:00:51Z";
    for (const one of ["", next]) {
      const text = retryOf(true, { ...RUNS, ccmRuns: false, next: one });
      assert.equal(text, "not before the cloud controller manager runs again");
    }
  });

  it("is tried again at a time that its controller tells, which is shown with what is left until then", () => {
    const at = (next: string) => ({ ...RUNS, next });
    assert.equal(retryOf(true, at("2026-01-01T00:00:51Z")), "00:00:51Z, in 41 s");
    assert.equal(retryOf(true, at("2026-01-01T00:05:11Z")), "00:05:11Z, in 5 min 1 s");
    assert.equal(retryOf(false, at("2026-01-01T00:00:51Z")), "00:00:51Z, in 41 s; an edit is tried at once");
    assert.equal(retryOf(true, at("2026-01-01T00:00:10Z")), "00:00:10Z, which is now");
  });
});

describe("the explanation of a Service", () => {
  const service = (status: object = {}) => ({
    metadata: { namespace: "shop", name: "cart" },
    spec: { type: "LoadBalancer" as const },
    status,
  });
  const facts = { notOurs: "", attempts: RUNS, events: [event("QuotaExceeded", QUOTA, "2026-01-01T00:00:09Z")] };
  const condition = (status: string, reason: string, message: string) => ({
    conditions: [{ type: "LoadBalancerReady", status, reason, message, lastTransitionTime: "2026-01-01T00:00:10Z" }],
  });

  it("takes its controller's condition for what is wrong, and the Event for the error", () => {
    const failed = service(condition("False", "QuotaExceeded", `${QUOTA} (it is tried again by itself)`));
    const {
      state,
      summary,
      lastError: error,
      todo,
    } = explainService({ ...facts, service: failed, inspection: undefined });
    assert.equal(state, "failing");
    assert.match(summary, /QuotaLimitExceeded/);
    assert.equal(error?.requestId, "7f-42.a");
    assert.deepEqual(todo, ["free some, or raise the quota in the console (see doctor)"]);
  });

  it("calls it pending while the cloud is at work", () => {
    const busy = service(condition("False", "EnsuringLoadBalancer", "The cloud is still at work."));
    assert.equal(explainService({ ...facts, service: busy, inspection: undefined }).state, "pending");
  });

  it("gives the time of the next attempt also as data, and none for one that is ready", () => {
    const next = "2026-01-01T00:00:51Z";
    const attempts = { ...RUNS, next };
    const of = (status: string) => {
      const one = service(condition(status, "QuotaExceeded", "no (it is tried again by itself)"));
      const { nextRetry, nextRetryAt } = explainService({ ...facts, attempts, service: one, inspection: undefined });
      return [nextRetry, nextRetryAt];
    };
    assert.deepEqual(of("False"), ["00:00:51Z, in 41 s", next]);
    assert.deepEqual(of("True"), ["", ""]);
  });

  it("does not tell of an error that was healed", () => {
    const ready = service(condition("True", "EnsuredLoadBalancer", "ok"));
    const { state, lastError: error } = explainService({ ...facts, service: ready, inspection: undefined });
    assert.deepEqual([state, error], ["ready", undefined]);
  });
});

describe("the explanation of a Node", () => {
  const node = (key: string) => ({ metadata: { name: "n1" }, spec: { taints: [{ key, effect: "NoSchedule" }] } });

  it("names taints that do not come from us, and calls the Node ready", () => {
    const facts = {
      node: node("node.kubernetes.io/disk-pressure"),
      events: [],
      lookup: undefined,
      lookupError: "",
      attempts: RUNS,
    };
    const { state, summary } = explainNode(facts);
    assert.equal(state, "ready");
    assert.match(summary, /disk-pressure \(NoSchedule\) does not come from the cloud controller manager/);
  });

  it("tells when its initialisation, or a route that failed, is tried again", () => {
    const attempts = { ...RUNS, next: "2026-01-01T00:00:12Z" };
    const facts = { events: [], lookup: undefined, lookupError: "", attempts };
    for (const key of ["node.cloudprovider.kubernetes.io/uninitialized", "node.kubernetes.io/network-unavailable"]) {
      const { nextRetry, nextRetryAt } = explainNode({ ...facts, node: node(key) });
      assert.deepEqual([nextRetry, nextRetryAt], ["00:00:12Z, in 2 s", attempts.next], key);
    }
    assert.equal(explainNode({ ...facts, node: node("x") }).nextRetryAt, "");
  });

  it("forgets a failed initialisation once it is initialised", () => {
    const events = [event("FailedToInitializeNode", "no machine", "2026-01-01T00:00:09Z")];
    const facts = { events, lookup: undefined, lookupError: "", attempts: RUNS };
    assert.equal(explainNode({ ...facts, node: node("x") }).lastError, undefined);
    const waiting = explainNode({ ...facts, node: node("node.cloudprovider.kubernetes.io/uninitialized") });
    assert.equal(waiting.lastError?.message, "no machine");
  });
});
