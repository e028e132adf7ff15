import assert from "node:assert/strict";
import { it } from "node:test";
import { VirtualClock } from "@ccm/base";
import fc from "fast-check";
import type { Exchange } from "../api/serve.ts";
import { createCallMatcher } from "./call-match.ts";
import { parseMatch } from "./rules.ts";

/** Whether a rule about this resource strikes a call with this parameter. */
function strikes(resource: string, value: string): boolean {
  const exchange = { params: { id: value }, request: { target: "/" }, input: { body: {} } };
  // A matcher of resources reads no more of a call than this.
  return createCallMatcher(parseMatch({ resource }), "r", new VirtualClock()).chooses(
    exchange as unknown as Exchange,
    0,
  );
}

it("a star stands for any characters, also none, and nothing else is special", () => {
  const cases: readonly (readonly [pattern: string, value: string, fits: boolean])[] = [
    ["web", "web", true],
    ["web", "web1", false],
    ["WEB*", "web", true],
    ["*b", "web", true],
    ["w*e*b", "web", true],
    ["w*e*b", "wb", false],
    ["we*eb", "web", false],
    ["*", "", true],
    ["**", "x", true],
    ["w.b", "web", false],
    ["*a*", "line\na\nline", true],
  ];
  for (const [pattern, value, fits] of cases) assert.equal(strikes(pattern, value), fits, `${pattern} ${value}`);
});

it("a star fits as it does in a regular expression", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
  fc.assert(
    fc.property(text, fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 6 }), (pattern, value) => {
      assert.equal(strikes(pattern, value), new RegExp(`^${pattern.replaceAll("*", ".*")}$`, "s").test(value));
    }),
  );
});

it("a pattern of many stars is through a long text at once", { timeout: 10_000 }, () => {
  assert.equal(strikes(`${"*a".repeat(1000)}*b`, "a".repeat(1_000_000)), false);
});
