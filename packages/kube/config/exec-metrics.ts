import type { Metrics } from "@ccm/base";
import type { ConfigEnvironment } from "./connection.ts";

/** Counts the runs of credential plugins as Kubernetes' own clients do. */
export function measuredRun(run: ConfigEnvironment["run"], metrics: Metrics): ConfigEnvironment["run"] {
  const calls = metrics.counter({
    name: "rest_client_exec_plugin_call_total",
    help: "Runs of a credential plugin, by exit code and by how they ended",
    labels: ["code", "call_status"],
  });
  return async (command) => {
    try {
      const output = await run(command);
      calls.inc({ code: "0", call_status: "no_error" });
      return output;
    } catch (error) {
      const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
      const status = code === "ENOENT" ? "plugin_not_found_error" : "plugin_execution_error";
      calls.inc({ code: typeof code === "number" ? String(code) : "1", call_status: status });
      throw error;
    }
  };
}
