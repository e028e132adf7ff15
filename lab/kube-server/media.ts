/** What clients may send and what they ask to get. */
import type { ServerRequest } from "@ccm/base";
import { parse } from "yaml";
import { readProtobuf } from "./protobuf.ts";
import { badRequest, notAcceptable, unsupportedMediaType } from "./status-errors.ts";

export type Shape = "object" | "table" | "partial" | "discovery";

export interface Wanted {
  readonly shape: Shape;
  readonly yaml: boolean;
  /** The name by which the shape was asked for. */
  readonly as: string;
}

const ACCEPTED = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const ANY = ["*/*", "application/*", ""];
/** Who understands only protobuf gets JSON, which every client of Kubernetes reads by its content type. */
const JSON_TYPES = ["application/json", "application/vnd.kubernetes.protobuf", ...ANY];
const YAML_TYPES = ["application/yaml", "application/x-yaml", "text/yaml"];

/** The form of the Accept header that is known and liked best. Throws a 406 when there is none. */
export function wantedOf(accept: string | undefined): Wanted {
  const parts = (accept ?? "").split(",").map((part) => {
    const [type = "", ...parameters] = part.trim().toLowerCase().split(";");
    const values = new Map(parameters.map((parameter) => parameter.trim().split("=") as [string, string]));
    return { type: type.trim(), values, quality: Number(values.get("q") ?? 1) };
  });
  let known = false;
  for (const { type, values } of parts.toSorted((a, b) => b.quality - a.quality)) {
    const yaml = YAML_TYPES.includes(type);
    if (!yaml && !JSON_TYPES.includes(type)) continue;
    known = true;
    const as = values.get("as") ?? "";
    const shape = shapeNamed(as, values.get("g"), values.get("v"));
    if (shape) return { shape, yaml, as };
  }
  if (known) throw notAcceptable(`only the following media types are accepted: ${ACCEPTED}`);
  throw notAcceptable(`406: Not Acceptable\n\nAvailable representations: ${ACCEPTED}`, {});
}

function shapeNamed(as: string, group: string | undefined, version: string | undefined): Shape | undefined {
  if (as === "") return "object";
  if (as === "apigroupdiscoverylist") return version === "v2" ? "discovery" : undefined;
  if (group !== "meta.k8s.io" || version !== "v1") return undefined;
  if (as === "table") return "table";
  return as === "partialobjectmetadata" || as === "partialobjectmetadatalist" ? "partial" : undefined;
}

/** The media type without its parameters. */
export function contentType(request: ServerRequest): string {
  return (request.headers["content-type"] ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";
}

export interface Read {
  readonly body: unknown;
  /** The text, if it was JSON. */
  readonly json?: string;
}

/** JSON, YAML or protobuf; an undefined body for none. Throws a 400 for a malformed one and a 415 for anything else. */
export function readBody(request: ServerRequest): Read {
  const type = contentType(request);
  const yaml = YAML_TYPES.includes(type);
  if (type === "application/vnd.kubernetes.protobuf") {
    return { body: request.body.length === 0 ? undefined : readProtobuf(request.body) };
  }
  if (!yaml && type !== "application/json" && type !== "") {
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${ACCEPTED}`,
    );
  }
  if (request.body.length === 0) return { body: undefined };
  const text = new TextDecoder().decode(request.body);
  return yaml ? { body: readYaml(text) } : { body: readJson(text), json: text };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${messageOf(error)}`);
  }
}

function readYaml(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw badRequest(`yaml: ${messageOf(error)}`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : "malformed");
