/** The patch that a request carries, by its content type. */
import type { ServerRequest } from "@ccm/base";
import { contentType, readJson } from "./media.ts";
import { applyJsonPatch, PatchError } from "./patch/json.ts";
import { applyMergePatch } from "./patch/merge.ts";
import { applyStrategicPatch } from "./patch/strategic.ts";
import type { Resource } from "./resource.ts";
import { typeNamed, typeOfKind } from "./schema.ts";
import { ApiError, badRequest, unsupportedMediaType } from "./status-errors.ts";

const ACCEPTED = "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json";

/** Throws a 415 for other types (server-side apply among them), a 400 or 422 for a patch that does not fit. */
export function patchFor(
  resource: Resource,
  typeName: string | undefined,
  request: ServerRequest,
): (wire: unknown) => unknown {
  const type = contentType(request);
  const apply = {
    "application/json-patch+json": applyJsonPatch,
    "application/merge-patch+json": applyMergePatch,
    "application/strategic-merge-patch+json": (wire: unknown, patch: unknown) =>
      applyStrategicPatch(wire, patch, typeNamed(typeName ?? typeOfKind(resource.group, resource.kind))),
  }[type];
  if (!apply) {
    throw unsupportedMediaType(
      `the body of the request was in an unknown format (${type}) - accepted media types include: ${ACCEPTED}`,
    );
  }
  const patch = readJson(new TextDecoder().decode(request.body));
  return (wire) => {
    try {
      return apply(wire, patch);
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      // A JSON patch that is well formed but does not fit the object is unprocessable.
      if (type === "application/json-patch+json" && Array.isArray(patch)) {
        throw new ApiError(
          422,
          "Invalid",
          `the server rejected our request due to an error in our request: ${error.message}`,
        );
      }
      throw badRequest(error.message);
    }
  };
}
