import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { placeAddresses } from "./local-addresses.ts";

describe("the places of addresses on this machine", () => {
  it("are the loopback addresses themselves, and for private ones an address each of the pool", () => {
    const place = placeAddresses({ vips: "127.80.0.0/30", ipv6: true });
    assert.deepEqual(place("127.1.2.3", 80), { host: "127.1.2.3", port: 80 });
    assert.deepEqual(place("192.168.0.5", 80), { host: "127.80.0.1", port: 80 });
    assert.deepEqual(place("192.168.0.6", 80), { host: "127.80.0.2", port: 80 });
    assert.deepEqual(place("192.168.0.5", 443), { host: "127.80.0.1", port: 443 });
    assert.equal(place("192.168.0.7", 80)?.host, "127.80.0.3");
    assert.equal(place("192.168.0.8", 80), undefined, "the pool is used up");
  });

  it("are a port each of the one IPv6 loopback address, where the host has it", () => {
    const place = placeAddresses({ ipv6: true });
    assert.deepEqual(place("2400:da00::5", 80), { host: "::1", port: 0 });
    assert.deepEqual(place("::1", 80), { host: "::1", port: 80 });
    assert.equal(placeAddresses({ ipv6: false })("2400:da00::5", 80), undefined);
  });

  it("are missing for private addresses without a pool, and for what is no address", () => {
    assert.equal(placeAddresses({ ipv6: true })("192.168.0.5", 80), undefined);
    assert.equal(placeAddresses({ ipv6: true })("web", 80), undefined);
    assert.throws(() => placeAddresses({ vips: "127.80", ipv6: true }), /"127.80" is not a CIDR/);
  });
});
