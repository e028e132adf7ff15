/** Writes docs/annotations.md, docs/annotations.zh.md and docs/annotations.schema.json from the table of annotations. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { annotationPage, annotationSchema } from "@ccm/baiducloud";

const DOCS = fileURLToPath(new URL("../docs/", import.meta.url));

writeFileSync(`${DOCS}annotations.md`, annotationPage("en"));
writeFileSync(`${DOCS}annotations.zh.md`, annotationPage("zh"));
writeFileSync(`${DOCS}annotations.schema.json`, annotationSchema());
