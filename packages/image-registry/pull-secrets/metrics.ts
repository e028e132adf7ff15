import type { Metrics } from "@ccm/base";

export function pullSecretMetrics(metrics: Metrics) {
  const labels = ["registry"];
  const left = metrics.gauge({
    name: "pull_secret_seconds_to_expiry",
    help: "How long the password at hand for a registry is still good; negative after its end",
    labels,
  });
  const refreshes = metrics.counter({
    name: "pull_secret_refreshes_total",
    help: "Passwords that were asked for and had, by registry",
    labels,
  });
  const failures = metrics.counter({
    name: "pull_secret_failures_total",
    help: "What failed: password (the cloud gave none), secret (a namespace could not be brought up to date)",
    labels: ["what"],
  });
  const writes = metrics.counter({
    name: "pull_secret_writes_total",
    help: "Writes to the API server: create, update, delete, refer, unrefer",
    labels: ["what"],
  });
  return {
    left: (registry: string, ms: number) => left.set(Math.round(ms / 1000), { registry }),
    refreshed: (registry: string) => refreshes.inc({ registry }),
    failed: (what: "password" | "secret") => failures.inc({ what }),
    wrote: (what: string) => writes.inc({ what }),
  };
}
