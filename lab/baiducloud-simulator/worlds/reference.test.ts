import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { NOTES } from "./field-notes.ts";
import { fieldLists, type Language, worldJsonSchema } from "./reference.ts";
import { KINDS } from "./schema.ts";

const FOLDER = new URL("../../../docs/simulator/", import.meta.url);
const SECTION = /(<!-- fields: UPDATE_DOCS=1 writes them anew -->\n\n)[\s\S]*?(<!-- end of fields -->)/;

describe("docs/simulator/worlds", () => {
  for (const [page, language] of [
    ["worlds.md", "en"],
    ["worlds.zh.md", "zh"],
  ] as const satisfies readonly (readonly [string, Language])[]) {
    it(`${page} has every field of the schema (UPDATE_DOCS=1 writes them anew)`, async () => {
      const file = new URL(page, FOLDER);
      const text = await readFile(file, "utf8");
      const wanted = text.replace(
        SECTION,
        (_, begin: string, end: string) => `${begin}${fieldLists(language)}\n${end}`,
      );
      if (process.env.UPDATE_DOCS) await writeFile(file, wanted);
      assert.match(text, SECTION);
      assert.equal(await readFile(file, "utf8"), wanted);
    });
  }

  it("worlds.schema.json is the schema (UPDATE_DOCS=1 writes it anew, for the formatter)", async () => {
    const file = new URL("worlds.schema.json", FOLDER);
    if (process.env.UPDATE_DOCS) await writeFile(file, `${JSON.stringify(worldJsonSchema(), null, 2)}\n`);
    assert.deepEqual(JSON.parse(await readFile(file, "utf8")), worldJsonSchema());
  });

  it("explains each field, and none that is not there", () => {
    for (const [kind, { shape }] of Object.entries(KINDS)) {
      const fields = shape.kind === "object" ? Object.keys(shape.fields) : [];
      const explained = Object.keys(NOTES[kind] ?? {});
      // The other fields of a listener are explained with the calls that make it.
      const own = kind === "listeners" ? explained.filter((name) => fields.includes(name)) : fields;
      assert.deepEqual(explained.toSorted(), own.toSorted(), kind);
    }
    assert.deepEqual(Object.keys(NOTES), Object.keys(KINDS));
  });
});
