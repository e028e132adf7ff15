import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  anyFlag,
  anyInteger,
  anyText,
  flag,
  integer,
  intOrString,
  listOf,
  message,
  nested,
  readMessage,
  text,
  textMap,
  texts,
  time,
} from "./message.ts";
import { field, fields, varint } from "./testing.ts";
import { NODE_MESSAGE, SERVICE_MESSAGE } from "./types.ts";

interface Sample {
  readonly text: string;
  readonly anyText: string;
  readonly integer: number;
  readonly anyInteger: number;
  readonly flag: boolean;
  readonly anyFlag: boolean;
  readonly texts: readonly string[];
  readonly map: Readonly<Record<string, string>>;
  readonly time: string;
  readonly port: number | string;
  readonly inner: Partial<Sample>;
  readonly inners: readonly Partial<Sample>[];
}
const INNER = message<Sample>({ 1: ["text", text], 4: ["anyInteger", anyInteger] });
const SAMPLE = message<Sample>({
  1: ["text", text],
  2: ["anyText", anyText],
  3: ["integer", integer],
  4: ["anyInteger", anyInteger],
  5: ["flag", flag],
  6: ["anyFlag", anyFlag],
  7: ["texts", texts],
  8: ["map", textMap],
  9: ["time", time],
  10: ["port", intOrString],
  11: ["inner", nested(INNER)],
  20: ["inners", listOf(INNER)],
});
const read = (...parts: readonly Uint8Array[]) => readMessage(SAMPLE, fields(...parts));
const entry = (key: string, value: string) => field(8, fields(field(1, key), field(2, value)));

describe("a protobuf message", () => {
  it("leaves out what JSON leaves out, and keeps the rest", () => {
    assert.deepEqual(read(field(1, ""), field(2, ""), field(3, 0), field(4, 0), field(5, false), field(6, false)), {
      anyText: "",
      anyInteger: 0,
      anyFlag: false,
    });
  });

  it("reads texts of any length and any characters", () => {
    const property = fc.property(
      fc.array(fc.string({ unit: "binary", maxLength: 100 }), { minLength: 1, maxLength: 5 }),
      (all) => {
        assert.deepEqual(read(...all.map((value) => field(7, value))).texts, all);
        // Twice: the second time from what was kept of the first.
        assert.deepEqual(read(...all.map((value) => field(7, value))).texts, all);
      },
    );
    fc.assert(property);
  });

  it("reads whole numbers of up to 53 bits, negative ones too", () => {
    const property = fc.property(fc.maxSafeInteger(), (value) => {
      assert.equal(read(field(4, value)).anyInteger, value);
    });
    fc.assert(property);
    assert.equal(read(field(4, 2n ** 63n - 1n)).anyInteger, 2 ** 63);
  });

  it("reads maps, also with keys that mean something to JavaScript", () => {
    const keys = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString", "0"));
    const property = fc.property(fc.uniqueArray(fc.tuple(keys, fc.string()), { selector: ([key]) => key }), (all) => {
      const { map = {} } = read(...all.map(([key, value]) => entry(key, value))) as Partial<Sample>;
      assert.deepEqual(new Map(Object.entries(map)), new Map(all));
      assert.equal(Object.getPrototypeOf(map), Object.prototype);
    });
    fc.assert(property);
  });

  it("reads times as RFC 3339 in seconds; no time is none", () => {
    assert.equal(read(field(9, fields(field(1, 1764038400), field(2, 5)))).time, "2025-11-25T02:40:00Z");
    assert.equal(read(field(9, fields(field(1, 0)))).time, "1970-01-01T00:00:00Z");
    assert.deepEqual(read(field(9, "")), {});
  });

  it("reads what is a number or a text", () => {
    assert.equal(read(field(10, fields(field(1, 0), field(2, 8080), field(3, "")))).port, 8080);
    assert.equal(read(field(10, fields(field(1, 1), field(2, 0), field(3, "http")))).port, "http");
  });

  it("reads messages in messages, alone and in lists", () => {
    const inner = fields(field(1, "x"), field(4, 7));
    assert.deepEqual(read(field(11, inner), field(20, inner), field(20, "")), {
      inner: { text: "x", anyInteger: 7 },
      inners: [{ text: "x", anyInteger: 7 }, {}],
    });
  });

  it("skips what it does not know, of each wire type, and a known number of another type", () => {
    const fixed = (number: number, type: number, size: number) =>
      fields(varint((number << 3) | type), new Uint8Array(size).fill(0xff));
    const unknown = [field(99, 2n ** 64n - 1n), field(99, "long".repeat(99)), fixed(99, 1, 8), fixed(99, 5, 4)];
    assert.deepEqual(read(...unknown, field(1, 5), field(1, "known"), ...unknown), { text: "known" });
  });

  it("refuses bytes that are cut off anywhere, with a position and without their content", () => {
    const secret = "a secret that nobody may read";
    const whole = fields(field(1, secret), field(11, fields(field(1, secret))), entry(secret, secret), field(4, 300));
    for (let length = 1; length < whole.length; length++) {
      try {
        readMessage(SAMPLE, whole.subarray(0, length));
      } catch (error) {
        assert.ok(error instanceof RangeError);
        assert.match(error.message, /at byte \d+/);
        assert.doesNotMatch(error.message, /secret/);
      }
    }
    assert.throws(() => readMessage(SAMPLE, whole.subarray(0, whole.length - 1)), RangeError);
    assert.throws(() => readMessage(SAMPLE, Buffer.from([0x0b])), /wire type 3 at byte/);
    assert.throws(() => readMessage(SAMPLE, Buffer.alloc(20, 0xff)), /does not end/);
  });

  it("ends for any bytes, with an object or a RangeError", () => {
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const from of [SAMPLE, NODE_MESSAGE, SERVICE_MESSAGE]) {
        try {
          readMessage<unknown>(from, bytes);
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error));
        }
      }
    });
    fc.assert(property, { numRuns: 500 });
  });
});
