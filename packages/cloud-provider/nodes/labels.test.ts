import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { InstanceMetadata } from "../contract.ts";
import { newNode } from "../testing/harness.ts";
import { initialLabels, missingAliases } from "./labels.ts";

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
