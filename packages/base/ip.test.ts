import assert from "node:assert/strict";
import { isIP } from "node:net";
import { describe, it } from "node:test";
import fc from "fast-check";
import { cidrContains, parseCidr, parseIp } from "./ip.ts";

const ipLike = fc
  .array(fc.constantFrom("0", "1", "10", "255", "256", "f", "ffff", "12345", ".", ".", ":", ":", "::", "%", " ", "-"), {
    maxLength: 16,
  })
  .map((parts) => parts.join(""));

describe("IP addresses", () => {
  it("are what Node.js takes for one, apart from zones and leading zeros", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), ipLike), (text) => {
        if (/%|(^|\.)0\d/.test(text)) return;
        assert.equal(parseIp(text) !== undefined, isIP(text) !== 0, text);
      }),
      { numRuns: 2000 },
    );
  });

  it("have one value however they are written", () => {
    assert.deepEqual(parseIp("::1"), parseIp("0:0:0:0:0:0:0:1"));
    assert.deepEqual(parseIp("fe80::A"), parseIp("FE80:0:0::000a"));
    assert.deepEqual(parseIp("64:ff9b::1.2.3.4"), parseIp("64:ff9b::102:304"));
    assert.deepEqual(parseIp("10.0.0.010"), parseIp("10.0.0.10"));
    assert.deepEqual(parseIp("::ffff:1.2.3.4"), parseIp("1.2.3.4"));
  });
});

describe("ranges", () => {
  it("contain exactly the addresses that share their leading bits", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (base, other, bits) => {
        const cidr = parseCidr(`${base}/${bits}`);
        const [a, b] = [parseIp(base), parseIp(other)];
        assert.ok(cidr && a && b);
        const shift = BigInt(32 - bits);
        assert.equal(cidrContains(cidr, b), a.value >> shift === b.value >> shift);
        assert.equal(cidrContains(cidr, a), true);
      }),
    );
  });

  it("are refused when they are none", () => {
    for (const text of ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "::/129", "x/8", "10.0.0.0/-1", "10.0.0.0/8/8", ""]) {
      assert.equal(parseCidr(text), undefined, text);
    }
    const four = parseCidr("0.0.0.0/0");
    const six = parseIp("::");
    assert.ok(four && six && !cidrContains(four, six), "families do not mix");
  });
});
