import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseIni } from "./ini.ts";

const plain = (text: string) => {
  const sections = [...parseIni(text, "file")].map(([name, values]) => [name, Object.fromEntries(values)] as const);
  return Object.fromEntries(sections.filter(([name, values]) => name !== "" || Object.keys(values).length > 0));
};

describe("an INI file", () => {
  it("has sections with keys in any case, both separators, comments, and values that go on in indented lines", () => {
    const text = [
      "# keys",
      "[default]",
      "bce_access_key_id = AK=1",
      "BCE_Secret_Access_Key: s#k",
      "; more",
      "[ work ] # mine",
      "note = first",
      "  second",
      "empty =",
    ];
    assert.deepEqual(plain(text.join("\r\n")), {
      default: { bce_access_key_id: "AK=1", bce_secret_access_key: "s#k" },
      work: { note: "first\nsecond", empty: "" },
    });
  });

  it("is refused with the line, and without what is in it", () => {
    assert.throws(() => parseIni("[a]\nsecret-without-a-name\n", "keys"), {
      message: "keys: line 2: expected [section] or key = value",
    });
    assert.throws(() => parseIni("[a\n", "keys"), /^Error: keys: line 1: expected \[section\] or key = value$/);
  });

  it("is read or refused in one line, whatever it holds, and no message shows a value", () => {
    const line = fc.oneof(fc.string(), fc.constantFrom("[s]", "[", "k = HUSH", "HUSH", " HUSH", "=HUSH", "\t: HUSH"));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        try {
          parseIni(lines.join("\n"), "f");
        } catch (error) {
          assert.match((error as Error).message, /^f: line \d+: expected [^\n]+$/);
          assert.ok(!(error as Error).message.includes("HUSH"));
        }
      }),
    );
  });

  it("gives back what was written into it", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,10}$/);
    const value = fc.stringMatching(/^[!-~]{0,20}$/);
    const section = fc.dictionary(name, value, { maxKeys: 5 });
    fc.assert(
      fc.property(fc.dictionary(name, section, { maxKeys: 5 }), (sections) => {
        const lines = Object.entries(sections).flatMap(([section, values]) => [
          `[${section}]`,
          ...Object.entries(values).map(([key, text]) => `${key} = ${text}`),
        ]);
        const read = Object.fromEntries(
          [...parseIni(lines.join("\n"), "f")]
            .filter(([section]) => section !== "")
            .map(([section, values]) => [section, Object.fromEntries(values)]),
        );
        assert.deepEqual(read, Object.fromEntries(Object.entries(sections).map(([s, v]) => [s, { ...v }])));
      }),
    );
  });
});
