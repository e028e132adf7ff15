import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isNormalStatus, probeBytes } from "./probe-text.ts";

describe("the texts of health checks", () => {
  it("write bytes of a UDP probe in hexadecimal, and other characters as they are", () => {
    assert.deepEqual([...probeBytes("\\00a\\FFz\\")], [0, 0x61, 255, 0x7a, 0x5c]);
    assert.deepEqual([...probeBytes("")], []);
  });

  it("name the statuses that are well by their first digit", () => {
    assert.equal(isNormalStatus("http_2xx|http_3xx", 204), true);
    assert.equal(isNormalStatus("http_2xx|http_3xx", 301), true);
    assert.equal(isNormalStatus("http_2xx|http_3xx", 404), false);
    assert.equal(isNormalStatus("http_4xx", 404), true);
  });
});
