import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { InstanceMetadata } from "../contract.ts";
import { newNode } from "../testing/harness.ts";
import { ANNOTATION_OWNED_LABELS } from "../well-known.ts";
import { labelChange, labelsAtStart, type OwnedLabels, ownedLabels, recordOf } from "./owned-labels.ts";

type Has = Readonly<Record<string, string>>;

const metadata = (additionalLabels: Has, more: Partial<InstanceMetadata> = {}): InstanceMetadata => ({
  providerId: "fake://a",
  instanceType: "",
  addresses: [],
  zone: "",
  region: "",
  shutdown: false,
  additionalLabels,
  ...more,
});
const nodeWith = (labels: Has, owned?: OwnedLabels) =>
  newNode("a", { labels, ...(owned ? { annotations: { [ANNOTATION_OWNED_LABELS]: recordOf(owned) } } : {}) });
/** The labels afterwards. */
const apply = (labels: Has, change: ReturnType<typeof labelChange>): Has => {
  const after: Record<string, string | null> = { ...labels, ...change?.labels };
  return Object.fromEntries(Object.entries(after).filter((entry): entry is [string, string] => entry[1] !== null));
};

describe("labels of the provider, later on", () => {
  const cases: Readonly<
    Record<string, readonly [has: Has, owned: OwnedLabels | undefined, cloud: Has, after: Has, record: OwnedLabels]>
  > = {
    "follow the cloud": [{ c: "1" }, { c: "1" }, { c: "2" }, { c: "2" }, { c: "2" }],
    "are added when they are new": [{}, {}, { c: "1" }, { c: "1" }, { c: "1" }],
    "are added to a node that another program initialised": [
      { u: "x" },
      undefined,
      { c: "1" },
      { u: "x", c: "1" },
      { c: "1" },
    ],
    "are taken over where they are right already": [{ c: "1" }, undefined, { c: "1" }, { c: "1" }, { c: "1" }],
    "go when the provider does not give them any more": [{ c: "1", u: "x" }, { c: "1" }, {}, { u: "x" }, {}],
    "stay as a user has them": [{ c: "mine" }, { c: "1" }, { c: "2" }, { c: "mine" }, { c: null }],
    "stay away when a user has removed them": [{}, { c: "1" }, { c: "1" }, {}, { c: null }],
    "stay the user's, whatever the cloud says": [{ c: "mine" }, { c: null }, { c: "3" }, { c: "mine" }, { c: null }],
    "are ours again when the user gives them the cloud's value": [
      { c: "3" },
      { c: null },
      { c: "3" },
      { c: "3" },
      { c: "3" },
    ],
    "that a user has changed stay when the provider does not give them any more": [
      { c: "mine" },
      { c: "1" },
      {},
      { c: "mine" },
      {},
    ],
    "that a user had before us are never ours": [{ c: "mine" }, undefined, { c: "1" }, { c: "mine" }, {}],
    "never take names of Kubernetes": [{}, {}, { "x.k8s.io/c": "1" }, {}, {}],
  };
  for (const [name, [has, owned, cloud, after, record]] of Object.entries(cases)) {
    it(name, () => {
      const change = labelChange(nodeWith(has, owned), metadata(cloud));
      assert.deepEqual(apply(has, change), after);
      assert.deepEqual(change?.owned ?? owned ?? {}, record);
    });
  }

  it("tell a resized machine's type under both names, and keep zone and region that the cloud does not know any more", () => {
    const before = metadata({}, { instanceType: "small", zone: "z", region: "r" });
    const { labels, owned } = labelsAtStart(newNode("a"), before);
    const change = labelChange(nodeWith(labels, owned), metadata({}, { instanceType: "large" }));
    assert.deepEqual(change?.labels, {
      "beta.kubernetes.io/instance-type": "large",
      "node.kubernetes.io/instance-type": "large",
    });
    assert.equal(change?.owned["topology.kubernetes.io/zone"], "z");
  });

  it("need nothing right after initialisation, nor once a change is done, and never undo what a user does", () => {
    const labels = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom("1", "2"));
    fc.assert(
      fc.property(labels, labels, labels, labels, (has, first, second, edits) => {
        const start = labelsAtStart(nodeWith(has), metadata(first));
        let current = { ...has, ...start.labels };
        assert.equal(labelChange(nodeWith(current, start.owned), metadata(first)), undefined);
        current = { ...current, ...edits };
        const change = labelChange(nodeWith(current, start.owned), metadata(second));
        const owned = change?.owned ?? start.owned;
        const after = apply(current, change);
        assert.equal(labelChange(nodeWith(after, owned), metadata(second)), undefined);
        for (const [key, value] of Object.entries(edits)) if (value !== first[key]) assert.equal(after[key], value);
      }),
    );
  });
});

describe("the record of labels", () => {
  it("that is damaged is none", () => {
    for (const text of ["", "x", "null", "3", "[", '{"a":1}']) {
      assert.deepEqual(ownedLabels(newNode("a", { annotations: { [ANNOTATION_OWNED_LABELS]: text } })), {});
    }
  });

  it("is the same text for the same labels", () => {
    assert.equal(recordOf({ b: "1", a: null }), recordOf({ a: null, b: "1" }));
  });
});
