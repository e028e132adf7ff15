import type { HttpResponse } from "@ccm/base";
import { digestOf, putManifest, repositoryFor, type Where } from "../ccr/images.ts";
import { PERSONAL } from "../ccr/personal.ts";
import { addProject } from "../ccr/projects.ts";
import {
  blobsOf,
  imageTagsOf,
  keyOf,
  manifestsOf,
  projectsOf,
  repositoriesIn,
  repositoriesOf,
  tagsIn,
} from "../ccr/records.ts";
import { fireTriggers } from "../ccr/trigger-jobs.ts";
import { badDigest, RegistryError, unknownBlob } from "./errors.ts";
import type { Registry } from "./places.ts";

/** One repository, be it there or not, and who asks. */
export interface Scope extends Where, Registry {
  readonly by: string;
}

export interface Asked {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  query(name: string): string | undefined;
}

const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const whereOf = ({ instanceId, projectName, repositoryName }: Scope): Where => ({
  instanceId,
  projectName,
  repositoryName,
});
export const nameOf = (where: Where): string => `${where.projectName}/${where.repositoryName}`;
/** Which blobs were pushed to a repository: an instance keeps each once, and shows it only where it belongs. */
const linksOf = ({ account }: Scope) => account.shared.table<{ readonly digest: string }>("ccrBlobLinks");

export function answer(status: number, headers: Readonly<Record<string, string>> = {}, bytes?: Uint8Array) {
  const body = async function* () {
    if (bytes) yield bytes;
  };
  return { status, headers: { "content-length": String(bytes?.length ?? 0), ...headers }, body: body() };
}

/** As on a GET, without the body. */
export function bytesAnswer(method: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>) {
  const all = { "content-length": String(bytes.length), ...headers };
  return method === "HEAD" ? { ...answer(200), headers: all } : answer(200, all, bytes);
}

export function linkBlob(scope: Scope, digest: string): void {
  linksOf(scope).set(`${keyOf(scope)}@${digest}`, { digest });
}

/** The bytes of a blob that was pushed to this repository or that one of its images is made of. */
export function blobIn(scope: Scope, digest: string): Uint8Array | undefined {
  const key = keyOf(scope);
  const manifests = manifestsOf(scope.account);
  const isIn =
    linksOf(scope).has(`${key}@${digest}`) ||
    manifests
      .ids()
      .some((id) => id.startsWith(`${key}@`) && decoded(manifests.get(id)).toString("utf8").includes(digest));
  const blob = isIn ? blobsOf(scope.account).get(`${scope.instanceId}/${digest}`) : undefined;
  return blob && decoded(blob);
}

export function getBlob(scope: Scope, method: string, digest: string): HttpResponse {
  if (!DIGEST.test(digest)) throw badDigest(`"${digest}": expected sha256: and 64 hexadecimal digits`);
  const bytes = blobIn(scope, digest);
  if (!bytes) throw unknownBlob(digest);
  return bytesAnswer(method, bytes, { "content-type": "application/octet-stream", "docker-content-digest": digest });
}

export function getManifest(scope: Scope, method: string, reference: string): HttpResponse {
  const { account } = scope;
  const { digest, mediaType, bytes } = findManifest(scope, reference);
  if (method === "GET") {
    const repository = repositoriesOf(account).get(keyOf(scope));
    if (repository) repositoriesOf(account).set(keyOf(scope), { ...repository, pullCount: repository.pullCount + 1 });
    for (const tag of repository ? tagsIn(account, repository) : []) {
      if (tag.digest === digest && (reference === tag.tagName || reference === digest))
        imageTagsOf(account).patch(`${keyOf(tag)}:${tag.tagName}`, { pullTime: account.time() });
    }
    fireTriggers(account, scope.instanceId, "PULL_ARTIFACT", nameOf(scope), reference);
  }
  return bytesAnswer(method, bytes, {
    "content-type": mediaType,
    "docker-content-digest": digest,
    etag: `"${digest}"`,
  });
}

export function storeManifest(scope: Scope, reference: string, { headers, body }: Asked): HttpResponse {
  const digest = digestOf(body);
  if (reference.includes(":") ? reference !== digest : !TAG.test(reference))
    throw reference.includes(":")
      ? badDigest(`the manifest is ${digest}, not ${reference}`)
      : new RegistryError(400, "MANIFEST_INVALID", `"${reference}" is no tag`);
  for (const part of partsOf(body)) {
    const isThere = part.isManifest ? hasManifest(scope, part.digest) : blobIn(scope, part.digest) !== undefined;
    if (!isThere) throw new RegistryError(400, "MANIFEST_BLOB_UNKNOWN", `${part.digest} was not pushed before`);
  }
  openProject(scope);
  const mediaType = headers["content-type"] ?? "application/vnd.oci.image.manifest.v1+json";
  putManifest(scope.account, whereOf(scope), reference, body, mediaType, scope.by);
  return answer(201, { location: `/v2/${nameOf(scope)}/manifests/${digest}`, "docker-content-digest": digest });
}

