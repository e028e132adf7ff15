/**
 * Upstream's cases of the initialisation of one node (NI), of its metadata (NM) and of the rules behind them (DX). Where they
 * tell the legacy Instances interface from the newer one, a provider here has only the single look-up, or the bulk one as well.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CloudError } from "../error.ts";
import type { FakeInstance, FakeProviderOptions } from "../fake-provider.ts";
import { createHarness, type Harness, newNode, UNINITIALIZED } from "../testing/harness.ts";
import {
  A2,
  A3,
  addNode,
  EXTERNAL,
  getNode,
  HOSTNAME,
  INTERNAL,
  OTHER_TAINT,
  runNodeController,
} from "../testing/nodes.ts";
import { ANNOTATION_PROVIDED_IP } from "../well-known.ts";

const LEGACY = { bulk: false } as const;
const ID = "fake://12345";
const ZONE = { zone: "us-west-1a", region: "us-west" } as const;
const ZONE_LABELS = {
  "failure-domain.beta.kubernetes.io/region": "us-west",
  "failure-domain.beta.kubernetes.io/zone": "us-west-1a",
  "topology.kubernetes.io/region": "us-west",
  "topology.kubernetes.io/zone": "us-west-1a",
};
const UNKNOWN_READY = { type: "Ready", status: "Unknown" } as const;
const kubelet = (address: string) => ({ addresses: [{ type: "Hostname", address }] }) as const;
const provided = (value: string) => ({ [ANNOTATION_PROVIDED_IP]: value });

interface Given {
  readonly provider?: Omit<FakeProviderOptions, "clock">;
  /** The cloud's machine of node0; null for none. */
  readonly machine?: Partial<FakeInstance> | null;
  /** The look-up's answer, instead of a machine. */
  readonly answer?: unknown;
  readonly error?: Error;
  readonly node?: Parameters<typeof newNode>[1];
}

