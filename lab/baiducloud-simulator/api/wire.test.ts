import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PRODUCTS } from "../products/index.ts";
import { Fault } from "./fault.ts";
import { createRouter } from "./router.ts";
import { inputOf, parseTarget } from "./wire.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const input = (body: string) => inputOf("POST", { path: "/", query: [] }, bytes(body));

describe("a request on the wire", () => {
  it("may be 64 levels deep and no deeper, whatever its texts hold", () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    assert.doesNotThrow(() => input(nested(64)));
    assert.throws(() => input(nested(65)), /at most 64 levels/);
    assert.throws(() => input("[".repeat(1_000_000)), /at most 64 levels/);
    assert.deepEqual(input(JSON.stringify({ a: '[[[{"\\'.repeat(100) })).body, { a: '[[[{"\\'.repeat(100) });
  });

  it("may have as many values as a batch needs, and no more", () => {
    assert.doesNotThrow(() => input(JSON.stringify(Array.from({ length: 100_000 }, () => 1))));
    assert.throws(() => input(JSON.stringify(Array.from({ length: 100_002 }, () => 1))), /100000 values/);
  });

  it("names no other object than the path that was sent", () => {
    for (const path of ["/v1/a%2Fb", "/v1/%2e%2e/x", "/v1/../x", "/v1/a%00", "/v1/%5C", "/v1/%c0%af"])
      assert.throws(() => parseTarget(path), /Could not parse the specified URI/, path);
    assert.equal(parseTarget("/v1/a%20b.c").path, "/v1/a b.c");
  });

  it("finds an operation, or is refused: nothing else, for any text", () => {
    const route = createRouter(PRODUCTS);
    const target = fc.oneof(fc.string(), fc.webPath(), fc.stringMatching(/^\/v[12]\/[a-z%./?=&]{0,40}$/));
    const body = fc.oneof(fc.json(), fc.string(), fc.constant(""));
    fc.assert(
      fc.property(fc.constantFrom("GET", "POST", "PUT", "DELETE"), target, body, (method, text, json) => {
        try {
          route(inputOf(method, parseTarget(text), bytes(json)));
        } catch (error) {
          assert.ok(error instanceof Fault && error.status < 500, String(error));
        }
      }),
      { numRuns: 10_000, seed: 3 },
    );
  });
});
