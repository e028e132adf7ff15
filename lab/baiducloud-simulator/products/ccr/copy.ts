import type { Account } from "../../account.ts";
import { putBlob, putManifest } from "./images.ts";
import { blobsOf, imageTagsOf, manifestsOf } from "./records.ts";

/** Copies an image with all that it is made of to another instance; the digest stays. */
export function copyImage(
  account: Account,
  instanceId: string,
  path: string,
  tag: string,
  to: { readonly destInstanceId: string; readonly destProjectName: string; readonly override: boolean },
): void {
  const from = `${instanceId}/${path}`;
  const { digest = "", author = "" } = imageTagsOf(account).get(`${from}:${tag}`) ?? {};
  const manifest = manifestsOf(account).get(`${from}@${digest}`);
  const where = {
    instanceId: to.destInstanceId,
    projectName: to.destProjectName,
    repositoryName: path.slice(path.indexOf("/") + 1),
  };
  const there = imageTagsOf(account).has(`${where.instanceId}/${where.projectName}/${where.repositoryName}:${tag}`);
  if (!manifest || (there && !to.override)) return;
  const bytes = Buffer.from(manifest.base64, "base64");
  for (const [blob] of bytes.toString("utf8").matchAll(/sha256:[0-9a-f]{64}/g)) {
    const found = blobsOf(account).get(`${instanceId}/${blob}`);
    if (found) putBlob(account, where.instanceId, Buffer.from(found.base64, "base64"));
  }
  putManifest(account, where, tag, bytes, manifest.mediaType, author);
}
