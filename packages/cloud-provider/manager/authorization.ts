import { type Clock, type Metrics, TtlCache } from "@ccm/base";
import type { KubeClient } from "@ccm/kube";
import { reviewMetrics } from "./review-metrics.ts";
import type { User } from "./user.ts";

/** Whether a user may do `verb` at `path`. Throws when nobody can be asked. */
export type Authorize = (user: User, path: string, verb: string, signal: AbortSignal) => Promise<boolean>;

/** Exact, or a prefix when it ends in "*". */
export function isOpen(path: string, alwaysAllow: readonly string[]): boolean {
  return alwaysAllow.some((rule) => (rule.endsWith("*") ? path.startsWith(rule.slice(0, -1)) : path === rule));
}

/** 1 ms … 16 s. */
const BUCKETS = Array.from({ length: 15 }, (_, n) => 0.001 * 2 ** n);

/** Group system:masters, then whatever the API server says (SubjectAccessReview), remembered for a while. */
export function createAuthorize(options: {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly allowedTtlMs: number;
  readonly deniedTtlMs: number;
}): Authorize {
  const { client, clock, metrics, allowedTtlMs, deniedTtlMs } = options;
  const allowed = new TtlCache<true>(clock, Math.max(1, allowedTtlMs), 4096);
  const denied = new TtlCache<true>(clock, Math.max(1, deniedTtlMs), 4096);
  const measure = reviewMetrics(metrics, clock, "authz");
  const attempts = metrics.counter({
    name: "authorization_attempts_total",
    help: "Requests to the manager's server, by whether they were allowed",
    labels: ["result"],
  });
  const duration = metrics.histogram({
    name: "authorization_duration_seconds",
    help: "How long finding out whether a request is allowed took",
    labels: ["result"],
    buckets: BUCKETS,
  });
  const decide: Authorize = async (user, path, verb, signal) => {
    if (user.groups?.includes("system:masters")) return true;
    const key = JSON.stringify([user, path, verb]);
    if (allowedTtlMs > 0 && allowed.get(key)) return true;
    if (deniedTtlMs > 0 && denied.get(key)) return false;
    const review = await measure(() =>
      client.post<{ status?: { allowed?: boolean } }>(
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SubjectAccessReview",
          spec: {
            user: user.username,
            ...(user.uid ? { uid: user.uid } : {}),
            groups: user.groups ?? [],
            ...(user.extra ? { extra: user.extra } : {}),
            nonResourceAttributes: { path, verb },
          },
        },
        { signal },
      ),
    );
    const yes = review.status?.allowed === true;
    (yes ? allowed : denied).set(key, true);
    return yes;
  };
  return async (user, path, verb, signal) => {
    const start = clock.monotonic();
    let result = "error";
    try {
      const yes = await decide(user, path, verb, signal);
      result = yes ? "allowed" : "denied";
      return yes;
    } finally {
      attempts.inc({ result });
      duration.observe((clock.monotonic() - start) / 1000, { result });
    }
  };
}
