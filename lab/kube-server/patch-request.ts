/** The patch that a request carries, by its content type. */
import type { ServerRequest } from "@ccm/base";
import { goText, isFields } from "./json.ts";
import { contentType } from "./media.ts";
import { applyJsonPatch, PatchError } from "./patch/json.ts";
import { applyMergePatch } from "./patch/merge.ts";
import { applyStrategicPatch, PatchTypeError } from "./patch/strategic.ts";
import type { Resource } from "./resource.ts";
import { typeNamed, typeOfKind } from "./schema.ts";
import { ApiError, badRequest, invalidPatch, unexpected, unsupportedMediaType } from "./status-errors.ts";

const ACCEPTED = "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json";
const REJECTED = "the server rejected our request due to an error in our request";

/** Throws a 415 for other types (server-side apply among them), a 400, 422 or 500 for a patch that does not fit. */
export function patchFor(
  resource: Resource,
  typeName: string | undefined,
  request: ServerRequest,
): (wire: unknown) => unknown {
  const type = contentType(request);
  const read = () => readPatch(request);
  switch (type) {
    case "application/json-patch+json": {
      const operations = read();
      if (!Array.isArray(operations)) {
        throw badRequest(`error decoding patch: ${cannotUnmarshal(operations, "[]handlers.jsonPatchOp")}`);
      }
      return (wire) => {
        try {
          return applyJsonPatch(wire, operations);
        } catch (error) {
          if (error instanceof PatchError) throw new ApiError(422, "Invalid", REJECTED, { details: {} });
          throw error;
        }
      };
    }
    case "application/merge-patch+json": {
      const patch = read();
      if (!isFields(patch)) {
        throw badRequest(`error decoding patch: ${cannotUnmarshal(patch, "map[string]interface {}")}`);
      }
      return (wire) => applyMergePatch(wire, patch);
    }
    case "application/strategic-merge-patch+json": {
      const patch = read();
      if (!isFields(patch)) throw badRequest(cannotUnmarshal(patch, "map[string]interface {}"));
      const schema = typeNamed(typeName ?? typeOfKind(resource.group, resource.kind));
      return (wire) => {
        try {
          return applyStrategicPatch(wire, patch, schema);
        } catch (error) {
          if (error instanceof PatchTypeError) throw invalidPatch(goText(patch), error.message);
          if (error instanceof PatchError) throw unexpected(error.message);
          throw error;
        }
      };
    }
  }
  // kubectl shows this text to who asks for --server-side, so it tells what there is instead.
  throw unsupportedMediaType(
    type.startsWith("application/apply-patch")
      ? `server-side apply is not served here (${type}) - accepted media types include: ${ACCEPTED}`
      : "415: Unsupported Media Type",
    {},
  );
}

function readPatch(request: ServerRequest): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(request.body));
  } catch {
    throw badRequest("invalid JSON patch");
  }
}

function cannotUnmarshal(value: unknown, into: string): string {
  const what = Array.isArray(value) ? "array" : isFields(value) ? "object" : typeof value;
  return `json: cannot unmarshal ${what} into Go value of type ${into}`;
}
