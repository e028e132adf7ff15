/** Upstream's cases of the provided node IP: reading the annotation (HP) and what it does to a node's addresses (HA). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseIp } from "@ccm/base";
import type { NodeAddress } from "@ccm/kube";
import { appendAddresses } from "./addresses.ts";
import { enforceProvidedIps, parseProvidedIps } from "./provided-ip.ts";

const UNPARSABLE = /could not parse "/;
const NO_PAIR = /must contain either a single IP or a dual-stack pair of IPs/;
const UNSPECIFIED = /dual-stack node IP cannot include '0\.0\.0\.0' or '::'/;

describe("the annotation", () => {
  const cases: Readonly<Record<string, readonly [value: string, expected: RegExp | readonly string[]]>> = {
    "HP-327: empty": ["", UNPARSABLE],
    "HP-328: one blank": [" ", UNPARSABLE],
    "HP-329: a word": ["blah", UNPARSABLE],
    "HP-330: an IPv4 address": ["1.2.3.4", ["1.2.3.4"]],
    "HP-331: blanks around it": [" 1.2.3.4 ", UNPARSABLE],
    "HP-332: leading zeros": ["01.2.3.004", ["1.2.3.4"]],
    "HP-333: three octets": ["1.2.3", UNPARSABLE],
    "HP-334: a range": ["1.2.3.0/24", UNPARSABLE],
    "HP-335: the unspecified address alone": ["0.0.0.0", ["0.0.0.0"]],
    "HP-336: an address and a word": ["1.2.3.4,not-an-IPv6-address", UNPARSABLE],
    "HP-337: an IPv6 address": ["abcd::ef01", ["abcd::ef01"]],
    "HP-338: an IPv6 address in long form": ["abcd:0abc:00ab:0000:0000::1", ["abcd:abc:ab::1"]],
    "HP-339: a pair": ["1.2.3.4,abcd::ef01", ["1.2.3.4", "abcd::ef01"]],
    "HP-340: a pair with blanks": ["abcd::ef01 , 1.2.3.4", UNPARSABLE],
    "HP-341: two IPv4 addresses": ["1.2.3.4,5.6.7.8", NO_PAIR],
    "HP-342: two IPv6 addresses": ["abcd::1,abcd::2", NO_PAIR],
    "HP-343: a pair with the unspecified IPv6 address": ["1.2.3.4,::", UNSPECIFIED],
    "HP-344: a pair with the unspecified IPv4 address": ["0.0.0.0,abcd::1", UNSPECIFIED],
    "HP-345: three parts with blanks": ["abcd::ef01 , 1.2.3.4, something else", UNPARSABLE],
    "HP-346: three addresses": ["1.2.3.4,abcd::1,5.6.7.8", NO_PAIR],
  };
  for (const [name, [value, expected]] of Object.entries(cases)) {
    it(name, () => {
      if (expected instanceof RegExp) assert.throws(() => parseProvidedIps(value), expected);
      else {
        const ips = parseProvidedIps(value).map(({ family, value: number }) => ({ family, value: number }));
        assert.deepEqual(ips, expected.map(parseIp));
      }
    });
  }
});

const TYPES = {
  Int: "InternalIP",
  Ext: "ExternalIP",
  HN: "Hostname",
  IDNS: "InternalDNS",
  EDNS: "ExternalDNS",
} as const;
/** "Int 10.0.0.1, HN x" as addresses. */
const list = (text: string): readonly NodeAddress[] =>
  text === ""
    ? []
    : text.split(", ").map((entry) => {
        const [type = "", address = ""] = entry.split(" ");
        return { type: TYPES[type as keyof typeof TYPES], address };
      });

describe("appending addresses", () => {
  const cases: Readonly<Record<string, readonly [existing: string, added: string, expected: string]>> = {
    "HA-309: nothing to nothing": ["", "", ""],
    "HA-310: two to nothing": ["", "Ext 1.1.1.1, HN localhost", "Ext 1.1.1.1, HN localhost"],
    "HA-311: the same twice": ["", "Ext 1.1.1.1, Ext 1.1.1.1", "Ext 1.1.1.1"],
    "HA-312: one of two is there": [
      "Ext 1.1.1.1, Int 10.1.1.1",
      "Ext 1.1.1.1, HN localhost",
      "Ext 1.1.1.1, Int 10.1.1.1, HN localhost",
    ],
  };
  for (const [name, [existing, added, expected]] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(appendAddresses(list(existing), list(added)), list(expected)));
  }
});

