import { build } from "esbuild";

/** Bundled CommonJS packages look for it. The first line, `#!`, comes from the main file. */
const BANNER = `import { createRequire as __createRequire } from "node:module";
const require = __createRequire(import.meta.url);`;

/** Puts a main file and all that it imports into one file that runs on Node.js 24 without node_modules. */
export async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    banner: { js: BANNER },
    legalComments: "none",
    logLevel: "warning",
  });
}
