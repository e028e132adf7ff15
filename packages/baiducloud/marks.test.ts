import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isMadeFor, isValidName, serviceResourceName, serviceTags, serviceTagValue } from "./marks.ts";
import { instanceIdOf, providerIdOf } from "./provider-id.ts";

const uidArb = fc.uuid();
const clusterArb = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);
const nameArb = fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/);

describe("the marks on what we make", () => {
  it("fit the limits of the tag service, for any cluster and Service", () => {
    fc.assert(
      fc.property(clusterArb, uidArb, (cluster, uid) => {
        for (const { tagKey, tagValue } of serviceTags(cluster, uid)) {
          assert.ok(tagKey.length <= 65 && tagValue.length <= 65, tagValue);
          assert.match(tagValue, /^[A-Za-z0-9\-_ /.]+$/);
        }
      }),
    );
  });

  it("tell Services and clusters apart, also when they had to be cut", () => {
    fc.assert(
      fc.property(clusterArb, clusterArb, uidArb, uidArb, (a, b, x, y) => {
        const same = a === b && x === y;
        assert.equal(serviceTagValue(a, x) === serviceTagValue(b, y), same);
        assert.equal(isMadeFor({ tags: serviceTags(a, x) }, b, y), same);
      }),
    );
  });

  it("are never seen on what has no tags", () => {
    for (const tags of [undefined, null, []])
      assert.equal(isMadeFor({ ...(tags === undefined ? {} : { tags }) }, "c", "u"), false);
  });

  it("give names that the cloud accepts", () => {
    fc.assert(
      fc.property(clusterArb, nameArb, nameArb, (cluster, namespace, name) => {
        assert.ok(isValidName(serviceResourceName(cluster, namespace, name)));
      }),
    );
  });
});

describe("provider IDs", () => {
  const cases: readonly (readonly [string | undefined, string | undefined])[] = [
    ["cce://i-abc", "i-abc"],
    ["i-abc", "i-abc"],
    ["aws:///eu-1a/i-abc", undefined],
    ["kwok://node", undefined],
    ["cce://", undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [id, instance] of cases) {
    it(`${id} is ${instance ?? "no instance of ours"}`, () => assert.equal(instanceIdOf(id), instance));
  }
  it("survive a round trip", () => assert.equal(instanceIdOf(providerIdOf("i-1")), "i-1"));
});
