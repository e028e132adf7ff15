/** Bundles each command of apps/ into one file under dist/ (or the folder given) that runs on Node.js 24 without node_modules. */
import { chmodSync, cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundleConsole } from "../lab/baiducloud-simulator/node/console-bundle.ts";
import { bundle } from "./bundle.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const [folder = `${ROOT}dist`] = process.argv.slice(2);

for (const app of readdirSync(`${ROOT}apps`)) {
  const outfile = `${folder}/${app}.mjs`;
  await bundle(`${ROOT}apps/${app}/main.ts`, outfile);
  chmodSync(outfile, 0o755);
  process.stdout.write(`${app}.mjs  ${(statSync(outfile).size / 1e6).toFixed(2)} MB\n`);
}
// cloudlab builds a control plane from them.
cpSync(`${ROOT}lab/control-plane/go`, `${folder}/control-plane-go`, { recursive: true });
// The threads of `cloudlab world`.
await bundle(`${ROOT}lab/world/node/worker.ts`, `${folder}/world-worker.mjs`);
// The simulator's page, which cloudlab serves.
mkdirSync(`${folder}/console`, { recursive: true });
for (const [name, content] of await bundleConsole()) writeFileSync(`${folder}/console/${name}`, content);
