/** What clients may send and what they ask to get. */
import type { ServerRequest } from "@ccm/base";
import { parse } from "yaml";
import { readProtobuf } from "./protobuf.ts";
import { badRequest } from "./status-errors.ts";

export type Shape = "object" | "table" | "partial" | "discovery";

/** The first form of the Accept header that is known; JSON objects when none is (protobuf falls back to JSON). */
export function shapeOf(accept: string | undefined): Shape {
  for (const part of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = part.trim().split(";");
    const values = new Map(parameters.map((parameter) => parameter.trim().split("=") as [string, string]));
    if (!["application/json", "*/*", "application/*", ""].includes(type.trim())) continue;
    const as = values.get("as");
    if (as === undefined) return "object";
    const meta = values.get("g") === "meta.k8s.io" && values.get("v") === "v1";
    if (as === "Table" && meta) return "table";
    if ((as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") && meta) return "partial";
    if (as === "APIGroupDiscoveryList" && values.get("v") === "v2") return "discovery";
  }
  return "object";
}

/** The media type without its parameters. */
export function contentType(request: ServerRequest): string {
  return (request.headers["content-type"] ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** JSON or YAML; undefined for no body. Throws a 400 for a malformed one and a 415 for anything else. */
export function readObject(request: ServerRequest): unknown {
  if (request.body.length === 0) return undefined;
  const type = contentType(request);
  if (type === "application/vnd.kubernetes.protobuf") return readProtobuf(request.body);
  const text = new TextDecoder().decode(request.body);
  return type.includes("yaml") ? readYaml(text) : readJson(text);
}

export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(
      `the body of the request is not valid JSON: ${error instanceof Error ? error.message : "malformed"}`,
    );
  }
}

export function readYaml(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw badRequest(
      `the body of the request is not valid YAML: ${error instanceof Error ? error.message : "malformed"}`,
    );
  }
}
