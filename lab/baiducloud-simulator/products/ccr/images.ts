import { createHash } from "node:crypto";
import type { Account } from "../../account.ts";
import {
  blobsOf,
  type ImageTag,
  imageTagsOf,
  keyOf,
  manifestsOf,
  projectsOf,
  type Repository,
  repositoriesOf,
} from "./records.ts";
import { fireTriggers } from "./trigger-jobs.ts";

export const MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG_TYPE = "application/vnd.docker.container.image.v1+json";
const LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip";
/** What two empty blocks of a tar file are when compressed: the layer of an image that has no files. */
const EMPTY_LAYER = Buffer.from("1f8b080000096e8800ff621805a360148c5800080000ffff2eafb5ef00040000", "hex");
const EMPTY_DIFF = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

export interface Where {
  /** "" is the personal edition. */
  readonly instanceId: string;
  readonly projectName: string;
  readonly repositoryName: string;
}

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** Keeps a blob and returns its digest. */
export function putBlob(account: Account, instanceId: string, bytes: Uint8Array): string {
  const digest = digestOf(bytes);
  blobsOf(account).set(`${instanceId}/${digest}`, { base64: Buffer.from(bytes).toString("base64") });
  return digest;
}

/** The repository, made on the first push. */
export function repositoryFor(account: Account, where: Where): Repository {
  const known = repositoriesOf(account).get(keyOf(where));
  if (known) return known;
  const time = account.time();
  const repositoryId = account.shared.next("ccrRepositoryIds");
  const repository = { ...where, repositoryId, description: "", pullCount: 0, creationTime: time, updateTime: time };
  repositoriesOf(account).set(keyOf(where), repository);
  return repository;
}

/** Keeps a manifest, and points a tag at it. Returns its digest. */
export function putManifest(
  account: Account,
  where: Where,
  reference: string,
  bytes: Uint8Array,
  mediaType: string,
  author: string,
): string {
  const digest = digestOf(bytes);
  const repository = repositoryFor(account, where);
  const time = account.time();
  manifestsOf(account).set(`${keyOf(where)}@${digest}`, { mediaType, base64: Buffer.from(bytes).toString("base64") });
  repositoriesOf(account).set(keyOf(where), { ...repository, updateTime: time });
  if (reference.startsWith("sha256:")) return digest;
  const tag: ImageTag = {
    ...where,
    tagName: reference,
    digest,
    author,
    pushTime: time,
    pullTime: "",
    scanStatus: "",
    scanStart: "",
    scanEnd: "",
  };
  imageTagsOf(account).set(`${keyOf(where)}:${reference}`, tag);
  if (projectsOf(account).get(`${where.instanceId}/${where.projectName}`)?.autoScan === "true") startScan(account, tag);
  fireTriggers(account, where.instanceId, "PUSH_ARTIFACT", `${where.projectName}/${where.repositoryName}`, reference);
  return digest;
}

/** An image of linux/amd64 without files, as if somebody had pushed it. */
export function addImage(account: Account, where: Where, tag: string, author = "lab"): string {
  const layer = putBlob(account, where.instanceId, EMPTY_LAYER);
  const config = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      author,
      created: account.time(),
      config: { Labels: { name: `${where.repositoryName}:${tag}` } },
      rootfs: { type: "layers", diff_ids: [EMPTY_DIFF] },
      history: [{ created: account.time(), created_by: "FROM scratch", comment: "" }],
    }),
  );
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: CONFIG_TYPE, size: config.length, digest: putBlob(account, where.instanceId, config) },
    layers: [{ mediaType: LAYER_TYPE, size: EMPTY_LAYER.length, digest: layer }],
  };
  return putManifest(account, where, tag, Buffer.from(JSON.stringify(manifest)), MANIFEST_TYPE, author);
}

export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly author: string;
  readonly history: readonly Readonly<Record<string, unknown>>[];
  /** In bytes, with all layers. */
  readonly size: number;
}

/** What the image says about itself; of an index, and of what is no image, next to nothing. */
export function configOf(account: Account, { digest, ...where }: Where & { readonly digest: string }): ImageConfig {
  const manifest = json(manifestsOf(account).get(`${keyOf(where)}@${digest}`)?.base64);
  const about = (manifest.config ?? {}) as { digest?: string; size?: number };
  const config = json(blobsOf(account).get(`${where.instanceId}/${about.digest}`)?.base64);
  const layers = (Array.isArray(manifest.layers) ? manifest.layers : []) as readonly { size?: number }[];
  const text = (name: string) => (typeof config[name] === "string" ? (config[name] as string) : "");
  return {
    architecture: text("architecture"),
    os: text("os"),
    author: text("author"),
    history: Array.isArray(config.history) ? config.history : [],
    size: layers.reduce((sum, layer) => sum + (layer.size ?? 0), about.size ?? 0),
  };
}

function json(base64: string | undefined): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(Buffer.from(base64 ?? "", "base64").toString("utf8"));
  } catch {
    return {};
  }
}

export function startScan(account: Account, tag: ImageTag): void {
  const key = `${keyOf(tag)}:${tag.tagName}`;
  imageTagsOf(account).patch(key, { scanStatus: "Running", scanStart: account.time(), scanEnd: "" });
  account.shared.schedule("ccr.scanned", key, account.timings.ccrJob);
}
