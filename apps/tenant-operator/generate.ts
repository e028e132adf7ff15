/** Writes what is made of the one source in packages/tenancy: deploy/crds and docs/reference/tenant-crd.md. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "@ccm/tenancy";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

for (const [file, content] of Object.entries(generatedFiles())) {
  mkdirSync(dirname(`${ROOT}${file}`), { recursive: true });
  writeFileSync(`${ROOT}${file}`, content);
}
execFileSync(`${ROOT}node_modules/.bin/biome`, ["format", "--write", "docs/reference/tenant-crd.md"], { cwd: ROOT });
