import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { chooseBackends } from "./load-balancers/desired.ts";
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

describe("the choice of backends", () => {
  const node = (index: number) => ({
    metadata: { name: `n${index}`, labels: { "topology.kubernetes.io/zone": `z${index % 3}` } },
    spec: { providerID: `cce://i-${index}` },
  });

  it("is the same for the same nodes in any order, spread over the zones", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(),
        (count, limit, rotate) => {
          const nodes = Array.from({ length: count }, (_, i) => node(i));
          const turned = [...nodes.slice(rotate % (count || 1)), ...nodes.slice(0, rotate % (count || 1))];
          const chosen = chooseBackends(nodes, limit);
          assert.deepEqual(chooseBackends(turned, limit), chosen);
          assert.equal(chosen.length, Math.min(count, limit));
          const perZone = [0, 1, 2].map((zone) => chosen.filter((id) => Number(id.slice(2)) % 3 === zone).length);
          if (count >= limit + 6) assert.ok(Math.max(...perZone) - Math.min(...perZone) <= 1, perZone.join());
        },
      ),
    );
  });

  it("moves at most one backend when a node comes", () => {
    const nodes = Array.from({ length: 30 }, (_, i) => node(i));
    const before = new Set(chooseBackends(nodes, 10));
    const now = chooseBackends([...nodes, node(30)], 10);
    assert.ok(now.filter((id) => !before.has(id)).length <= 1);
  });
});
