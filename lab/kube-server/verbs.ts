/** What can be asked of a resource: read, list, watch, create, update, patch, delete. */
import { type HttpResponse, jsonResponse, type ServerRequest, textResponse } from "@ccm/base";
import { stringify } from "yaml";
import { unknownFields } from "./decode.ts";
import { type Encoder, wireOf } from "./encode.ts";
import type { HandlerParts } from "./handler.ts";
import { fieldsOf, type Stored, textOf } from "./json.ts";
import { duplicateFields } from "./json-duplicates.ts";
import { checkNotFuture, listPage, revisionOf } from "./list.ts";
import { readBody, type Wanted, wantedOf } from "./media.ts";
import { checkListOptions, checkWriteOptions, deleteOptions } from "./options.ts";
import { patchFor } from "./patch-request.ts";
import type { Route } from "./router.ts";
import { scaleOf, scaleToDeployment } from "./scale.ts";
import { selectionOf } from "./selection.ts";
import * as errors from "./status-errors.ts";
import { partialOf, tableOf } from "./table/table.ts";
import { openWatch, type WriteEvent } from "./watch.ts";
import type { Subresource } from "./writes.ts";

export interface Serving extends HandlerParts {
  readonly encoder: Encoder;
  readonly request: ServerRequest;
  readonly query: URLSearchParams;
  readonly route: Route;
}

interface Work extends Serving {
  /** Grows as the request is looked at; goes with the answer, whatever it is. */
  readonly warnings: string[];
}

export function serve(given: Serving): HttpResponse {
  const { deprecation } = given.route.resource;
  const serving = { ...given, warnings: deprecation ? [deprecation] : [] };
  try {
    return dispatch(serving);
  } catch (error) {
    if (!(error instanceof errors.ApiError)) throw error;
    return jsonResponse(error.code, error.status, { ...headersOf(serving), ...error.headers });
  }
}

function dispatch(serving: Work): HttpResponse {
  const { request, query, route } = serving;
  const { method } = request;
  const watching = route.watch || ["true", "1"].includes(query.get("watch") ?? "");
  if (route.name === undefined) {
    if (method === "GET") return watching ? watch(serving) : list(serving);
    const one = route.namespace !== undefined || !route.resource.namespaced;
    if (method === "POST" && one) return create(serving);
    if (method === "DELETE" && one) return deleteCollection(serving);
    throw errors.methodNotAllowed();
  }
  if (/^\.{1,2}$/.test(route.name)) {
    throw errors.badRequest(`Name parameter invalid: ${JSON.stringify(route.name)}: may not be '${route.name}'`);
  }
  const writeOnly = route.subresource === "finalize";
  if (method === "GET" && !writeOnly) return route.watch ? watch(serving) : read(serving, route.name);
  if (method === "PUT") return update(serving, route.name);
  if (method === "PATCH" && !writeOnly) return patch(serving, route.name);
  if (method === "DELETE" && route.subresource === undefined) return remove(serving, route.name);
  throw errors.methodNotAllowed();
}

function headersOf({ warnings }: Work): Record<string, string> {
  return {
    "content-type": "application/json",
    ...(warnings.length > 0 ? { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(", ") } : {}),
  };
}

/** `json`: the text of what is sent, for who wants it in the usual form. */
function respond(serving: Work, status: number, wanted: Wanted, json: () => string): HttpResponse {
  const headers = headersOf(serving);
  if (!wanted.yaml) return textResponse(status, json(), headers);
  const text = stringify(JSON.parse(json()), { sortMapEntries: true });
  return textResponse(status, text, { ...headers, "content-type": "application/yaml" });
}

const INCLUDES = ["Metadata", "Object", "None", ""];

