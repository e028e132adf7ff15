import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { InstanceMetadata } from "../contract.ts";
import { newNode } from "../testing/harness.ts";
import { initialLabels, missingAliases, refusedLabels } from "./labels.ts";

const metadata: InstanceMetadata = {
  providerId: "fake://a",
  instanceType: "g5",
  addresses: [],
  zone: "zone-a",
  region: "bj",
  shutdown: false,
  additionalLabels: {},
};

describe("the labels of a new node", () => {
  it("tell type, zone and region, the old way and the new", () => {
    assert.deepEqual(initialLabels(newNode("a", { labels: { "topology.kubernetes.io/zone": "wrong" } }), metadata), {
      "beta.kubernetes.io/instance-type": "g5",
      "node.kubernetes.io/instance-type": "g5",
      "failure-domain.beta.kubernetes.io/zone": "zone-a",
      "topology.kubernetes.io/zone": "zone-a",
      "failure-domain.beta.kubernetes.io/region": "bj",
      "topology.kubernetes.io/region": "bj",
    });
  });

  it("leave out what the cloud does not know", () => {
    assert.deepEqual(initialLabels(newNode("a"), { ...metadata, instanceType: "", zone: "", region: "" }), {});
  });

  it("with the provider's additional ones never overwrite and never take Kubernetes' own names", () => {
    const additionalLabels = {
      "topology.kubernetes.io/region": "x",
      "topology.k8s.io/region": "x",
      "kubernetes.io/region": "x",
      "k8s.io/region": "x",
      "my.custom.label/foo": "bar",
      "app.k8snio/bar": "foo",
      "k8snio/bar": "foo",
    };
    const node = newNode("a", { labels: { "my.custom.label/foo": "fizz" } });
    const bare = { ...metadata, instanceType: "", zone: "", region: "", additionalLabels };
    assert.deepEqual(initialLabels(node, bare), { "app.k8snio/bar": "foo", "k8snio/bar": "foo" });
  });
});

describe("labels that no node can have", () => {
  it("are left out and named: one wrong one would keep all the others away", () => {
    const long = "x".repeat(64);
    const wrong = {
      "a b": "1",
      "a/b/c": "1",
      "UPPER/a": "1",
      "": "1",
      "-a": "1",
      [long]: "1",
      "value.test/blank": "a b",
      "value.test/long": long,
      "value.test/end": "a-",
    };
    const right = { a: "", "A_b.c-d": "1", "sub.domain.test/name": "Value_1.2-3", ["x".repeat(63)]: "x".repeat(63) };
    const given = { ...metadata, instanceType: "large (8 cores)", additionalLabels: { ...wrong, ...right } };
    const { "failure-domain.beta.kubernetes.io/zone": zone, ...labels } = initialLabels(newNode("a"), given);
    assert.equal(zone, "zone-a");
    assert.equal("node.kubernetes.io/instance-type" in labels, false);
    for (const key of Object.keys(wrong)) assert.equal(key in labels, false, key);
    for (const key of Object.keys(right)) assert.equal(key in labels, true, key);
    assert.deepEqual(
      refusedLabels(given).toSorted(),
      [
        ...Object.entries(wrong).map(([key, value]) => `${key}=${value}`),
        "node.kubernetes.io/instance-type=large (8 cores)",
      ].sort(),
    );
  });
});

describe("the stable labels", () => {
  it("follow their beta twins", () => {
    const labels = {
      "failure-domain.beta.kubernetes.io/zone": "foo",
      "topology.kubernetes.io/zone": "wrong",
      "beta.kubernetes.io/instance-type": "best",
    };
    assert.deepEqual(missingAliases(newNode("a", { labels })), {
      "topology.kubernetes.io/zone": "foo",
      "node.kubernetes.io/instance-type": "best",
    });
  });

  it("are left alone where there is no beta label", () => {
    assert.deepEqual(missingAliases(newNode("a", { labels: { "topology.kubernetes.io/zone": "z" } })), {});
  });
});
