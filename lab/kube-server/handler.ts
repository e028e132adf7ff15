/** Requests to answers: what is not about a resource is answered here, the rest in verbs.ts. */
import type { Clock, HttpHandler, HttpResponse, Logger, Random, ServerRequest } from "@ccm/base";
import { errorText, jsonResponse, textResponse } from "@ccm/base";
import { type AccessQuestion, type Authenticate, review, type User } from "./auth.ts";
import {
  aggregated,
  apiVersions,
  groupList,
  groupOf,
  groupsOf,
  isVirtual,
  resourceList,
  versionOf,
} from "./discovery.ts";
import { Encoder } from "./encode.ts";
import { fieldsOf } from "./json.ts";
import { readBody, wantedOf } from "./media.ts";
import { emptyOpenApiV2, OPENAPI_V2_TYPE, openApiIndex, openApiOf } from "./openapi.ts";
import type { Resource } from "./resource.ts";
import { parsePath, routeOf } from "./router.ts";
import * as errors from "./status-errors.ts";
import type { Store } from "./store.ts";
import { serve } from "./verbs.ts";
import { VERSION } from "./version.ts";
import type { Writes } from "./writes.ts";

export interface HandlerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly store: Store;
  readonly resources: readonly Resource[];
  readonly writes: Writes;
  readonly authenticate: Authenticate;
  readonly tokens: ReadonlyMap<string, User> | undefined;
  readonly authorize: ((question: AccessQuestion) => boolean) | undefined;
  readonly backlog: number;
  /** Aborts when the server closes. */
  readonly closed: AbortSignal;
}

const MAX_BODY = 3 * 1024 * 1024;
const HEALTH = ["/healthz", "/livez", "/readyz"];

export function createHandler(parts: HandlerParts): HttpHandler {
  const encoder = new Encoder();
  return async (request) => {
    try {
      const response = respond(parts, encoder, request);
      return request.method === "HEAD" ? { ...response, body: textResponse(200, "").body } : response;
    } catch (error) {
      if (error instanceof errors.ApiError) return jsonResponse(error.code, error.status, error.headers);
      parts.logger.error("request failed", { method: request.method, error: errorText(error) });
      const status = new errors.ApiError(500, "InternalError", `Internal error occurred: ${errorText(error)}`).status;
      return jsonResponse(500, status);
    }
  };
}

function respond(parts: HandlerParts, encoder: Encoder, request: ServerRequest): HttpResponse {
  const question = request.target.indexOf("?");
  const path = question < 0 ? request.target : request.target.slice(0, question);
  const query = new URLSearchParams(question < 0 ? "" : request.target.slice(question + 1));
  if (HEALTH.some((one) => path === one || path.startsWith(`${one}/`))) return health(path, query);
  if (path === "/version") return jsonResponse(200, VERSION);
  const user = parts.authenticate(request);
  if (!user) throw errors.unauthorized();
  if (request.body.length > MAX_BODY) throw errors.bodyTooLarge(MAX_BODY);
  const known = describe(parts, path, request);
  if (known !== undefined) return jsonResponse(200, known.body, known.headers);
  if (path === "/openapi/v2") return textResponse(200, emptyOpenApiV2(), { "content-type": OPENAPI_V2_TYPE });
  const parsed = parsePath(path);
  if (parsed?.version === "v1" && isVirtual(parsed.group, parsed.plural)) {
    if (parsed.name !== undefined || parsed.namespace !== undefined) throw errors.unknownPath();
    if (request.method !== "POST") throw errors.methodNotAllowed();
    return jsonResponse(201, review(parsed.plural, fieldsOf(readBody(request).body), user, parts));
  }
  const route = parsed && routeOf(parts.resources, parsed);
  if (route) return serve({ ...parts, encoder, request, query, route });
  // Paths outside of the groups that are served are no business of the API.
  const group = /^\/apis\/([^/]+)/.exec(path)?.[1];
  const ofApi = path.startsWith("/api/") || (group !== undefined && groupsOf(parts.resources).includes(group));
  if (ofApi) throw errors.unknownPath();
  return textResponse(404, "404 page not found\n");
}

function health(path: string, query: URLSearchParams): HttpResponse {
  const name = path.split("/")[1] ?? "";
  return textResponse(200, query.has("verbose") ? `[+]ping ok\n[+]etcd ok\n${name} check passed\n` : "ok");
}

function describe(
  { resources }: HandlerParts,
  path: string,
  request: ServerRequest,
): { body: unknown; headers?: Record<string, string> } | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  if (!["", "api", "apis", "openapi"].includes(parts[0] ?? "") || request.method !== "GET") return undefined;
  // What is told about the API is JSON for everybody.
  const discovery = parts.length === 1 && wantedOf(request.headers.accept).shape === "discovery";
  const v2 = { "content-type": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" };
  const groups = groupsOf(resources);
  const [first, group = "", version] = parts;
  if (parts.length === 0)
    return {
      body: { paths: ["/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"] },
    };
  if (first === "api" && parts.length === 1) {
    return discovery ? { body: aggregated(resources, true), headers: v2 } : { body: apiVersions() };
  }
  if (first === "api" && parts.length === 2 && group === "v1") return { body: resourceList(resources, "") };
  if (first === "apis" && parts.length === 1) {
    return discovery ? { body: aggregated(resources, false), headers: v2 } : { body: groupList(resources) };
  }
  if (first === "apis" && groups.includes(group) && group !== "") {
    if (parts.length === 2)
      return { body: { kind: "APIGroup", apiVersion: "v1", ...fieldsOf(groupOf(resources, group)) } };
    if (parts.length === 3 && version === versionOf(resources, group)) return { body: resourceList(resources, group) };
  }
  if (first === "openapi" && group === "v3") {
    const body = parts.length === 2 ? openApiIndex(resources, groups) : openApiOf(resources, parts.slice(2).join("/"));
    if (body !== undefined) return { body };
  }
  return undefined;
}