function includeOf(query: URLSearchParams): string {
  const include = query.get("includeObject") ?? "";
  if (INCLUDES.includes(include)) return include || "Metadata";
  const why = "must be 'Metadata', 'Object', 'None', or empty";
  throw errors.badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: ${why}`,
  );
}

function answer(serving: Work, status: number, stored: Stored): HttpResponse {
  const { route, encoder, request, clock, query } = serving;
  const wanted = wantedOf(request.headers.accept);
  const send = (json: () => string) => respond(serving, status, wanted, json);
  if (route.subresource === "scale") return send(() => JSON.stringify(scaleOf(stored)));
  if (wanted.shape === "table") {
    const metadata = { resourceVersion: stored.metadata.resourceVersion };
    const wire = (one: Stored) => wireOf(route.resource, one);
    const table = tableOf(route.resource, [stored], metadata, clock.now(), includeOf(query), wire);
    return send(() => JSON.stringify(table));
  }
  if (wanted.shape === "partial") {
    if (wanted.as.endsWith("list")) {
      const what = `*core.${route.resource.kind}`;
      throw errors.notAcceptable(
        `you requested PartialObjectMetadataList, but the requested object is not a list (${what})`,
      );
    }
    return send(() => JSON.stringify(partialOf(stored.metadata)));
  }
  return send(() => encoder.object(route.resource, stored));
}

function read(serving: Work, name: string): HttpResponse {
  const { route, store, query } = serving;
  checkNotFuture(store, revisionOf(query.get("resourceVersion") ?? ""));
  const stored = store.get(route.resource.table, route.namespace ? `${route.namespace}/${name}` : name);
  if (!stored) throw errors.notFound({ ...route.resource, name });
  return answer(serving, 200, stored);
}

function list(serving: Work): HttpResponse {
  const { route, query, store, request, encoder, clock } = serving;
  const wanted = wantedOf(request.headers.accept);
  checkListOptions(query, false);
  const selection = selectionOf(route.resource, route.namespace, query);
  const { items, metadata } = listPage(store, route.resource, selection, query);
  const send = (json: () => string) => respond(serving, 200, wanted, json);
  if (wanted.shape === "table") {
    const wire = (one: Stored) => wireOf(route.resource, one);
    const table = tableOf(route.resource, items, metadata, clock.now(), includeOf(query), wire);
    return send(() => JSON.stringify(table));
  }
  if (wanted.shape === "partial") {
    const list = { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata };
    return send(() => JSON.stringify({ ...list, items: items.map((item) => partialOf(item.metadata)) }));
  }
  return send(() => encoder.list(route.resource, items, metadata));
}

function watch(serving: Work): HttpResponse {
  const { route, query, request, closed } = serving;
  checkListOptions(query, true);
  // The old form of a watch has the name in its path.
  if (route.name !== undefined) query.set("fieldSelector", `metadata.name=${route.name}`);
  const selection = selectionOf(route.resource, route.namespace, query);
  const signal = AbortSignal.any([request.signal, closed]);
  const body = openWatch({ ...serving, resource: route.resource, selection, write: eventWriter(serving), signal });
  return { status: 200, headers: headersOf(serving), body };
}

function eventWriter({ route, request, query, encoder, clock }: Work): WriteEvent {
  const { resource } = route;
  const { shape } = wantedOf(request.headers.accept);
  const include = includeOf(query);
  const wire = (one: Stored) => wireOf(resource, one);
  let first = true;
  return (type, object) => {
    if (type === "ERROR") return `${JSON.stringify({ type, object })}\n`;
    if (type !== "BOOKMARK" && shape === "object") return encoder.event(type, resource, object);
    if (shape === "table") {
      const metadata = { resourceVersion: object.metadata.resourceVersion };
      const table = tableOf(resource, [object], metadata, clock.now(), include, wire);
      // The columns are told once.
      if (!first) table.columnDefinitions = null;
      first = false;
      return `${JSON.stringify({ type, object: table })}\n`;
    }
    const shown = shape === "partial" ? partialOf(object.metadata) : wire(object);
    return `${JSON.stringify({ type, object: shown })}\n`;
  };
}

/** What fieldValidation finds: warnings, or an error that `refuse` makes. */
function checkFields(
  { route, query, warnings }: Work,
  body: unknown,
  json: string | undefined,
  refuse: (why: string) => Error,
): void {
  const mode = query.get("fieldValidation") || "Warn";
  if (mode === "Ignore") return;
  const found = [
    ...(json === undefined ? [] : duplicateFields(json)).map((path) => `duplicate field "${path}"`),
    ...unknownFields(route.resource, body).map((path) => `unknown field "${path}"`),
  ];
  if (mode === "Strict" && found.length > 0) throw refuse(`strict decoding error: ${found.join(", ")}`);
  warnings.push(...found);
}

function readObject(serving: Work): unknown {
  const { kind, version } = serving.route.resource;
  let read: ReturnType<typeof readBody>;
  try {
    read = readBody(serving.request);
  } catch (error) {
    if (!(error instanceof errors.ApiError) || error.code !== 400) throw error;
    throw errors.badRequest(`the object provided is unrecognized (must be of type ${kind}): ${error.message}`);
  }
  const { body, json } = read;
  if (body !== null && (typeof body !== "object" || Array.isArray(body))) {
    const why = body === undefined ? "unexpected end of JSON input" : "it is no object";
    throw errors.badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why}`,
    );
  }
  const refuse = (why: string) =>
    errors.badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${why}`);
  checkFields(serving, body, json, refuse);
  return body;
}

const adviseOf =
  ({ warnings }: Work) =>
  (found: readonly string[]) => {
    warnings.push(...found);
  };

function create(serving: Work): HttpResponse {
  const { route, query, writes } = serving;
  const dryRun = checkWriteOptions("Create", query);
  const body = readObject(serving);
  return answer(serving, 201, writes.create(route.resource, route.namespace, body, dryRun, adviseOf(serving)));
}

function update(serving: Work, name: string): HttpResponse {
  const { route, query, writes, request } = serving;
  const target = { resource: route.resource, namespace: route.namespace, name };
  const dryRun = checkWriteOptions("Update", query);
  if (route.subresource === "scale") {
    const { body } = readBody(request);
    return answer(
      serving,
      200,
      writes.patch(target, (wire) => scaleToDeployment(wire, body), undefined, dryRun),
    );
  }
  const body = readObject(serving);
  const subresource = route.subresource as Subresource;
  const { stored, created } = writes.update(target, body, subresource, dryRun, adviseOf(serving));
  return answer(serving, created ? 201 : 200, stored);
}

function patch(serving: Work, name: string): HttpResponse {
  const { route, query, writes, request } = serving;
  const target = { resource: route.resource, namespace: route.namespace, name };
  const dryRun = checkWriteOptions("Patch", query);
  const scale = route.subresource === "scale";
  const change = patchFor(route.resource, scale ? "Scale" : undefined, request);
  const stored = writes.patch(
    target,
    (wire) => {
      if (scale) return scaleToDeployment(wire, change(scaleOf(wire)));
      const patched = change(wire);
      const refuse = (why: string) => errors.invalidPatch(JSON.stringify(patched), why);
      checkFields(serving, patched, undefined, refuse);
      return patched;
    },
    scale ? undefined : (route.subresource as Subresource),
    dryRun,
    adviseOf(serving),
  );
  return answer(serving, 200, stored);
}

function remove(serving: Work, name: string): HttpResponse {
  const { route, query, writes, request } = serving;
  const options = deleteOptions(fieldsOf(readBody(request).body), query);
  const target = { resource: route.resource, namespace: route.namespace, name };
  const { object, gone } = writes.delete(target, options);
  if (!gone || route.resource.returnsDeleted) return answer(serving, 200, object);
  const { group, plural } = route.resource;
  const status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, ...(group ? { group } : {}), kind: plural, uid: object.metadata.uid },
  };
  return jsonResponse(200, status, headersOf(serving));
}

function deleteCollection(serving: Work): HttpResponse {
  const { route, query, writes, request, store, encoder } = serving;
  const options = deleteOptions(fieldsOf(readBody(request).body), query);
  const selection = selectionOf(route.resource, route.namespace, query);
  const { items } = listPage(store, route.resource, selection, new URLSearchParams());
  for (const item of items) {
    const target = { resource: route.resource, namespace: route.namespace, name: textOf(item.metadata.name) };
    writes.delete(target, options);
  }
  const metadata = { resourceVersion: String(store.revision) };
  return textResponse(200, encoder.list(route.resource, items, metadata), headersOf(serving));
}
