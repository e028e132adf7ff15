import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Versions, versionsOf } from "../versions.ts";
import { hostPlatform } from "./store.ts";

const SOURCES = ["go.mod", "go.sum", "main.go"];

export interface GoProgram {
  /** Of its sources. */
  readonly folder: string;
  readonly versions: Versions;
  /** Changes with any source. */
  readonly hash: string;
}

/** The sources beside this file, or beside a bundle. Throws when they are not there. */
export function readGoProgram(): GoProgram {
  const candidates = ["../go/", "./control-plane-go/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const folder = candidates.find((candidate) => existsSync(join(candidate, "go.mod")));
  if (!folder)
    throw new Error(`the control plane's Go sources are missing: expected them in ${candidates.join(" or ")}`);
  const hash = createHash("sha256");
  for (const name of SOURCES) hash.update(readFileSync(join(folder, name))).update("\0");
  return {
    folder,
    versions: versionsOf(readFileSync(join(folder, "go.mod"), "utf8")),
    hash: hash.digest("hex").slice(0, 12),
  };
}

/** The store's name for what it builds: other sources, version or machine, another name. */
export function buildName({ versions, hash }: GoProgram): string {
  const { os, arch } = hostPlatform();
  return `built-${versions.kubernetes}-${os}-${arch}-${hash}`;
}
