import type { Clock, Metrics } from "@ccm/base";
import { KubeError } from "@ccm/kube";

const BUCKETS = [0.25, 0.5, 0.7, 1, 1.5, 3, 5, 10];

/** Counts and times the questions to the API server about our own server's callers. */
export function reviewMetrics(metrics: Metrics, clock: Clock, kind: "authn" | "authz") {
  const requests = metrics.counter({
    name: `apiserver_delegated_${kind}_request_total`,
    help: "Reviews asked of the API server, by status code",
    labels: ["code"],
  });
  const duration = metrics.histogram({
    name: `apiserver_delegated_${kind}_request_duration_seconds`,
    help: "How long such a review took",
    labels: ["code"],
    buckets: BUCKETS,
  });
  return async <T>(ask: () => Promise<T>): Promise<T> => {
    const start = clock.monotonic();
    let code = "<error>";
    try {
      const answer = await ask();
      code = "201";
      return answer;
    } catch (error) {
      if (error instanceof KubeError && error.status) code = String(error.status);
      throw error;
    } finally {
      requests.inc({ code });
      duration.observe((clock.monotonic() - start) / 1000, { code });
    }
  };
}
