import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { describe, it } from "node:test";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

/** The fenced blocks of TypeScript in a page, with the file that the comment above each names. */
function quotesOf(page: string): readonly { readonly file: string; readonly code: string }[] {
  const pattern = /(?:<!-- (\S+) -->\n\n)?```ts\n([\s\S]*?)```/g;
  return [...page.matchAll(pattern)].map(([, file = "", code = ""]) => ({ file, code }));
}

describe("the guide to writing a provider", () => {
  const guides = ["docs/write-a-provider.md", "docs/write-a-provider.zh.md"];
  for (const guide of guides) {
    it(`${guide} quotes the example word for word`, () => {
      const quotes = quotesOf(read(guide));
      assert.ok(quotes.length >= 8, `${quotes.length} quotes`);
      for (const { file, code } of quotes) {
        assert.match(file, /^examples\/shelf-cloud\//, `a block does not say where it is from:\n${code}`);
        assert.ok(read(file).includes(code), `${file} does not have:\n${code}`);
      }
      assert.equal(quotes.find(({ file }) => file.endsWith("/main.ts"))?.code, read("examples/shelf-cloud/main.ts"));
    });
  }

  it("says the same code in both languages", () => {
    const [english, chinese] = guides.map((guide) => quotesOf(read(guide)));
    assert.deepEqual(chinese, english);
  });

  it("is right that provider and program have less than 150 lines", () => {
    const lines = ["provider.ts", "main.ts"].map((file) => read(`examples/shelf-cloud/${file}`).split("\n").length - 1);
    assert.ok(lines.reduce((sum, count) => sum + count, 0) < 150, `${lines.join(" + ")} lines`);
  });

  it("links to nothing that is not there", () => {
    for (const guide of guides) {
      for (const [, link = ""] of read(guide).matchAll(/\]\(([^)#]+)\)/g)) {
        if (link.startsWith("http")) continue;
        assert.doesNotThrow(() => statSync(new URL(link, new URL(guide, ROOT))), `${guide}: ${link}`);
      }
    }
  });
});
