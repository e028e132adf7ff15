import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gatesInForce, isGateEnabled, parseGates } from "./feature-gates.ts";
import { UsageError } from "./usage-error.ts";

describe("--feature-gates", () => {
  it("switches gates by name, and all of a stage that are not named", () => {
    const given = parseGates("AllAlpha=true, LoggingAlphaOptions=false,LoggingBetaOptions=F");
    const on = gatesInForce(given)
      .filter(({ enabled }) => enabled)
      .map(({ name }) => name);
    assert.ok(on.includes("CloudControllerManagerWebhook"));
    assert.ok(!on.includes("LoggingAlphaOptions") && !on.includes("LoggingBetaOptions"));
    assert.equal(isGateEnabled({}, "CloudControllerManagerWebhook"), false);
    assert.equal(isGateEnabled({ AllBeta: false }, "ContextualLogging"), false);
  });

  const wrong: readonly [value: string, says: RegExp][] = [
    ["NoSuchGate=true", /unrecognized feature gate: NoSuchGate/],
    ["ContextualLogging", /missing bool value for ContextualLogging/],
    ["ContextualLogging=maybe", /invalid value of ContextualLogging=maybe/],
  ];
  for (const [value, says] of wrong) {
    it(`"${value}" is refused`, () => {
      assert.throws(
        () => parseGates(value),
        (error) => error instanceof UsageError && says.test(error.message),
      );
    });
  }
});