/** With all its tags; by a tag, the image that it points at goes as well, as in Harbor. */
export function deleteManifest(scope: Scope, reference: string): HttpResponse {
  const { account } = scope;
  const { digest } = findManifest(scope, reference);
  manifestsOf(account).delete(`${keyOf(scope)}@${digest}`);
  for (const tag of tagsIn(account, repositoryFor(account, whereOf(scope)))) {
    if (tag.digest !== digest) continue;
    imageTagsOf(account).delete(`${keyOf(tag)}:${tag.tagName}`);
    fireTriggers(account, scope.instanceId, "DELETE_ARTIFACT", nameOf(scope), tag.tagName);
  }
  return answer(202);
}

export function listTags(scope: Scope, asked: Asked): HttpResponse {
  const repository = repositoriesOf(scope.account).get(keyOf(scope));
  if (!repository) throw new RegistryError(404, "NAME_UNKNOWN", `repository ${nameOf(scope)} is not there`);
  const tags = tagsIn(scope.account, repository).map(({ tagName }) => tagName);
  return pageOf(`/v2/${nameOf(scope)}/tags/list`, asked, tags, (some) => ({ name: nameOf(scope), tags: some }));
}

export function listRepositories({ account, instanceId }: Registry, asked: Asked): HttpResponse {
  return pageOf("/v2/_catalog", asked, repositoriesIn(account, instanceId).map(nameOf), (repositories) => ({
    repositories,
  }));
}

/** In the personal edition the first push makes the project. */
export function openProject({ account, instanceId, projectName }: Scope): void {
  if (instanceId !== PERSONAL || projectsOf(account).has(`${instanceId}/${projectName}`)) return;
  addProject(account, instanceId, projectName);
}

function pageOf(
  path: string,
  { query }: Asked,
  names: readonly string[],
  bodyOf: (names: readonly string[]) => object,
): HttpResponse {
  const last = query("last") ?? "";
  const rest = names.toSorted().filter((name) => name > last);
  const count = Number(query("n") ?? rest.length);
  if (!Number.isInteger(count) || count < 0)
    throw new RegistryError(400, "PAGINATION_NUMBER_INVALID", "n: expected a whole number");
  const page = rest.slice(0, count);
  const next = `<${path}?n=${count}&last=${encodeURIComponent(page.at(-1) ?? "")}>; rel="next"`;
  return answer(
    200,
    { "content-type": "application/json", ...(page.length < rest.length && count > 0 ? { link: next } : {}) },
    Buffer.from(JSON.stringify(bodyOf(page))),
  );
}

function hasManifest(scope: Scope, digest: string): boolean {
  return manifestsOf(scope.account).has(`${keyOf(scope)}@${digest}`);
}

function findManifest(scope: Scope, reference: string) {
  const key = keyOf(scope);
  const digest = reference.includes(":")
    ? reference
    : (imageTagsOf(scope.account).get(`${key}:${reference}`)?.digest ?? "");
  const found = manifestsOf(scope.account).get(`${key}@${digest}`);
  if (!found) throw new RegistryError(404, "MANIFEST_UNKNOWN", `${nameOf(scope)} has no manifest ${reference}`);
  return { digest, mediaType: found.mediaType, bytes: decoded(found) };
}

interface Part {
  readonly digest: string;
  readonly isManifest: boolean;
}

/** What must be there before it: layers that are fetched elsewhere (`urls`) need not. */
function partsOf(bytes: Uint8Array): readonly Part[] {
  const invalid = (): RegistryError =>
    new RegistryError(400, "MANIFEST_INVALID", "expected an image manifest, or an index of such");
  let json: Readonly<Record<string, unknown>> | null;
  try {
    json = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    throw invalid();
  }
  if (typeof json !== "object" || json === null || json.schemaVersion !== 2) throw invalid();
  const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
    Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null) : [];
  const manifests = listOf(json.manifests).map(({ digest }) => ({ digest: String(digest), isManifest: true }));
  const blobs = listOf([json.config, ...listOf(json.layers)])
    .filter(({ urls }) => urls === undefined)
    .map(({ digest }) => ({ digest: String(digest), isManifest: false }));
  if (manifests.length + blobs.length === 0) throw invalid();
  return [...manifests, ...blobs];
}

function decoded(record: { readonly base64: string } | undefined): Buffer {
  return Buffer.from(record?.base64 ?? "", "base64");
}
