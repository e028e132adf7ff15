import type { Clock, Metrics } from "@ccm/base";

const LATENCY_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const SIZE_BUCKETS = [64, 256, 512, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];

/** What a Kubernetes client counts, under the names of Kubernetes' own clients. */
export interface ClientMetrics {
  /** A request goes out; the result is called once with the status of its answer, or "<error>". */
  sent(method: string, bytes: number): (code: string) => void;
  answered(method: string, bytes: number): void;
  /** A request waited this long for the client's own rate limit. */
  waited(method: string, ms: number): void;
  /** A request is sent once more, because of `code`. */
  repeated(method: string, code: string): void;
}

export function clientMetrics(metrics: Metrics, clock: Clock, base: string): ClientMetrics {
  const host = base.replace(/^[a-z]+:\/\//, "").replace(/\/.*$/, "");
  const requests = metrics.counter({
    name: "rest_client_requests_total",
    help: "Number of HTTP requests, by status code, method and host",
    labels: ["code", "method", "host"],
  });
  const retries = metrics.counter({
    name: "rest_client_request_retries_total",
    help: "Number of repeated requests, by status code, verb and host",
    labels: ["code", "verb", "host"],
  });
  const histogram = (name: string, help: string, buckets: readonly number[]) =>
    metrics.histogram({ name: `rest_client_${name}`, help, labels: ["verb", "host"], buckets });
  const duration = histogram("request_duration_seconds", "Seconds until a request's answer begins", LATENCY_BUCKETS);
  const limited = histogram("rate_limiter_duration_seconds", "Seconds waited for the client's limit", LATENCY_BUCKETS);
  const sizeOut = histogram("request_size_bytes", "Size of a request's body", SIZE_BUCKETS);
  const sizeIn = histogram("response_size_bytes", "Size of an answer's body; watches are not counted", SIZE_BUCKETS);
  return {
    sent(method, bytes) {
      const start = clock.monotonic();
      sizeOut.observe(bytes, { verb: method, host });
      return (code) => {
        requests.inc({ code, method, host });
        duration.observe((clock.monotonic() - start) / 1000, { verb: method, host });
      };
    },
    answered: (verb, bytes) => sizeIn.observe(bytes, { verb, host }),
    waited: (verb, ms) => limited.observe(ms / 1000, { verb, host }),
    repeated: (verb, code) => retries.inc({ code, verb, host }),
  };
}
