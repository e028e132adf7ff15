import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { NodeAddress } from "@ccm/kube";
import fc from "fast-check";
import { enforceProvidedIps, parseProvidedIps } from "./provided-ip.ts";

const TYPES = {
  Int: "InternalIP",
  Ext: "ExternalIP",
  HN: "Hostname",
  IDNS: "InternalDNS",
  EDNS: "ExternalDNS",
} as const;
/** "Int 10.0.0.1, HN x" as addresses. */
const list = (text: string): NodeAddress[] =>
  text.split(", ").map((entry) => {
    const [type = "", address = ""] = entry.split(" ");
    return { type: TYPES[type as keyof typeof TYPES], address };
  });

describe("the provided node IP", () => {
  for (const text of ["", " ", "blah", " 1.2.3.4 ", "1.2.3", "1.2.3.0/24", "1.2.3.4,x", "abcd::ef01 , 1.2.3.4"]) {
    it(`"${text}" cannot be parsed`, () => {
      assert.throws(() => parseProvidedIps(text), { message: /^failed to parse node IP ".*": could not parse "/ });
    });
  }
  for (const text of ["1.2.3.4,5.6.7.8", "abcd::1,abcd::2", "1.2.3.4,abcd::1,5.6.7.8"]) {
    it(`"${text}" is neither one address nor a pair`, () => {
      assert.throws(() => parseProvidedIps(text), /must contain either a single IP or a dual-stack pair of IPs/);
    });
  }
  for (const text of ["1.2.3.4,::", "0.0.0.0,abcd::1"]) {
    it(`"${text}" is a pair with an address that is none`, () => {
      assert.throws(() => parseProvidedIps(text), /dual-stack node IP cannot include '0.0.0.0' or '::'/);
    });
  }
  for (const text of ["1.2.3.4", "01.2.3.004", "0.0.0.0", "abcd::ef01", "1.2.3.4,abcd::ef01"]) {
    it(`"${text}" is good`, () => assert.equal(parseProvidedIps(text).length, text.split(",").length));
  }

  const pair = "10.1.1.1,fc01:1234::5678";
  const cases: readonly (readonly [requested: string, cloud: string, expected: string])[] = [
    ["10.1.1.1", "Int 10.1.1.1, HN h", "Int 10.1.1.1, HN h"],
    ["55.55.55.55", "Int 10.1.1.1, Ext 55.55.55.55, HN h", "Ext 55.55.55.55, Int 10.1.1.1, HN h"],
    [
      "55.55.55.55",
      "Int 44.44.44.44, Ext 44.44.44.44, Int 55.55.55.55, Ext 55.55.55.55, HN h",
      "Int 55.55.55.55, Ext 55.55.55.55, HN h",
    ],
    ["10.1.1.1", "Int 10.1.1.1, Ext 5.5.5.5, IDNS a, EDNS b, HN h", "Int 10.1.1.1, Ext 5.5.5.5, IDNS a, EDNS b, HN h"],
    ["10.1.1.1", "Int 10.1.1.1, Int 10.2.2.2, Ext 5.5.5.5, HN h", "Int 10.1.1.1, Ext 5.5.5.5, HN h"],
    ["2600::ba3d", "Int 10.1.1.1, Int 2600:0:0:0:0:0:0:ba3d, HN h", "Int 2600:0:0:0:0:0:0:ba3d, HN h"],
    [pair, "Int fc01:1234::5678, Int 10.1.1.1, HN h", "Int 10.1.1.1, Int fc01:1234::5678, HN h"],
    [
      "55.55.55.55,fc01:1234::5678",
      "Int 10.1.1.1, Ext 55.55.55.55, Int fc01:1234::5678, Ext 2001:db1::1, HN h",
      "Ext 55.55.55.55, Int fc01:1234::5678, HN h",
    ],
  ];
  for (const [requested, cloud, expected] of cases) {
    it(`${requested} of ${cloud} gives ${expected}`, () => {
      assert.deepEqual(enforceProvidedIps(requested, list(cloud)), list(expected));
    });
  }

  it("that the cloud does not have is named with what the cloud has", () => {
    assert.throws(() => enforceProvidedIps(pair, list("Int 10.1.1.1, HN h")), {
      message:
        "failed to get node address from cloud provider that matches ip: fc01:1234::5678 (the cloud's addresses: InternalIP 10.1.1.1, Hostname h)",
    });
  });

  it("is settled after one application", () => {
    const address = fc.record({
      type: fc.constantFrom("InternalIP" as const, "ExternalIP" as const, "Hostname" as const),
      address: fc.constantFrom("10.0.0.1", "10.0.0.2", "fc00::1", "fc00::2"),
    });
    fc.assert(
      fc.property(
        fc.array(address, { minLength: 1, maxLength: 6 }),
        fc.constantFrom("10.0.0.1", "fc00::1", "10.0.0.1,fc00::1"),
        (cloud, requested) => {
          const has = requested.split(",").every((ip) => cloud.some(({ address: one }) => one === ip));
          fc.pre(has);
          const once = enforceProvidedIps(requested, cloud);
          assert.deepEqual(enforceProvidedIps(requested, once), once);
          assert.equal(once[0]?.address, requested.split(",")[0]);
        },
      ),
    );
  });
});
