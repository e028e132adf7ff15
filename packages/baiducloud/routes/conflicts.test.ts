import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RouteRule } from "@ccm/bce";
import { conflictText, findConflicts } from "./conflicts.ts";

const rule = (routeRuleId: string, destinationAddress: string, more: Partial<RouteRule> = {}): RouteRule => ({
  routeRuleId,
  routeTableId: "rt-1",
  sourceAddress: "0.0.0.0/0",
  destinationAddress,
  nexthopId: "i-other",
  nexthopType: "custom",
  description: "",
  ...more,
});
const conflictsOf = (...foreign: readonly RouteRule[]) => {
  const rules = [rule("ours-1", "10.1.0.0/24"), rule("ours-2", "10.1.1.0/24"), ...foreign];
  return findConflicts([{ id: "rt-1", rules }], ({ routeRuleId }) => routeRuleId.startsWith("ours"));
};

describe("row 12: conflicts of routes", () => {
  it("are rules of others that overlap ours, each told once with all that it overlaps", () => {
    const found = conflictsOf(rule("theirs", "10.1.0.0/16", { description: "by hand" }), rule("far", "10.2.0.0/16"));
    assert.deepEqual(
      found.map(({ foreign, ours }) => [foreign.routeRuleId, ours.map((one) => one.routeRuleId)]),
      [["theirs", ["ours-1", "ours-2"]]],
    );
    const text = found[0] ? conflictText(found[0]) : "";
    assert.match(
      text,
      /rt-1: rule theirs to 10\.1\.0\.0\/16 .*"by hand".* overlaps ours-1 to 10\.1\.0\.0\/24 and 1 more/,
    );
  });

  it("are not the cloud's own rules, default routes, or rules that lead nowhere", () => {
    const none = [
      rule("vpc", "10.0.0.0/8", { nexthopType: "sys", nexthopId: "local" }),
      rule("default", "0.0.0.0/0"),
      rule("nowhere", "10.1.0.0/24", { nexthopId: "" }),
      rule("six", "fd00::/8", { sourceAddress: "::/0" }),
      rule("odd", "no CIDR"),
    ];
    for (const one of none) assert.deepEqual(conflictsOf(one), [], one.routeRuleId);
  });
});
