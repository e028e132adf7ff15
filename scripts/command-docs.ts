/** Writes docs/reference from the programs' own help. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { createProgram as cloudlab } from "../apps/cloudlab/program.ts";
import { createProgram as credentialProvider } from "../apps/credential-provider/program.ts";
import { createProgram as kubectl } from "../apps/kubectl-baiducloud/program.ts";
import { createProgram as tenantOperator } from "../apps/tenant-operator/program.ts";
import { commandPage } from "./command-pages.ts";

const FOLDER = new URL("../docs/reference/", import.meta.url);

/** The pages by their files in docs/reference. */
export function referencePages(): ReadonlyMap<string, string> {
  const nothing = () => {};
  // Help asks nothing of the machine but where it is written.
  const io = { out: nothing, err: nothing } as unknown as Parameters<typeof kubectl>[0] &
    Parameters<typeof credentialProvider>[0];
  const programs: readonly Command[] = [
    kubectl(io, nothing),
    credentialProvider(io),
    tenantOperator(async () => {}),
    cloudlab(nothing),
  ];
  return new Map(programs.map((program) => [`${program.name()}.md`, commandPage(program)]));
}

if (import.meta.main) {
  for (const [file, page] of referencePages()) writeFileSync(fileURLToPath(new URL(file, FOLDER)), page);
}
