import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Node } from "@ccm/kube";
import fc from "fast-check";
import type { Machine } from "./machine.ts";
import { matchNode } from "./match.ts";
import { labelValue } from "./metadata.ts";

const name = fc.constantFrom("", "a", "b", "10.0.0.1");
const ip = fc.constantFrom("10.0.0.1", "10.0.0.2", "fd00::1");

const machine: fc.Arbitrary<Machine> = fc.record({
  id: fc.constantFrom("i-1", "i-2", "i-3"),
  product: fc.constant("BCC"),
  nodeName: name,
  hostname: name,
  name,
  internalIps: fc.uniqueArray(ip, { maxLength: 2 }),
  publicIp: fc.constant(""),
  instanceType: fc.constant("x"),
  gpu: fc.boolean(),
  zone: fc.constant("z"),
  vpcId: fc.constantFrom("vpc-1", "vpc-2"),
  subnetId: fc.constant("s"),
  status: fc.constant("s"),
  state: fc.constantFrom("on" as const, "off" as const, "gone" as const),
});
const machines = fc.uniqueArray(machine, { maxLength: 5, selector: ({ id }) => id });
const node: fc.Arbitrary<Node> = fc
  .record({ name: fc.constantFrom("a", "b", "10.0.0.1"), addresses: fc.uniqueArray(ip, { maxLength: 2 }) })
  .map(({ name, addresses }) => ({
    metadata: { name },
    status: { addresses: addresses.map((address) => ({ type: "InternalIP" as const, address })) },
  }));

/** Everything that could speak for a machine. */
function fits(one: Machine, { metadata, status }: Node): boolean {
  const addresses = [metadata.name, ...(status?.addresses ?? []).map(({ address }) => address)];
  const named = [one.nodeName, one.hostname, one.name].includes(metadata.name ?? "");
  return one.state !== "gone" && (named || one.internalIps.some((address) => addresses.includes(address)));
}

describe("row 8: the machine of a node", () => {
  it("is one that fits; when it is the only one that fits, it is found; when none does, none is", () => {
    fc.assert(
      fc.property(node, machines, (asked, all) => {
        const fitting = all.filter((one) => fits(one, asked));
        const match = matchNode(asked, all);
        if (match.kind === "one") assert.ok(fitting.includes(match.machine));
        assert.equal(match.kind === "none", fitting.length === 0);
        if (fitting.length === 1) assert.equal(match.kind, "one");
        if (match.kind === "several") assert.ok(match.ids.length > 1);
      }),
      { numRuns: 2000 },
    );
  });

  it("is by its name where two VPCs have its address, and neither is guessed where both or none have the name", () => {
    const [some] = fc.sample(machine, { numRuns: 1, seed: 1 });
    const machineWith = (id: string, hostname: string): Machine => ({
      ...(some as Machine),
      ...{ id, hostname, nodeName: "", name: "", internalIps: ["10.0.0.1"], state: "on" },
    });
    const asked: Node = {
      metadata: { name: "a" },
      status: { addresses: [{ type: "InternalIP", address: "10.0.0.1" }] },
    };
    const kindOf = (...hostnames: readonly string[]) => {
      const match = matchNode(
        asked,
        hostnames.map((hostname, i) => machineWith(`i-${i}`, hostname)),
      );
      return match.kind === "one" ? match.machine.id : match.kind;
    };
    assert.equal(kindOf("other", "a"), "i-1");
    assert.equal(kindOf("a", "a"), "several");
    assert.equal(kindOf("other", "another"), "several");
  });

  it("does not depend on the order of the list", () => {
    fc.assert(
      fc.property(node, machines, (asked, all) => {
        assert.deepEqual(matchNode(asked, [...all].reverse()), matchNode(asked, all));
      }),
      { numRuns: 1000 },
    );
  });

  it("is never chosen between two that fit equally well", () => {
    fc.assert(
      fc.property(node, machines, (asked, all) => {
        const [first] = all;
        if (!first || matchNode(asked, [first]).kind !== "one") return;
        const twin = { ...first, id: "i-twin" };
        assert.notEqual(matchNode(asked, [...all.filter(({ id }) => id === first.id), twin]).kind, "one");
      }),
      { numRuns: 1000 },
    );
  });
});

describe("row 10: a label's value", () => {
  it("is one for the API server, whatever the cloud calls its things", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        assert.match(labelValue(text), /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/);
      }),
      { numRuns: 1000 },
    );
    assert.equal(labelValue("cn-bj-a"), "cn-bj-a");
  });
});
