import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type HttpResponse, withTimeout } from "@ccm/base";
import { openTransport, systemClock } from "@ccm/base/node";
import { chooseArchive, type EnvtestArchive, type Platform } from "../envtest-index.ts";
import type { Progress } from "./progress.ts";
import { extractFiles } from "./tar.ts";

/** Where envtest's maintainers publish what they have. */
export const DEFAULT_INDEX_URL =
  "https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml";

const INDEX_TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 5;

export interface DownloadOptions {
  readonly indexUrl: string;
  /** "1.37" */
  readonly series: string;
  readonly platform: Platform;
  /** Gets `<version>-<os>-<arch>/`. */
  readonly folder: string;
  readonly progress: Progress;
}

/**
 * Downloads the newest release of a series by an envtest index, checks it and unpacks it. Returns the folder with the
 * programs. Rejects with one line; nothing is left behind then.
 */
export async function downloadEnvtest(options: DownloadOptions): Promise<string> {
  const { indexUrl, series, platform, folder, progress } = options;
  const transport = openTransport({});
  const get = (url: string, signal?: AbortSignal) => follow(transport.send, url, signal);
  try {
    const index = await withTimeout(systemClock, INDEX_TIMEOUT_MS, indexUrl, undefined, async (signal) =>
      textOf(await get(indexUrl, signal)),
    );
    const archive = chooseArchive(index, series, platform);
    if (!archive) throw new Error(`the index has no release of ${series} for ${platform.os}-${platform.arch}`);
    const target = join(folder, `${archive.version}-${platform.os}-${platform.arch}`);
    if (existsSync(target)) return target;
    const partial = `${target}.${process.pid}.partial`;
    mkdirSync(partial, { recursive: true });
    try {
      const file = join(partial, "archive.tar.gz");
      await save(await get(archive.url), archive, file, progress);
      await extractFiles(createReadStream(file).pipe(createGunzip()), partial);
      rmSync(file);
      if (!existsSync(target)) renameSync(partial, target);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
    progress.line(`downloaded Kubernetes ${archive.version} for tests: ${target}`);
    return target;
  } finally {
    await transport.close();
  }
}

async function follow(
  send: ReturnType<typeof openTransport>["send"],
  url: string,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  let at = url;
  for (let i = 0; i <= MAX_REDIRECTS; i++) {
    const answer = await send({ method: "GET", url: at, headers: {} }, signal ? { signal } : {});
    if (answer.status === 200) return answer;
    // Read to its end, so that the connection is free.
    await textOf(answer);
    const { location } = answer.headers;
    if (answer.status < 300 || answer.status > 399 || !location) throw new Error(`${at}: HTTP ${answer.status}`);
    at = new URL(location, at).href;
  }
  throw new Error(`${url}: more than ${MAX_REDIRECTS} redirects`);
}

async function save(
  answer: HttpResponse,
  { version, url, sha512 }: EnvtestArchive,
  file: string,
  progress: Progress,
): Promise<void> {
  const size = Number(answer.headers["content-length"]) || 0;
  const hash = createHash("sha512");
  let received = 0;
  await pipeline(
    answer.body,
    async function* (chunks) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        received += chunk.length;
        if (size > 0) progress.update(`downloading Kubernetes ${version} for tests`, received / size);
        yield chunk;
      }
    },
    createWriteStream(file),
  );
  const found = hash.digest("hex");
  if (found === sha512) return;
  throw new Error(`${url}: SHA-512 is ${found.slice(0, 16)}…, the index says ${sha512.slice(0, 16)}…`);
}

async function textOf(answer: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
