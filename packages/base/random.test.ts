import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { integer, jitter, randomText, seededRandom } from "./random.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const draw = (seed: string | number, count: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => (i % 3 === 0 ? random.uuid() : random.next()));
};

describe("seededRandom", () => {
  it("gives the same sequence for the same seed, and another for another", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        assert.deepEqual(draw(a, 12), draw(a, 12));
        if (a !== b) assert.notDeepEqual(draw(a, 4), draw(b, 4));
      }),
    );
    assert.deepEqual(draw(1, 5), draw("1", 5));
  });

  it("keeps its sequence over releases: recorded seeds must replay", () => {
    const random = seededRandom(1);
    assert.deepEqual(
      [integer(random, 1000), integer(random, 1000), integer(random, 1000), random.uuid()],
      [201, 442, 360, "97476e12-2981-4954-858b-82a65fcea5c1"],
    );
  });

  it("makes UUIDs of version 4 that do not repeat", () => {
    const random = seededRandom("uuid");
    const uuids = Array.from({ length: 5000 }, () => random.uuid());
    assert.equal(new Set(uuids).size, uuids.length);
    for (const uuid of uuids) assert.match(uuid, UUID);
  });

  it("stays in range, and fills it evenly", () => {
    const random = seededRandom(42);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const value = random.next();
      assert.ok(value >= 0 && value < 1);
      const bin = Math.floor(value * 10);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, `bins: ${counts}`);
  });
});

it("integers, texts and jitter stay in their bounds", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer({ min: 1, max: 1e6 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (s, n, f) => {
        const random = seededRandom(s);
        const value = integer(random, n);
        assert.ok(Number.isInteger(value) && value >= 0 && value < n);
        assert.match(randomText(random, 8, "abc"), /^[abc]{8}$/);
        const delay = jitter(random, 100, f);
        assert.ok(delay >= 100 && delay <= 100 * (1 + f));
      },
    ),
  );
});