interface Expected {
  readonly taints?: readonly unknown[];
  readonly providerID?: string;
  readonly addresses?: readonly unknown[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** What failed, as the Event on the Node says; nothing is written then. */
type Failure = RegExp;

async function initialise({ provider = {}, machine = {}, answer, error, node = {} }: Given): Promise<Harness> {
  const harness = await createHarness(provider);
  const { cloud } = harness;
  if (machine) cloud.machines.set("node0", { name: "node0", addresses: A3, ...machine });
  if (answer !== undefined) cloud.answers.set("node0", answer);
  if (error) cloud.broken.set("node0", error);
  const { spec, ...more } = node;
  await addNode(harness, newNode("node0", { ...more, spec: { taints: [UNINITIALIZED], ...spec } }));
  return harness;
}

async function expectNode(name: string, given: Given, expected: Expected | Failure): Promise<void> {
  const harness = await initialise(given);
  const before = await getNode(harness, "node0");
  await runNodeController(harness);
  await harness.clock.advance(5000);
  const after = await getNode(harness, "node0");
  if (expected instanceof RegExp) {
    assert.deepEqual(after, before, name);
    assert.deepEqual(harness.requests, []);
    assert.match((await harness.events("node0", "FailedToInitializeNode")).join("\n"), expected);
    assert.ok(harness.cloud.count("lookup") > 1, "it is tried again");
  } else {
    const found = {
      taints: after.spec?.taints ?? [],
      providerID: after.spec?.providerID,
      addresses: after.status?.addresses ?? [],
      labels: after.metadata.labels ?? {},
    };
    assert.deepEqual(found, { taints: [], providerID: ID, addresses: A3, labels: {}, ...expected }, name);
    assert.deepEqual(after.status?.conditions, before.status?.conditions);
    assert.deepEqual(await harness.events("node0"), ["Normal Synced: Node synced successfully"]);
  }
  await harness.close();
}

const PROVIDED_IP_ADDRESSES = [INTERNAL, EXTERNAL, HOSTNAME];
const presetNode = (annotation: string): NonNullable<Given["node"]> => ({
  annotations: provided(annotation),
  spec: { taints: [OTHER_TAINT, UNINITIALIZED], providerID: "node0.aws.12345" },
  status: kubelet("node0.cloud.internal"),
});
const preset = (annotation: string, provider: Given["provider"] = LEGACY): Given => ({
  provider,
  machine: { addresses: A2, providerId: "node0.aws.12345" },
  node: presetNode(annotation),
});
const metadata = { instanceType: "", zone: "", region: "", additionalLabels: {}, shutdown: false, addresses: A3 };
const withoutId = { state: "found", metadata: { ...metadata, providerId: "" } };

const CASES: Readonly<Record<string, readonly [Given, Expected | Failure]>> = {
  "NI-1: the cloud's host name wins over the kubelet's": [
    { provider: LEGACY, machine: { providerId: ID }, node: { status: kubelet("nodeoverriden") } },
    {},
  ],
  "NI-2: the kubelet's host name stays where the cloud has none": [
    { provider: LEGACY, machine: { providerId: ID, addresses: A2 }, node: { status: kubelet("nodeoverriden") } },
    { addresses: [...A2, { type: "Hostname", address: "nodeoverriden" }] },
  ],
  "NI-3: a node without addresses gets the cloud's, and no type label where the cloud knows no type": [
    { provider: LEGACY, machine: { providerId: ID } },
    {},
  ],
  "NI-5: zone and region become four labels; the Ready condition stays": [
    {
      provider: { ...LEGACY, name: "aws" },
      machine: { providerId: "aws://12345", ...ZONE },
      node: { labels: {}, status: { conditions: [UNKNOWN_READY] } },
    },
    { labels: ZONE_LABELS, providerID: "aws://12345" },
  ],
  "NI-6: another taint stays": [
    {
      provider: LEGACY,
      machine: { providerId: ID },
      node: { spec: { taints: [OTHER_TAINT, UNINITIALIZED] }, status: { conditions: [UNKNOWN_READY] } },
    },
    { taints: [OTHER_TAINT] },
  ],
  "NI-7: null metadata changes nothing (deviates: told in an Event, and tried again)": [
    { answer: null, node: presetNode("10.0.0.1") },
    /failed to get instance metadata for node node0: the provider gave no metadata/,
  ],
  "NI-8: the provided IP is among the cloud's addresses; the node's own provider ID stays": [
    preset("10.0.0.1"),
    { taints: [OTHER_TAINT], addresses: PROVIDED_IP_ADDRESSES, providerID: "node0.aws.12345" },
  ],
  "NI-9: a provided IP that is none keeps the node as it is": [
    preset("invalid-ip"),
    /provided node ip for node "node0" is not valid: failed to parse node IP "invalid-ip": could not parse "invalid-ip"/,
  ],
  "NI-10: a provided IP that the cloud does not have keeps the node as it is": [
    preset("10.0.0.2"),
    /matches ip: 10\.0\.0\.2 \(the cloud's addresses: InternalIP 10\.0\.0\.1, ExternalIP 132\.143\.154\.163\)/,
  ],
  "NI-11: a preset provider ID is kept": [
    {
      provider: LEGACY,
      machine: { providerId: "test-provider-id" },
      node: { spec: { taints: [OTHER_TAINT, UNINITIALIZED], providerID: "test-provider-id" } },
    },
    { taints: [OTHER_TAINT], providerID: "test-provider-id" },
  ],
  "NI-11 (deviates: one look-up answers for existence too): a machine that does not exist is not initialised": [
    { provider: LEGACY, machine: null, node: { spec: { providerID: ID } } },
    /failed to get instance metadata for node node0: the cloud has no such instance \(no machine fake:\/\/12345\)/,
  ],
  "NI-13: metadata without a provider ID keeps the node's own": [
    { answer: withoutId, node: { spec: { providerID: ID } } },
    {},
  ],
  "NI-15: the newer interface sets zone, region, provider ID and addresses": [
    { machine: { providerId: ID, ...ZONE }, node: { status: { conditions: [UNKNOWN_READY] } } },
    { labels: ZONE_LABELS },
  ],
  "NI-16: the newer interface leaves another taint": [
    { machine: { providerId: ID }, node: { spec: { taints: [OTHER_TAINT, UNINITIALIZED] } } },
    { taints: [OTHER_TAINT] },
  ],
  "NI-17: the newer interface with a provided IP": [
    preset("10.0.0.1", {}),
    { taints: [OTHER_TAINT], addresses: PROVIDED_IP_ADDRESSES, providerID: "node0.aws.12345" },
  ],
  "NI-18: additional labels are added to those of zone and region": [
    {
      machine: {
        ...ZONE,
        addresses: A2,
        providerId: "node0.cp.12345",
        additionalLabels: { "topology.k8s.cp/zone-id": "az1", "my.custom.label/foo": "bar" },
      },
      node: { ...presetNode("10.0.0.1"), spec: { taints: [OTHER_TAINT, UNINITIALIZED], providerID: "node0.cp.12345" } },
    },
    {
      taints: [OTHER_TAINT],
      providerID: "node0.cp.12345",
      addresses: PROVIDED_IP_ADDRESSES,
      labels: { ...ZONE_LABELS, "topology.k8s.cp/zone-id": "az1", "my.custom.label/foo": "bar" },
    },
  ],
  "NI-19: additional labels never overwrite, and never take names of Kubernetes": [
    {
      machine: {
        ...ZONE,
        providerId: ID,
        additionalLabels: {
          "topology.kubernetes.io/region": "us-other-west",
          "topology.k8s.io/region": "us-other-west",
          "kubernetes.io/region": "us-other-west",
          "k8s.io/region": "us-other-west",
          "my.custom.label/foo": "bar",
          "my.custom.label/bar": "foo",
          "app.k8snio/bar": "foo",
          "k8snio/bar": "foo",
        },
      },
      node: { labels: { "my.custom.label/foo": "fizz", "my.custom.label/bar": "foo" } },
    },
    {
      labels: {
        ...ZONE_LABELS,
        "my.custom.label/foo": "fizz",
        "my.custom.label/bar": "foo",
        "app.k8snio/bar": "foo",
        "k8snio/bar": "foo",
      },
    },
  ],
  "NI-21: without any provider ID the taint stays": [
    { answer: withoutId },
    /cloud provider does not set node provider ID for node node0/,
  ],
  "NI-22: a failed look-up keeps the node as it is": [
    { error: new CloudError("retryable", "err!") },
    /failed to get instance metadata for node node0: err!/,
  ],
  "NM-33: provider ID and addresses of the single look-up, and no type": [
    { provider: LEGACY, machine: { providerId: ID } },
    {},
  ],
  "NM-34 (deviates: legacy Instances does not exist here): without a provider ID nothing is initialised": [
    { provider: LEGACY, answer: withoutId },
    /cloud provider does not set node provider ID for node node0/,
  ],
  "NM-35: the node's own provider ID counts where the provider gives none": [
    { provider: LEGACY, answer: withoutId, node: { spec: { providerID: "fake://asdasd" } } },
    { providerID: "fake://asdasd" },
  ],
  "NM-37: a provider ID from nowhere is an error, although there are addresses": [
    { answer: withoutId },
    /cloud provider does not set node provider ID for node node0/,
  ],
  "NM-38: type by the node's own provider ID": [
    {
      answer: { state: "found", metadata: { ...metadata, providerId: "", instanceType: "t1.micro" } },
      node: { spec: { providerID: ID } },
    },
    { labels: { "beta.kubernetes.io/instance-type": "t1.micro", "node.kubernetes.io/instance-type": "t1.micro" } },
  ],
  "DX-497 (DX36): any taint of that key counts, whatever its value and effect": [
    {
      machine: { providerId: ID },
      node: { spec: { taints: [{ ...UNINITIALIZED, value: "false", effect: "NoExecute" }] } },
    },
    {},
  ],
  "DX-502 (DX41): an existing topology label that differs is overwritten": [
    { machine: { providerId: ID, ...ZONE }, node: { labels: { "topology.kubernetes.io/zone": "wrong" } } },
    { labels: ZONE_LABELS },
  ],
  "DX-503 (DX42, deviates: legacy Instances does not exist here): a node without provider ID is found by its name": [
    { provider: LEGACY, machine: { providerId: ID } },
    {},
  ],
  "DX-505 (DX44): an instance that the cloud does not know keeps the taint, and is tried again": [
    { provider: LEGACY, error: new CloudError("absent", "no such instance") },
    /failed to get instance metadata for node node0: the cloud has no such instance \(no such instance\)/,
  ],
  "DX-510 (DX49): an annotation that is there and empty is an error": [
    preset(""),
    /provided node ip for node "node0" is not valid: failed to parse node IP "": could not parse ""/,
  ],
};

describe("the initialisation of a node, case by case", () => {
  for (const [name, [given, expected]] of Object.entries(CASES)) {
    it(name, () => expectNode(name, given, expected));
  }

  it("NI-14: a node without the taint is left as it is", async () => {
    const harness = await initialise({
      machine: { providerId: ID },
      node: { spec: { taints: [] }, status: { addresses: [...A3] } },
    });
    const before = await getNode(harness, "node0");
    await runNodeController(harness);
    await harness.clock.advance(1000);
    assert.deepEqual(await getNode(harness, "node0"), before);
    assert.deepEqual(harness.requests, []);
    await harness.close();
  });
});

describe("an initialisation that is refused", () => {
  const conflicts = async (times: number): Promise<Harness> => {
    const harness = await initialise({ machine: { providerId: ID } });
    harness.refuse("PATCH", /^\/api\/v1\/nodes\/node0$/, "Conflict", times);
    await runNodeController(harness);
    return harness;
  };
  const retries = (harness: Harness) => harness.metrics.value("workqueue_retries_total", { name: "Nodes" });

  it("DX-498 (DX37): by 19 conflicts succeeds with the twentieth attempt", async () => {
    const harness = await conflicts(19);
    await harness.clock.advance(3000);
    assert.deepEqual((await getNode(harness, "node0")).spec?.taints ?? [], []);
    assert.equal(harness.requests.filter(({ path }) => path.endsWith("node0")).length, 20);
    assert.equal(retries(harness), 0, "within one sync");
    await harness.close();
  });

  it("DX-499 (DX38): by 20 conflicts is queued again", async () => {
    const harness = await conflicts(20);
    assert.ok(await harness.clock.advanceUntil(() => retries(harness) === 1, 10_000));
    const patches = () => harness.requests.filter(({ path }) => path.endsWith("node0")).map(({ status }) => status);
    assert.deepEqual(
      patches(),
      Array.from({ length: 20 }, () => 409),
    );
    await harness.clock.advance(2000);
    assert.deepEqual((await getNode(harness, "node0")).spec?.taints ?? [], []);
    assert.deepEqual([patches().length, retries(harness)], [21, 1]);
    await harness.close();
  });

  it("DX-501 (DX40, deviates: addresses come first): keeps the taint until its addresses can be written", async () => {
    const harness = await initialise({ machine: { providerId: ID } });
    harness.refuse("PATCH", /nodes\/node0\/status$/, "InternalError", 2);
    await runNodeController(harness);
    await harness.clock.advance(400);
    assert.deepEqual((await getNode(harness, "node0")).spec?.taints, [UNINITIALIZED]);
    await harness.clock.advance(5000);
    const node = await getNode(harness, "node0");
    assert.deepEqual([node.spec?.taints ?? [], node.status?.addresses], [[], A3]);
    assert.deepEqual(await harness.events("node0"), ["Normal Synced: Node synced successfully"]);
    await harness.close();
  });
});
