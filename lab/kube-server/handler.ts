/** Requests to answers. */
import type { Clock, HttpHandler, HttpResponse, Logger, Random, ServerRequest } from "@ccm/base";
import { errorText, jsonResponse, textResponse } from "@ccm/base";
import { type AccessQuestion, type Authenticate, reviewAccess, reviewToken, type User } from "./auth.ts";
import { unknownFields } from "./decode.ts";
import { aggregated, apiVersions, groupList, groupOf, groupsOf, resourceList } from "./discovery.ts";
import { Encoder, wireOf } from "./encode.ts";
import { type Fields, fieldsOf, isFields, type Stored, textOf } from "./json.ts";
import { listPage } from "./list.ts";
import { readObject, shapeOf } from "./media.ts";
import { openApiIndex, openApiOf } from "./openapi.ts";
import { patchFor } from "./patch-request.ts";
import type { Resource } from "./resource.ts";
import { parsePath, type Route, routeOf } from "./router.ts";
import { scaleOf, scaleToDeployment } from "./scale.ts";
import { selectionOf } from "./selection.ts";
import * as errors from "./status-errors.ts";
import type { Store } from "./store.ts";
import { partialOf, tableOf } from "./table/table.ts";
import { openWatch, type WriteEvent } from "./watch.ts";
import type { Preconditions, Subresource, Writes } from "./writes.ts";

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

export const VERSION = {
  major: "1",
  minor: "32",
  gitVersion: "v1.32.0",
  gitCommit: "",
  gitTreeState: "",
  buildDate: "2024-12-11T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "",
};

const HEALTH = ["/healthz", "/livez", "/readyz"];

