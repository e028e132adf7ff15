import type { HttpResponse } from "@ccm/base";
import { digestOf, putBlob } from "../ccr/images.ts";
import { type Asked, answer, blobIn, linkBlob, nameOf, openProject, type Scope } from "./content.ts";
import { badDigest, RegistryError } from "./errors.ts";

/** A blob on its way, by its number. */
interface Upload {
  readonly repository: string;
  readonly base64: string;
}

/** Of those that nobody ended, the oldest go. */
const MOST_OPEN = 200;

const uploadsOf = ({ account }: Scope) => account.shared.table<Upload>("ccrUploads");
const keyOf = (scope: Scope): string => `${scope.instanceId}/${nameOf(scope)}`;

/** `other` is the repository of `from`, where the caller may read it: a blob that is there needs no second push. */
export function startUpload(scope: Scope, asked: Asked, other: Scope | undefined): HttpResponse {
  const mount = asked.query("mount");
  if (mount !== undefined && other && blobIn(other, mount)) return stored(scope, mount);
  const digest = asked.query("digest");
  if (digest !== undefined) return store(scope, digest, asked.body);
  const uploads = uploadsOf(scope);
  for (const id of uploads.first(Math.max(0, uploads.size - MOST_OPEN + 1))) uploads.delete(id);
  const id = scope.account.random.uuid();
  uploads.set(id, { repository: keyOf(scope), base64: "" });
  return progress(scope, id, 202, 0);
}

export function continueUpload(scope: Scope, method: string, id: string, asked: Asked): HttpResponse {
  const upload = uploadsOf(scope).get(id);
  if (upload?.repository !== keyOf(scope))
    throw new RegistryError(404, "BLOB_UPLOAD_UNKNOWN", `upload ${id} is not there`);
  const before = Buffer.from(upload.base64, "base64");
  if (method === "GET") return progress(scope, id, 204, before.length);
  if (method === "DELETE") {
    uploadsOf(scope).delete(id);
    return answer(204);
  }
  const [, start] = /^(\d+)-\d+$/.exec(asked.headers["content-range"] ?? "") ?? [];
  if (start !== undefined && Number(start) !== before.length)
    throw new RegistryError(416, "BLOB_UPLOAD_INVALID", `expected the bytes from ${before.length} on`);
  const bytes = Buffer.concat([before, asked.body]);
  if (method === "PATCH") {
    uploadsOf(scope).set(id, { ...upload, base64: bytes.toString("base64") });
    return progress(scope, id, 202, bytes.length);
  }
  const answered = store(scope, asked.query("digest"), bytes);
  uploadsOf(scope).delete(id);
  return answered;
}

function store(scope: Scope, digest: string | undefined, bytes: Uint8Array): HttpResponse {
  const real = digestOf(bytes);
  if (digest !== real) throw badDigest(`the bytes are ${real}, not ${digest ?? "without a digest"}`);
  putBlob(scope.account, scope.instanceId, bytes);
  return stored(scope, real);
}

function stored(scope: Scope, digest: string): HttpResponse {
  openProject(scope);
  linkBlob(scope, digest);
  return answer(201, { location: `/v2/${nameOf(scope)}/blobs/${digest}`, "docker-content-digest": digest });
}

function progress(scope: Scope, id: string, status: number, length: number): HttpResponse {
  return answer(status, {
    location: `/v2/${nameOf(scope)}/blobs/uploads/${id}`,
    "docker-upload-uuid": id,
    range: `0-${Math.max(0, length - 1)}`,
  });
}
