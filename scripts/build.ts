/** Bundles each command of apps/ into one file under dist/ (or the folder given) that runs on Node.js 24 without node_modules. */
import { chmodSync, cpSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const [folder = `${ROOT}dist`] = process.argv.slice(2);
/** Bundled CommonJS packages look for it. The first line, `#!`, comes from the main file. */
const BANNER = `import { createRequire as __createRequire } from "node:module";
const require = __createRequire(import.meta.url);`;

for (const app of readdirSync(`${ROOT}apps`)) {
  const outfile = `${folder}/${app}.mjs`;
  await build({
    entryPoints: [`${ROOT}apps/${app}/main.ts`],
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    banner: { js: BANNER },
    legalComments: "none",
    logLevel: "warning",
  });
  chmodSync(outfile, 0o755);
  process.stdout.write(`${app}.mjs  ${(statSync(outfile).size / 1e6).toFixed(2)} MB\n`);
}
// cloudlab builds a control plane from them.
cpSync(`${ROOT}lab/control-plane/go`, `${folder}/control-plane-go`, { recursive: true });
