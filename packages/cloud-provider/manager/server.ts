import {
  errorText,
  type HttpHandler,
  type HttpResponse,
  jsonResponse,
  type Logger,
  type Metrics,
  type ServerRequest,
  textResponse,
} from "@ccm/base";
import type { Authenticate } from "./authentication.ts";
import { type Authorize, isOpen } from "./authorization.ts";
import type { ManagerConfig } from "./config.ts";
import { configz } from "./configz.ts";
import { debugPages } from "./debug-pages.ts";
import type { ManagerEnvironment } from "./environment.ts";
import type { HealthChecks } from "./health.ts";
import type { LeaderMigration } from "./leader-migration.ts";

export interface ManagerHandlerOptions {
  readonly health: HealthChecks;
  readonly metrics: Metrics;
  /** Empty ones, for the results of the health checks. */
  readonly newMetrics?: (() => Metrics) | undefined;
  readonly config: ManagerConfig;
  readonly migration?: LeaderMigration | undefined;
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  readonly logger: Logger;
  readonly debug: Pick<ManagerEnvironment, "setLogLevel" | "profiler">;
}

type Page = (request: ServerRequest, query: URLSearchParams) => Promise<HttpResponse>;

/** What the manager serves on its secure port: health, metrics, its configuration, profiles. */
export function createManagerHandler(options: ManagerHandlerOptions): HttpHandler {
  const { config, authenticate, authorize, logger } = options;
  const pages = createPages(options);
  const pageAt = (path: string): Page | undefined =>
    pages.get(path) ?? pages.get(path.replace(/^(\/[^/]+\/).+$/, "$1"));
  const admit = async (request: ServerRequest, path: string): Promise<HttpResponse | undefined> => {
    // A check of its own is as open as all of them together.
    const guarded = path.replace(/^(\/(healthz|livez|readyz))\/.*$/, "$1");
    const verb = request.method.toLowerCase();
    // Upstream tells a bad token from a good one first; where anybody may read, there is nothing to tell apart.
    if (isOpen(guarded, config.authorizationAlwaysAllowPaths)) return undefined;
    const user = await authenticate(request);
    if (user === "invalid") return refusal(401, "Unauthorized", "Unauthorized");
    if (await authorize(user, guarded, verb, request.signal)) return undefined;
    return refusal(403, "Forbidden", `forbidden: User "${user.username}" cannot ${verb} path "${path}"`);
  };
  return async (request) => {
    const [path = "/", search = ""] = request.target.split("?", 2);
    let response: HttpResponse;
    try {
      response =
        (await admit(request, path)) ??
        (await pageAt(path)?.(request, new URLSearchParams(search))) ??
        textResponse(404, "404 page not found\n");
    } catch (error) {
      logger.warn("request to the manager failed", { path, error: errorText(error) });
      response = refusal(500, "InternalError", "the API server could not be asked whether this is allowed");
    }
    return { ...response, headers: { "cache-control": "no-cache, private", ...response.headers } };
  };
}

/** By path; one that ends in a slash stands for all below it. */
function createPages(options: ManagerHandlerOptions): ReadonlyMap<string, Page> {
  const { health, metrics, newMetrics, config, migration, debug } = options;
  const pages = new Map<string, Page>();
  for (const endpoint of ["/healthz", "/livez", "/readyz"]) {
    const answer: Page = (request, query) => health.answer(request.target.split("?", 1)[0] ?? endpoint, query);
    pages.set(endpoint, readOnly(answer));
    pages.set(`${endpoint}/`, readOnly(answer));
  }
  pages.set(
    "/metrics",
    readOnly(() => exposed(metrics)),
  );
  if (newMetrics) {
    let indicators = newMetrics();
    health.countIn(indicators);
    pages.set("/metrics/slis", async ({ method }) => {
      if (method !== "DELETE") return exposed(indicators);
      indicators = newMetrics();
      health.countIn(indicators);
      return textResponse(200, "metrics reset\n");
    });
  }
  const shown = configz(config, migration);
  pages.set(
    "/configz",
    readOnly(async () => jsonResponse(200, shown)),
  );
  if (config.profiling) for (const [path, page] of debugPages(debug)) pages.set(path, page);
  return pages;
}

function readOnly(page: Page): Page {
  return async (request, query) =>
    request.method === "GET" || request.method === "HEAD"
      ? page(request, query)
      : textResponse(405, "method not allowed\n", { allow: "GET, HEAD" });
}

async function exposed(metrics: Metrics): Promise<HttpResponse> {
  const { contentType, body } = await metrics.expose();
  return textResponse(200, body, { "content-type": contentType });
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
