import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const SOURCE = new URL("../console/browser/", import.meta.url);

/** The files of the page by name. What is written in TypeScript is bundled, libraries included: one file, nothing from elsewhere. */
export async function bundleConsole(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("main.tsx", SOURCE))],
    bundle: true,
    minify: true,
    write: false,
    platform: "browser",
    format: "esm",
    target: "es2024",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "silent",
  });
  const files = new Map<string, Uint8Array>();
  for (const { contents } of outputFiles) files.set("main.js", contents);
  for (const name of ["index.html", "style.css", "icon.svg"]) files.set(name, await readFile(new URL(name, SOURCE)));
  return files;
}
