import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseFaultsFile } from "./faults-file.ts";
import { PRESETS } from "./presets.ts";

const RULE = "{match: {product: blb}, effect: {kind: latency, ms: 5}}";

describe("a file of faults", () => {
  it("is a list of rules, or names presets and rules", () => {
    const rule = { match: { product: "blb" }, effect: { kind: "latency", ms: 5 } };
    assert.deepEqual(parseFaultsFile(`- ${RULE}`), [rule]);
    const both = parseFaultsFile(`presets: [stuck-blb]\nrules: [${RULE}]`);
    assert.deepEqual(both, [...(PRESETS["stuck-blb"]?.rules ?? []), rule]);
  });

  for (const [text, expected] of [
    [`- ${RULE}\n- {effect: {kind: explode}}`, /^rule 2: effect\.kind: expected one of/],
    ["presets: [none]", /preset "none": expected one of throttled/],
    ["rule: []", /rule is unknown: expected presets, rules/],
    ["rules: 3", /rules: expected a list/],
    ["just text", /expected a list of rules/],
    ["a: [", /expected YAML/],
  ] as const) {
    it(`is refused in one line: ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseFaultsFile(text),
        (error) => error instanceof Error && expected.test(error.message) && !error.message.includes("\n"),
      );
    });
  }
});
