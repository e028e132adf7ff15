import { type HttpResponse, type Logger, type Metrics, noMetrics, textResponse } from "@ccm/base";

/** Returns what is wrong, or undefined. */
export type HealthCheck = () => string | undefined | Promise<string | undefined>;

/** Named checks behind /healthz, /livez and /readyz, in the API server's format. */
export interface HealthChecks {
  add(name: string, check: HealthCheck): void;
  /** `path` without the query: "/healthz" or "/healthz/<name>". */
  answer(path: string, query: URLSearchParams): Promise<HttpResponse>;
  /** Where the checks' results are counted from now on. */
  countIn(metrics: Metrics): void;
}

export function createHealthChecks(logger: Logger): HealthChecks {
  const added = new Map<string, HealthCheck>();
  const ping = new Map<string, HealthCheck>([["ping", () => undefined]]);
  let count = resultCounter(noMetrics);
  /** The reason may tell more than an anonymous caller should know: it goes to the log, not into the answer. */
  const passes = async (name: string, check: HealthCheck, endpoint: string): Promise<boolean> => {
    const problem = await check();
    if (problem !== undefined) logger.warn("health check failed", { check: name, problem });
    count(name, endpoint, problem === undefined);
    return problem === undefined;
  };
  return {
    add: (name, check) => void added.set(name, check),
    countIn(metrics) {
      count = resultCounter(metrics);
    },
    async answer(path, query) {
      const checks = added.size > 0 ? added : ping;
      const [, endpoint = "", one] = path.split("/");
      if (one !== undefined && one !== "") {
        const check = checks.get(one);
        if (!check) return textResponse(404, "404 page not found\n");
        return (await passes(one, check, endpoint))
          ? textResponse(200, "ok")
          : textResponse(500, `internal server error: ${one} failed\n`);
      }
      const excluded = new Set(query.getAll("exclude"));
      const lines: string[] = [];
      let healthy = true;
      for (const [name, check] of checks) {
        if (excluded.delete(name)) lines.push(`[+]${name} excluded: ok`);
        else if (await passes(name, check, endpoint)) lines.push(`[+]${name} ok`);
        else {
          healthy = false;
          lines.push(`[-]${name} failed: reason withheld`);
        }
      }
      if (excluded.size > 0) {
        const names = [...excluded].map((name) => `"${name}"`).join(", ");
        lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
      }
      const verbose = query.has("verbose");
      if (healthy && !verbose) return textResponse(200, "ok");
      lines.push(`${endpoint} check ${healthy ? "passed" : "failed"}`);
      return textResponse(healthy ? 200 : 500, `${lines.join("\n")}\n`);
    },
  };
}

/** The metrics that service level indicators of Kubernetes components are made from. */
function resultCounter(metrics: Metrics): (name: string, type: string, success: boolean) => void {
  const last = metrics.gauge({
    name: "kubernetes_healthcheck",
    help: "Result of the last run of a health check: 1 passed, 0 failed",
    labels: ["name", "type"],
  });
  const total = metrics.counter({
    name: "kubernetes_healthchecks_total",
    help: "Runs of a health check, by result",
    labels: ["name", "type", "status"],
  });
  return (name, type, success) => {
    last.set(success ? 1 : 0, { name, type });
    total.inc({ name, type, status: success ? "success" : "error" });
  };
}
