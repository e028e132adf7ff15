/** OpenAPI v3 of the served groups, made from schema.ts: enough for kubectl's validation, apply, edit and explain. */

import { versionOf } from "./discovery.ts";
import { apiVersionOf, type Resource } from "./resource.ts";
import { allTypes, type Field, typeOfKind } from "./schema.ts";
import { VERSION } from "./version.ts";

const PATCH_TYPES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];
const ref = (type: string) => ({ $ref: `#/components/schemas/${type}` });
const pathOf = (group: string, version: string): string => (group === "" ? "api/v1" : `apis/${group}/${version}`);

export function openApiIndex(resources: readonly Resource[], groups: readonly string[]): unknown {
  const entries = groups.map((group) => {
    const path = pathOf(group, versionOf(resources, group));
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=1` }];
  });
  return { paths: Object.fromEntries(entries) };
}

/** Undefined when there is nothing at the path, which is what follows /openapi/v3/. */
export function openApiOf(resources: readonly Resource[], path: string): unknown {
  const kept = resources.filter((resource) => pathOf(resource.group, resource.version) === path);
  if (kept.length === 0) return undefined;
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: VERSION.gitVersion },
    paths: Object.fromEntries(kept.flatMap((resource) => pathsOf(resource, path))),
    components: { schemas: schemas(kept) },
  };
}

function pathsOf(resource: Resource, base: string): [string, unknown][] {
  const gvk = { group: resource.group, version: resource.version, kind: resource.kind };
  const parameters = ["dryRun", "fieldManager", "fieldValidation"].map((name) => ({
    name,
    in: "query",
    schema: { type: "string", uniqueItems: true },
  }));
  const operation = (action: string, contentTypes?: readonly string[]) => ({
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": gvk,
    parameters,
    ...(contentTypes
      ? {
          requestBody: {
            content: Object.fromEntries(contentTypes.map((type) => [type, { schema: { type: "object" } }])),
          },
        }
      : {}),
    responses: { "200": { description: "OK" } },
  });
  const collection = `/${base}/${resource.namespaced ? "namespaces/{namespace}/" : ""}${resource.plural}`;
  return [
    [collection, { get: operation("list"), post: operation("post", ["*/*"]) }],
    [
      `${collection}/{name}`,
      {
        get: operation("get"),
        put: operation("put", ["*/*"]),
        patch: operation("patch", PATCH_TYPES),
        delete: operation("delete"),
      },
    ],
  ];
}

function schemas(kept: readonly Resource[]): Record<string, unknown> {
  const kinds = new Map(kept.map((one) => [typeOfKind(one.group, one.kind), one]));
  const entries = allTypes().map((type) => {
    const resource = kinds.get(type.name);
    const schema = {
      type: "object",
      description: resource ? `${resource.kind} of ${apiVersionOf(resource)}.` : `${type.name}.`,
      properties: Object.fromEntries([...type.fields].map(([name, field]) => [name, schemaOf(field)])),
      ...(resource
        ? {
            "x-kubernetes-group-version-kind": [
              { group: resource.group, version: resource.version, kind: resource.kind },
            ],
          }
        : {}),
    };
    return [type.name, schema] as const;
  });
  return Object.fromEntries(entries);
}

function schemaOf(field: Field): unknown {
  switch (field.form) {
    case "text":
      return { type: "string" };
    case "time":
    case "microTime":
      return { type: "string", format: "date-time" };
    case "integer":
      return { type: "integer", format: "int32" };
    case "long":
      return { type: "integer", format: "int64" };
    case "boolean":
      return { type: "boolean" };
    case "intOrText":
      return { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] };
    case "any":
      return { type: "object" };
    case "map":
      return { type: "object", additionalProperties: field.items === "any" ? {} : { type: "string" } };
    case "object":
      return {
        allOf: [ref(field.type ?? "")],
        ...(field.retainKeys ? { "x-kubernetes-patch-strategy": "retainKeys" } : {}),
      };
    case "list":
      return {
        type: "array",
        items: itemsOf(field),
        ...(field.mergeKey ? { "x-kubernetes-patch-merge-key": field.mergeKey } : {}),
        ...(field.mergeKey || field.mergeSet ? { "x-kubernetes-patch-strategy": "merge" } : {}),
        ...(field.applyKeys ? { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": field.applyKeys } : {}),
      };
  }
}

function itemsOf(field: Field): unknown {
  if (field.type) return { allOf: [ref(field.type)] };
  return field.items === "integer"
    ? { type: "integer" }
    : field.items === "any"
      ? { type: "object" }
      : { type: "string" };
}

export const OPENAPI_V2_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/**
 * OpenAPI v2 without a single definition, as the protobuf that kubectl asks for: it wants it for a `List` alone, whose items
 * it then leaves to the server to validate. The bytes are all below 128.
 */
export function emptyOpenApiV2(): string {
  const field = (tag: string, value: string) => `${tag}${String.fromCharCode(value.length)}${value}`;
  const info = field("\x0a", "Kubernetes") + field("\x12", VERSION.gitVersion);
  return field("\x0a", "2.0") + field("\x12", info) + field("\x42", "");
}
