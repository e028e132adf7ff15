import type { Metrics } from "@ccm/base";

/** 10 ns … 10 s: upstream's buckets, in seconds. */
const BUCKETS = Array.from({ length: 10 }, (_, n) => 1e-8 * 10 ** n);

/** The metrics every work queue of Kubernetes has, with its name as the label. */
export function queueMetrics(metrics: Metrics, name: string) {
  const labels = { name };
  const spec = (metric: string, help: string) => ({ name: `workqueue_${metric}`, help, labels: ["name"] });
  const depth = metrics.gauge(spec("depth", "Current depth of the work queue"));
  const adds = metrics.counter(spec("adds_total", "Keys added to the work queue"));
  const retries = metrics.counter(spec("retries_total", "Retries handled by the work queue"));
  const unfinished = metrics.gauge(
    spec("unfinished_work_seconds", "Seconds of work in progress, summed over the keys being worked on"),
  );
  const longest = metrics.gauge(
    spec("longest_running_processor_seconds", "How long the key that takes longest has been worked on"),
  );
  const waited = metrics.histogram({
    ...spec("queue_duration_seconds", "How long a key waits before it is taken"),
    buckets: BUCKETS,
  });
  const worked = metrics.histogram({
    ...spec("work_duration_seconds", "How long working on a key takes"),
    buckets: BUCKETS,
  });
  return {
    depth: (value: number) => depth.set(value, labels),
    added: () => adds.inc(labels),
    retried: () => retries.inc(labels),
    /** The seconds each key in work has taken so far. */
    unfinished(ages: readonly number[]) {
      unfinished.set(
        ages.reduce((sum, seconds) => sum + seconds, 0),
        labels,
      );
      longest.set(Math.max(0, ...ages), labels);
    },
    waited: (seconds: number) => waited.observe(seconds, labels),
    worked: (seconds: number) => worked.observe(seconds, labels),
  };
}
