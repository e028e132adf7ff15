import type { Metrics } from "@ccm/base";

/** 1 ms … 16 s. */
const BUCKETS = Array.from({ length: 15 }, (_, n) => 0.001 * 2 ** n);

/** The first two under the names that upstream has from 1.37 on. */
export function lifecycleMetrics(metrics: Metrics) {
  const name = (rest: string) => `cloud_node_lifecycle_controller_${rest}`;
  const duration = metrics.histogram({
    name: name("monitor_nodes_duration_seconds"),
    help: "Seconds that one look at all nodes takes",
    buckets: BUCKETS,
  });
  const processed = metrics.counter({
    name: name("nodes_processed_total"),
    help: "Nodes looked at, by where the answer came from: the cache (they are Ready) or the cloud",
    labels: ["path"],
  });
  const errors = metrics.counter({
    name: name("errors_total"),
    help: "What failed, by step: lookup, taint or delete",
    labels: ["step"],
  });
  return {
    took: (ms: number) => duration.observe(ms / 1000),
    processed(path: "cache" | "cloud", nodes: number) {
      if (nodes > 0) processed.inc({ path }, nodes);
    },
    failed: (step: "lookup" | "taint" | "delete") => errors.inc({ step }),
  };
}
