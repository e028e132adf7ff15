import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CONTROLLER_NAMES, canonicalNames, isEnabled, unknownNames } from "./controller-names.ts";

const enabled = (...list: readonly string[]): string[] => {
  const entries = canonicalNames(list, CONTROLLER_NAMES);
  return CONTROLLER_NAMES.filter(({ canonical }) => isEnabled(canonical, entries)).map(({ aliases }) => aliases[0]);
};

describe("--controllers", () => {
  it("takes all, some, or all but some, by canonical name or alias", () => {
    assert.deepEqual(enabled("*"), ["cloud-node", "cloud-node-lifecycle", "route", "service"]);
    assert.deepEqual(enabled("*", "-route"), ["cloud-node", "cloud-node-lifecycle", "service"]);
    assert.deepEqual(enabled("-route", "*"), ["cloud-node", "cloud-node-lifecycle", "service"]);
    assert.deepEqual(enabled("service", "cloud-node-controller"), ["cloud-node", "service"]);
    assert.deepEqual(enabled(), []);
  });

  it("is decided by the first entry that names the controller", () => {
    assert.deepEqual(enabled("service-lb-controller", "-service"), ["service"]);
    assert.deepEqual(enabled("-service", "service-lb-controller"), []);
  });

  it("names what it does not know as it was given", () => {
    assert.deepEqual(unknownNames(["*", "-route", "grey", "-pink"], CONTROLLER_NAMES), ["grey", "-pink"]);
  });
});
