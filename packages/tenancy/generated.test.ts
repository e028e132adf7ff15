import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { generatedFiles } from "./generated.ts";

/** Biome lines the columns of a table up. */
const unaligned = (text: string) => text.replace(/ +/g, " ").replace(/-{3,}/g, "---");

describe("what is generated from the source of Tenant", () => {
  for (const [file, content] of Object.entries(generatedFiles())) {
    it(`is current: ${file}`, () => {
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
      assert.equal(unaligned(text), unaligned(content), "run node apps/tenant-operator/generate.ts");
    });
  }
});