describe("the provided node IP among the cloud's addresses", () => {
  const HN = "HN hostname";
  const pair = "10.1.1.1,fc01:1234::5678";
  const four = "Int 10.1.1.1, Ext 55.55.55.55, Int fc01:1234::5678, Ext 2001:db1::1";
  const cases: Readonly<Record<string, readonly [requested: string, cloud: string, expected: string | RegExp]>> = {
    "HA-313: the only one": ["10.1.1.1", `Int 10.1.1.1, ${HN}`, `Int 10.1.1.1, ${HN}`],
    "HA-314: comes first": [
      "55.55.55.55",
      `Int 10.1.1.1, Ext 55.55.55.55, ${HN}`,
      `Ext 55.55.55.55, Int 10.1.1.1, ${HN}`,
    ],
    "HA-315: under two types enforces both": [
      "55.55.55.55",
      `Int 44.44.44.44, Ext 44.44.44.44, Int 55.55.55.55, Ext 55.55.55.55, ${HN}`,
      `Int 55.55.55.55, Ext 55.55.55.55, ${HN}`,
    ],
    "HA-316: leaves other types in order": [
      "10.1.1.1",
      `Int 10.1.1.1, Ext 55.55.55.55, IDNS in, EDNS out, ${HN}`,
      `Int 10.1.1.1, Ext 55.55.55.55, IDNS in, EDNS out, ${HN}`,
    ],
    "HA-317: drops others of its type": [
      "10.1.1.1",
      `Int 10.1.1.1, Int 10.2.2.2, Int 10.3.3.3, Ext 55.55.55.55, ${HN}`,
      `Int 10.1.1.1, Ext 55.55.55.55, ${HN}`,
    ],
    "HA-318: that the cloud does not have": [
      "10.2.2.2",
      `Int 10.1.1.1, Ext 55.55.55.55, ${HN}`,
      /failed to get node address from cloud provider that matches ip: 10\.2\.2\.2 /,
    ],
    "HA-319: in the cloud's spelling, and drops its type's other family": [
      "2600:1f14:1d4:d101::ba3d",
      `Int 10.1.1.1, Int 2600:1f14:1d4:d101:0:0:0:ba3d, ${HN}`,
      `Int 2600:1f14:1d4:d101:0:0:0:ba3d, ${HN}`,
    ],
    "HA-320: a pair of which the cloud has one": [
      pair,
      `Int 10.1.1.1, ${HN}`,
      /that matches ip: fc01:1234::5678 \(the cloud's addresses: InternalIP 10\.1\.1\.1, Hostname hostname\)/,
    ],
    "HA-321: a pair": [pair, `Int 10.1.1.1, Int fc01:1234::5678, ${HN}`, `Int 10.1.1.1, Int fc01:1234::5678, ${HN}`],
    "HA-322: a pair in the order that was asked for": [
      pair,
      `Int fc01:1234::5678, Int 10.1.1.1, ${HN}`,
      `Int 10.1.1.1, Int fc01:1234::5678, ${HN}`,
    ],
    "HA-323: a pair among several of each family": [
      pair,
      `Int 10.1.1.1, Int 10.1.1.2, Int fc01:1234::1234, Int fc01:1234::5678, ${HN}`,
      `Int 10.1.1.1, Int fc01:1234::5678, ${HN}`,
    ],
    "HA-324: a pair leaves another type": [
      pair,
      `Int 10.1.1.1, Ext 55.55.55.55, Int fc01:1234::1234, Int fc01:1234::5678, ${HN}`,
      `Int 10.1.1.1, Int fc01:1234::5678, Ext 55.55.55.55, ${HN}`,
    ],
    "HA-325: a pair with IPv6 first leaves another type of both families": [
      "fc01:1234::5678,10.1.1.1",
      `${four}, ${HN}`,
      `Int fc01:1234::5678, Int 10.1.1.1, Ext 55.55.55.55, Ext 2001:db1::1, ${HN}`,
    ],
    "HA-326: a pair of two types enforces each its own": [
      "55.55.55.55,fc01:1234::5678",
      `${four}, ${HN}`,
      `Ext 55.55.55.55, Int fc01:1234::5678, ${HN}`,
    ],
  };
  for (const [name, [requested, cloud, expected]] of Object.entries(cases)) {
    it(name, () => {
      if (expected instanceof RegExp) assert.throws(() => enforceProvidedIps(requested, list(cloud)), expected);
      else assert.deepEqual(enforceProvidedIps(requested, list(cloud)), list(expected));
    });
  }
});
