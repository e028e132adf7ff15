/** Upstream's cases of taint helpers (HT). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Taint } from "@ccm/kube";
import fc from "fast-check";
import { hasTaint, withoutTaint, withTaint } from "./taints.ts";

/** "key=value:Effect", or "key:Effect". */
function taint(text: string): Taint {
  const [, key = "", value, effect = ""] = /^([^=:]+)(?:=([^:]*))?:(.+)$/.exec(text) ?? [];
  return { key, effect, ...(value === undefined ? {} : { value }) };
}
const list = (texts: string): readonly Taint[] => (texts === "" ? [] : texts.split(" ").map(taint));
const T = "foo_1=bar_1:NoExecute foo_2=bar_2:NoSchedule";

describe("whether a taint is there", () => {
  const cases: Readonly<Record<string, readonly [searched: string, found: boolean]>> = {
    "HT-299: the same key and effect": ["foo_1=bar_1:NoExecute", true],
    "HT-300: another key": ["no_such_key=bar_1:NoExecute", false],
    "HT-301: the same key with another effect": ["foo_1=bar_1:NoSchedule", false],
  };
  for (const [name, [searched, found]] of Object.entries(cases)) {
    it(name, () => assert.equal(hasTaint(list(T), taint(searched)), found));
  }
});

describe("taking a taint away", () => {
  const cases: Readonly<Record<string, readonly [from: string, what: string, left: string]>> = {
    "HT-302: another key than any changes nothing": ["foo:NoSchedule", "foo_1:NoSchedule", "foo:NoSchedule"],
    "HT-303: the only one leaves none": ["foo:NoSchedule", "foo:NoSchedule", ""],
    "HT-304: from none leaves none": ["", "foo:NoSchedule", ""],
    "HT-305: another key leaves the list as it is": [T, "foo_3:NoSchedule", T],
    "HT-306: another effect leaves the list as it is": ["foo:NoSchedule", "foo:NoExecute", "foo:NoSchedule"],
    "HT-307: an exact match is taken": ["foo=bar:NoSchedule", "foo=bar:NoSchedule", ""],
    "HT-308: an empty list stays empty": ["", "foo:NoExecute", ""],
  };
  for (const [name, [from, what, left]] of Object.entries(cases)) {
    it(name, () => {
      const after = withoutTaint(list(from), taint(what));
      assert.deepEqual(after, list(left));
      assert.equal(after.length < list(from).length, left !== from, "removed or not");
    });
  }
});

describe("adding a taint", () => {
  it("takes the place of one with another value, and is the same when done twice", () => {
    assert.deepEqual(
      withTaint(list(T), taint("foo_1=new:NoExecute")),
      list("foo_1=new:NoExecute foo_2=bar_2:NoSchedule"),
    );
    const any = fc.record({ key: fc.constantFrom("a", "b"), effect: fc.constantFrom("NoSchedule", "NoExecute") });
    fc.assert(
      fc.property(fc.array(any), any, (taints, one) => {
        const once = withTaint(taints, one);
        assert.ok(hasTaint(once, one));
        assert.deepEqual(withTaint(once, one), once);
        assert.ok(!hasTaint(withoutTaint(once, one), one));
      }),
    );
  });
});
