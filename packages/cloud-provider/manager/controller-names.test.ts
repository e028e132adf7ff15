import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CONTROLLER_NAMES, isControllerEnabled, unknownControllers } from "./controller-names.ts";

const enabled = (...list: readonly string[]): string[] =>
  CONTROLLER_NAMES.filter(({ canonical }) => isControllerEnabled(canonical, list)).map(({ alias }) => alias);

describe("--controllers", () => {
  it("takes all, some, or all but some, by canonical name or alias", () => {
    assert.deepEqual(enabled("*"), ["cloud-node", "cloud-node-lifecycle", "route", "service"]);
    assert.deepEqual(enabled("*", "-route"), ["cloud-node", "cloud-node-lifecycle", "route", "service"]);
    assert.deepEqual(enabled("-route", "*"), ["cloud-node", "cloud-node-lifecycle", "service"]);
    assert.deepEqual(enabled("service", "cloud-node-controller"), ["cloud-node", "service"]);
    assert.deepEqual(enabled(), []);
  });

  it("is decided by the first entry that matches", () => {
    assert.deepEqual(enabled("service-lb-controller", "-service"), ["service"]);
    assert.deepEqual(enabled("-service", "service-lb-controller"), []);
  });

  it("names what it does not know as it was given", () => {
    assert.deepEqual(unknownControllers(["*", "-route", "grey", "-pink"]), ["grey", "-pink"]);
  });

  it("has names in upstream's form", () => {
    for (const { canonical } of CONTROLLER_NAMES) assert.match(canonical, /^[a-z]([-a-z]*[a-z])?-controller$/);
  });
});
