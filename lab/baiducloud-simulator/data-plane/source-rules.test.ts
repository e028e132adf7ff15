import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { allowsSource, type SourceRule } from "./source-rules.ts";

const rule = (more: Partial<SourceRule> = {}): SourceRule => ({
  ethertype: "IPv4",
  protocol: "tcp",
  portRange: "80",
  sourceIp: "10.0.0.0/8",
  ...more,
});
const packet = { protocol: "tcp", port: 80, source: "10.1.2.3" } as const;

describe("security groups of a load balancer", () => {
  it("let everybody in when there are none, and nobody when they have no rule", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65535 }), (source, port) => {
        assert.equal(allowsSource(undefined, { protocol: "udp", port, source }), true);
        assert.equal(allowsSource([], { protocol: "udp", port, source }), false);
      }),
    );
  });

  it("let in what one rule allows in every field", () => {
    assert.equal(allowsSource([rule()], packet), true);
    assert.equal(allowsSource([rule()], { ...packet, source: "::ffff:10.1.2.3" }), true);
    for (const other of [{ port: 81 }, { protocol: "udp" as const }, { source: "11.0.0.1" }, { source: "fd00::1" }]) {
      assert.equal(allowsSource([rule()], { ...packet, ...other }), false, JSON.stringify(other));
    }
    assert.equal(allowsSource([rule({ portRange: "443" }), rule()], packet), true);
  });

  it("read open fields, ranges of ports, and single addresses", () => {
    for (const open of ["", "all"]) {
      const all = rule({ ethertype: "", protocol: open, portRange: open, sourceIp: open });
      assert.equal(allowsSource([all], { protocol: "udp", port: 9, source: "fd00::1" }), true);
    }
    assert.equal(allowsSource([rule({ portRange: "70-90" })], packet), true);
    assert.equal(allowsSource([rule({ portRange: "81-90" })], packet), false);
    assert.equal(allowsSource([rule({ sourceIp: "10.1.2.3" })], packet), true);
    assert.equal(allowsSource([rule({ sourceIp: "10.1.2.4" })], packet), false);
    const six = rule({ ethertype: "IPv6", sourceIp: "fd00::/16" });
    assert.equal(allowsSource([six], { ...packet, source: "fd00::1" }), true);
  });
});
