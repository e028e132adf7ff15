import type { Metrics } from "@ccm/base";

/** 1 s … 16384 s, as upstream. */
const BUCKETS = Array.from({ length: 15 }, (_, n) => 2 ** n);

/** What the service controller counts. Names and buckets are upstream's, but for the last. */
export function serviceMetrics(metrics: Metrics) {
  const updates = metrics.counter({
    name: "service_controller_loadbalancer_sync_total",
    help: "Updates of a load balancer's backends after a change of nodes",
  });
  const errors = metrics.counter({
    name: "service_controller_nodesync_error_total",
    help: "Services whose backends could not be updated after a change of nodes",
  });
  const nodeSync = metrics.histogram({
    name: "service_controller_nodesync_latency_seconds",
    help: "How long a pass over all load balancers after a change of nodes takes",
    buckets: BUCKETS,
  });
  const host = metrics.histogram({
    name: "service_controller_update_loadbalancer_host_latency_seconds",
    help: "How long updating the backends of one load balancer takes",
    buckets: BUCKETS,
  });
  const problems = metrics.gauge({
    name: "service_controller_services_with_problems",
    help: "Services whose load balancer is not as they ask for, as their Events say",
  });
  return {
    updateStarted: () => updates.inc(),
    updateFailed: () => errors.inc(),
    nodeSyncTook: (seconds: number) => nodeSync.observe(seconds),
    updateTook: (seconds: number) => host.observe(seconds),
    servicesWithProblems: (count: number) => problems.set(count),
  };
}

export type ServiceMetrics = ReturnType<typeof serviceMetrics>;
