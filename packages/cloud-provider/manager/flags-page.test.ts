import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { it } from "node:test";
import { flagsPage } from "./flags-page.ts";

const PAGE = new URL("../../../docs/flags.md", import.meta.url);

it("docs/flags.md names every flag with its default (UPDATE_DOCS=1 writes it anew)", async () => {
  if (process.env.UPDATE_DOCS) await writeFile(PAGE, flagsPage());
  assert.equal(await readFile(PAGE, "utf8"), flagsPage());
});
