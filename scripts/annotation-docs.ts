/** Writes docs/annotations.md, docs/annotations.zh.md and docs/annotations.schema.json from the table of annotations. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { annotationPage, annotationSchema } from "@ccm/baiducloud";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FILES = {
  "docs/annotations.md": annotationPage("en"),
  "docs/annotations.zh.md": annotationPage("zh"),
  "docs/annotations.schema.json": annotationSchema(),
};

for (const [file, content] of Object.entries(FILES)) writeFileSync(`${ROOT}${file}`, content);
execFileSync(`${ROOT}node_modules/.bin/biome`, ["format", "--write", ...Object.keys(FILES)], { cwd: ROOT });
