/** A stand-in for the place that envtest's programs are downloaded from, on a server of our own. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { textResponse } from "@ccm/base";
import { listen } from "@ccm/base/node";
import { stringify } from "yaml";
import type { Platform } from "../../envtest-index.ts";
import type { Progress } from "../progress.ts";

export interface SiteOptions {
  readonly version: string;
  readonly platform: Platform;
  /** What the index says; default: the archive's own. */
  readonly hash?: string;
  /** What the index is answered with; default 200. */
  readonly status?: number;
}

/** Serves an index and its archive, whose address answers with a redirect, as GitHub's do. Resolves to the index's URL. */
export async function serveEnvtest(t: TestContext, { version, platform, hash, status }: SiteOptions): Promise<string> {
  const root = temporaryFolder(t);
  const from = join(root, "controller-tools", "envtest");
  mkdirSync(from, { recursive: true });
  for (const name of ["etcd", "kube-apiserver", "kubectl"]) writeFileSync(join(from, name), `I am ${name}`);
  const archive = execFileSync("tar", ["-C", root, "-czf", "-", "controller-tools"]);
  const server = await listen({
    host: "127.0.0.1",
    port: 0,
    async handler({ target }) {
      if (target === "/index.yaml") {
        if (status) return textResponse(status, "no");
        const entry = {
          hash: hash ?? createHash("sha512").update(archive).digest("hex"),
          selfLink: `http://127.0.0.1:${server.port}/releases/a`,
        };
        const name = `envtest-v${version}-${platform.os}-${platform.arch}.tar.gz`;
        return textResponse(200, stringify({ releases: { [`v${version}`]: { [name]: entry } } }));
      }
      if (target === "/releases/a") return { status: 302, headers: { location: "/real" }, body: one(Buffer.alloc(0)) };
      return { status: 200, headers: { "content-length": String(archive.length) }, body: one(archive) };
    },
  });
  t.after(() => server.close());
  return `http://127.0.0.1:${server.port}/index.yaml`;
}

/** Remembers what it is told. */
export function listeningProgress(): { readonly said: string[]; readonly progress: Progress } {
  const said: string[] = [];
  const progress: Progress = {
    line: (text) => void said.push(text),
    update: (text, fraction) => void said.push(`${text} ${fraction}`),
  };
  return { said, progress };
}

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "control-plane-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function* one(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}
