import type { Metrics } from "@ccm/base";

export type Trigger = "periodic" | "node_change";
export type Outcome = "changed" | "noop" | "error";
export type Operation = "list" | "create" | "delete" | "condition";

/** What the route controller counts. The first is upstream's, with the labels it has since Kubernetes 1.37. */
export function routeMetrics(metrics: Metrics) {
  const passes = metrics.counter({
    name: "route_controller_route_sync_total",
    help: "Passes of the route controller, by why each was made and what came of it",
    labels: ["trigger", "outcome"],
  });
  const errors = metrics.counter({
    name: "route_controller_errors_total",
    help: "Calls of the route controller that failed",
    labels: ["operation"],
  });
  const failing = metrics.gauge({
    name: "route_controller_routes_with_problems",
    help: "Routes that could not be created or deleted and wait for the next try",
    labels: ["operation"],
  });
  const routes = metrics.gauge({
    name: "route_controller_routes",
    help: "Routes of this cluster that the cloud listed last: to be held against the quota of the route table",
  });
  return {
    passed: (trigger: Trigger, outcome: Outcome) => passes.inc({ trigger, outcome }),
    failed: (operation: Operation) => errors.inc({ operation }),
    failing: (operation: "create" | "delete", count: number) => failing.set(count, { operation }),
    listed: (count: number) => routes.set(count),
  };
}
