import {
  errorText,
  type HttpHandler,
  type HttpResponse,
  jsonResponse,
  type Logger,
  type Metrics,
  textResponse,
} from "@ccm/base";
import type { AccessControl } from "./access.ts";
import type { ManagerConfig } from "./config.ts";
import { configz } from "./configz.ts";
import type { HealthChecks } from "./health.ts";

/** What the manager serves on its secure port: health, metrics, its configuration. */
export function createManagerHandler(options: {
  readonly health: HealthChecks;
  readonly metrics: Metrics;
  readonly config: ManagerConfig;
  readonly access: AccessControl;
  readonly logger: Logger;
}): HttpHandler {
  const { health, metrics, config, access, logger } = options;
  const serve = async (path: string, query: URLSearchParams): Promise<HttpResponse> => {
    if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return health.answer(path, query);
    if (path === "/metrics") {
      const { contentType, body } = await metrics.expose();
      return textResponse(200, body, { "content-type": contentType });
    }
    if (path === "/configz") return jsonResponse(200, configz(config));
    return textResponse(404, "404 page not found\n");
  };
  return async (request) => {
    const [path = "/", search = ""] = request.target.split("?", 2);
    if (request.method !== "GET" && request.method !== "HEAD") return textResponse(405, "method not allowed\n");
    try {
      // A check of its own is as open as all of them together.
      const guarded = path.replace(/^(\/(healthz|livez|readyz))\/.*$/, "$1");
      const decision = await access(request, guarded);
      if (decision === "allowed") return await serve(path, new URLSearchParams(search));
      return decision === "unauthenticated"
        ? refusal(401, "Unauthorized", "Unauthorized")
        : refusal(403, "Forbidden", `forbidden: this user cannot get path "${path}"`);
    } catch (error) {
      logger.warn("request to the manager failed", { path, error: errorText(error) });
      return refusal(500, "InternalError", "the API server could not be asked whether this is allowed");
    }
  };
}

function refusal(code: number, reason: string, message: string): HttpResponse {
  return jsonResponse(code, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    code,
  });
}
