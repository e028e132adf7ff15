import type { Clock, Metrics } from "@ccm/base";

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export interface Instruments {
  /** Starts the watch of one attempt; call the result with the code it ended with. */
  start(operation: string): (code: string) => void;
  /** `share`: how much of the full rate holds from now on. */
  throttled(operation: string, share: number): void;
  /** It passed its gate, while so much of the full rate holds. */
  passed(operation: string, share: number): void;
  retried(operation: string): void;
}

/**
 * bce_api_requests_total{operation, code}: attempts. The code is "OK", the cloud's own, "Aborted", or our kind of error.
 * bce_api_request_duration_seconds{operation}: one attempt, without the wait for its turn.
 * bce_api_throttled_total{operation}: attempts that the cloud throttled.
 * bce_api_rate_share{operation}: how much of the full rate holds after throttling, as of the last call: 1 is all of it.
 * bce_api_retries_total{operation}: attempts after the first.
 */
export function instruments(metrics: Metrics, clock: Clock): Instruments {
  const requests = metrics.counter({
    name: "bce_api_requests_total",
    help: "Attempts of calls to Baidu AI Cloud, by operation and code (OK for success)",
    labels: ["operation", "code"],
  });
  const duration = metrics.histogram({
    name: "bce_api_request_duration_seconds",
    help: "How long one attempt of a call to Baidu AI Cloud takes, by operation",
    labels: ["operation"],
    buckets: SECONDS,
  });
  const throttled = metrics.counter({
    name: "bce_api_throttled_total",
    help: "Attempts that Baidu AI Cloud throttled, by operation",
    labels: ["operation"],
  });
  const rateShare = metrics.gauge({
    name: "bce_api_rate_share",
    help: "How much of the full rate of calls holds after Baidu AI Cloud throttled, by operation: 1 is all of it",
    labels: ["operation"],
  });
  const slowed = new Map<string, number>();
  const retries = metrics.counter({
    name: "bce_api_retries_total",
    help: "Attempts after the first of a call to Baidu AI Cloud, by operation",
    labels: ["operation"],
  });
  return {
    start(operation) {
      const since = clock.monotonic();
      return (code) => {
        requests.inc({ operation, code });
        duration.observe((clock.monotonic() - since) / 1000, { operation });
      };
    },
    throttled(operation, share) {
      throttled.inc({ operation });
      slowed.set(operation, share);
      rateShare.set(share, { operation });
    },
    passed(operation, share) {
      // Only those that were ever throttled have something to tell.
      if ((slowed.get(operation) ?? 1) === share) return;
      slowed.set(operation, share);
      rateShare.set(share, { operation });
    },
    retried: (operation) => retries.inc({ operation }),
  };
}