export function createHandler(parts: HandlerParts): HttpHandler {
  const encoder = new Encoder();
  return async (request) => {
    try {
      return respond(parts, encoder, request);
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
  const known = describe(parts, path, request);
  if (known !== undefined) return jsonResponse(200, known.body, known.headers);
  const parsed = parsePath(path);
  const review = parsed && reviewOf(parts, user, parsed.group, parsed.plural, request);
  if (review) return jsonResponse(201, review);
  const route = parsed && routeOf(parts.resources, parsed);
  if (!route) throw errors.unknownPath();
  return serve({ ...parts, encoder, request, query, route });
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
  const discovery = shapeOf(request.headers.accept) === "discovery";
  const v2 = { "content-type": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" };
  const groups = groupsOf(resources);
  const [first, group = "", version] = parts;
  if (parts.length === 0)
    return { body: { paths: ["/api", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"] } };
  if (first === "api" && parts.length === 1) {
    return discovery ? { body: aggregated(resources, true), headers: v2 } : { body: apiVersions() };
  }
  if (first === "api" && parts.length === 2 && group === "v1") return { body: resourceList(resources, "") };
  if (first === "apis" && parts.length === 1) {
    return discovery ? { body: aggregated(resources, false), headers: v2 } : { body: groupList(resources) };
  }
  if (first === "apis" && groups.includes(group) && group !== "") {
    if (parts.length === 2) return { body: { kind: "APIGroup", apiVersion: "v1", ...fieldsOf(groupOf(group)) } };
    if (parts.length === 3 && version === "v1") return { body: resourceList(resources, group) };
  }
  if (first === "openapi" && group === "v3") {
    const body = parts.length === 2 ? openApiIndex(groups) : openApiOf(resources, parts.slice(2).join("/"));
    if (body !== undefined) return { body };
  }
  return undefined;
}

function reviewOf(
  parts: HandlerParts,
  user: User,
  group: string,
  plural: string,
  request: ServerRequest,
): Fields | undefined {
  const isToken = group === "authentication.k8s.io" && plural === "tokenreviews";
  const isAccess = group === "authorization.k8s.io" && plural === "subjectaccessreviews";
  const isSelf = group === "authorization.k8s.io" && plural === "selfsubjectaccessreviews";
  if (!isToken && !isAccess && !isSelf) return undefined;
  if (request.method !== "POST") throw errors.methodNotAllowed();
  const body = fieldsOf(readObject(request));
  if (isToken) return reviewToken(body, parts.tokens);
  return reviewAccess(body, isSelf ? user : undefined, parts.authorize);
}

interface Serving extends HandlerParts {
  readonly encoder: Encoder;
  readonly request: ServerRequest;
  readonly query: URLSearchParams;
  readonly route: Route;
}

function serve(serving: Serving): HttpResponse {
  const { request, query, route } = serving;
  const watching = ["true", "1"].includes(query.get("watch") ?? "");
  if (route.name === undefined) {
    if (request.method === "GET") return watching ? watch(serving) : list(serving);
    if (request.method === "POST" && (route.namespace !== undefined || !route.resource.namespaced))
      return create(serving);
    if (request.method === "DELETE" && (route.namespace !== undefined || !route.resource.namespaced)) {
      return deleteCollection(serving);
    }
    throw errors.methodNotAllowed();
  }
  switch (request.method) {
    case "GET":
      return read(serving, route.name);
    case "PUT":
      return update(serving, route.name);
    case "PATCH":
      return patch(serving, route.name);
    case "DELETE":
      if (route.subresource === undefined) return remove(serving, route.name);
  }
  throw errors.methodNotAllowed();
}

function answer(serving: Serving, status: number, stored: Stored, warnings: readonly string[] = []): HttpResponse {
  const { route, encoder, request, clock, query } = serving;
  const headers = {
    "content-type": "application/json",
    ...(warnings.length > 0 ? { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(", ") } : {}),
  };
  if (route.subresource === "scale") return jsonResponse(status, scaleOf(stored), headers);
  const shape = shapeOf(request.headers.accept);
  if (shape === "table") {
    const metadata = { resourceVersion: stored.metadata.resourceVersion };
    const include = query.get("includeObject") ?? "Metadata";
    const wire = (one: Stored) => wireOf(route.resource, one);
    return jsonResponse(status, tableOf(route.resource, [stored], metadata, clock.now(), include, wire), headers);
  }
  if (shape === "partial") return jsonResponse(status, partialOf(stored.metadata), headers);
  return textResponse(status, encoder.object(route.resource, stored), headers);
}

function read(serving: Serving, name: string): HttpResponse {
  const { route, store } = serving;
  const stored = store.get(route.resource.table, route.namespace ? `${route.namespace}/${name}` : name);
  if (!stored) throw errors.notFound({ ...route.resource, name });
  return answer(serving, 200, stored);
}

function list(serving: Serving): HttpResponse {
  const { route, query, store, request, encoder, clock } = serving;
  if (query.get("sendInitialEvents")) throw errors.badRequest("sendInitialEvents is forbidden for list");
  const selection = selectionOf(route.resource, route.namespace, query);
  const { items, metadata } = listPage(store, route.resource, selection, query);
  const shape = shapeOf(request.headers.accept);
  const include = query.get("includeObject") ?? "Metadata";
  if (shape === "table") {
    const wire = (one: Stored) => wireOf(route.resource, one);
    return jsonResponse(200, tableOf(route.resource, items, metadata, clock.now(), include, wire));
  }
  if (shape === "partial") {
    const list = { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata };
    return jsonResponse(200, { ...list, items: items.map((item) => partialOf(item.metadata)) });
  }
  return textResponse(200, encoder.list(route.resource, items, metadata), { "content-type": "application/json" });
}

function watch(serving: Serving): HttpResponse {
  const { route, query, request, closed } = serving;
  const selection = selectionOf(route.resource, route.namespace, query);
  const signal = AbortSignal.any([request.signal, closed]);
  const body = openWatch({ ...serving, resource: route.resource, selection, write: eventWriter(serving), signal });
  return { status: 200, headers: { "content-type": "application/json" }, body };
}

function eventWriter({ route, request, query, encoder, clock }: Serving): WriteEvent {
  const { resource } = route;
  const shape = shapeOf(request.headers.accept);
  const include = query.get("includeObject") ?? "Metadata";
  const wire = (one: Stored) => wireOf(resource, one);
  return (type, object) => {
    if (type !== "BOOKMARK" && shape === "object")
      return `{"type":"${type}","object":${encoder.object(resource, object)}}\n`;
    if (shape === "table") {
      const metadata = { resourceVersion: object.metadata.resourceVersion };
      const rows = type === "BOOKMARK" ? [] : [object];
      return `${JSON.stringify({ type, object: tableOf(resource, rows, metadata, clock.now(), include, wire) })}\n`;
    }
    const shown = shape === "partial" ? partialOf(object.metadata) : wireOf(resource, object);
    return `${JSON.stringify({ type, object: shown })}\n`;
  };
}

const isDryRun = (query: URLSearchParams): boolean => query.getAll("dryRun").includes("All");

/** What fieldValidation asks for: an error, or warnings. */
function checkFields({ route, query }: Serving, body: unknown): string[] {
  const mode = query.get("fieldValidation") ?? "Warn";
  if (mode === "Ignore") return [];
  const unknown = unknownFields(route.resource, body).map((path) => `unknown field "${path}"`);
  if (mode === "Strict" && unknown.length > 0) {
    throw errors.badRequest(
      `${route.resource.kind} in version ${JSON.stringify(route.resource.version)} cannot be handled as a ${route.resource.kind}: strict decoding error: ${unknown.join(", ")}`,
    );
  }
  return unknown;
}

function create(serving: Serving): HttpResponse {
  const { route, query, writes, request } = serving;
  const body = readObject(request);
  const warnings = checkFields(serving, body);
  return answer(serving, 201, writes.create(route.resource, route.namespace, body, isDryRun(query)), warnings);
}

function update(serving: Serving, name: string): HttpResponse {
  const { route, query, writes, request } = serving;
  const target = { resource: route.resource, namespace: route.namespace, name };
  const body = readObject(request);
  if (route.subresource === "scale") {
    return answer(
      serving,
      200,
      writes.patch(target, (wire) => scaleToDeployment(wire, body), undefined, isDryRun(query)),
    );
  }
  const warnings = checkFields(serving, body);
  const { stored, created } = writes.update(target, body, route.subresource as Subresource, isDryRun(query));
  return answer(serving, created ? 201 : 200, stored, warnings);
}

function patch(serving: Serving, name: string): HttpResponse {
  const { route, query, writes, request } = serving;
  const target = { resource: route.resource, namespace: route.namespace, name };
  const scale = route.subresource === "scale";
  const change = patchFor(route.resource, scale ? "Scale" : undefined, request);
  let warnings: string[] = [];
  const stored = writes.patch(
    target,
    (wire) => {
      if (scale) return scaleToDeployment(wire, change(scaleOf(wire)));
      const patched = change(wire);
      warnings = checkFields(serving, patched);
      return patched;
    },
    scale ? undefined : (route.subresource as Subresource),
    isDryRun(query),
  );
  return answer(serving, 200, stored, warnings);
}

function preconditionsOf(body: Fields): Preconditions {
  const { uid, resourceVersion } = fieldsOf(body.preconditions);
  return {
    ...(uid ? { uid: textOf(uid) } : {}),
    ...(resourceVersion ? { resourceVersion: textOf(resourceVersion) } : {}),
  };
}

function remove(serving: Serving, name: string): HttpResponse {
  const { route, query, writes, request } = serving;
  const body = fieldsOf(readObject(request));
  const target = { resource: route.resource, namespace: route.namespace, name };
  const dryRun = isDryRun(query) || (Array.isArray(body.dryRun) && body.dryRun.includes("All"));
  const { object, gone } = writes.delete(target, preconditionsOf(body), dryRun);
  if (!gone || route.resource.plural === "pods") return answer(serving, 200, object);
  const { group, plural } = route.resource;
  return jsonResponse(200, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, ...(group ? { group } : {}), kind: plural, uid: object.metadata.uid },
  });
}

function deleteCollection(serving: Serving): HttpResponse {
  const { route, query, writes, request, store, encoder } = serving;
  const body = readObject(request);
  const selection = selectionOf(route.resource, route.namespace, query);
  const { items } = listPage(store, route.resource, selection, new URLSearchParams());
  const wanted = isFields(body) ? preconditionsOf(body) : {};
  for (const item of items) {
    const target = { resource: route.resource, namespace: route.namespace, name: textOf(item.metadata.name) };
    writes.delete(target, wanted, isDryRun(query));
  }
  const metadata = { resourceVersion: String(store.revision) };
  return textResponse(200, encoder.list(route.resource, items, metadata), { "content-type": "application/json" });
}
