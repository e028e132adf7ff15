import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Fault } from "./fault.ts";
import { mismatch } from "./mismatch.ts";
import { parse, parseFields } from "./parse.ts";
import { boolean, csv, integer, list, object, oneOf, openObject, optional, type Schema, text } from "./schema.ts";

const refusal = (schema: Schema, value: unknown): string => {
  try {
    parse(schema, value, "x");
  } catch (error) {
    assert.ok(error instanceof Fault);
    return `${error.status} ${error.code} ${error.message}`;
  }
  return "taken";
};

describe("a value is", () => {
  const rows: readonly (readonly [what: string, schema: Schema, value: unknown, outcome: string])[] = [
    ["required", text(), undefined, "400 InappropriateJSON x is required."],
    ["required, and null is absent", text(), null, "400 InappropriateJSON x is required."],
    ["required, and an empty text is absent", text(), "", "400 InappropriateJSON x is required."],
    ["of its type", text(), 3, "400 InappropriateJSON x: expected a string."],
    ["one of its enum", oneOf("a", "b"), "c", '400 BadRequest x: "c" is unknown.'],
    ["not asked for its enum when it is empty and optional", optional(oneOf("a")), "", "taken"],
    ["as short as asked", text({ max: 2 }), "abc", "400 BadRequest x: at most 2 characters."],
    [
      "of its pattern",
      text({ pattern: /^a$/, hint: "an a" }),
      "b",
      '400 BadRequest x: "b" is not valid: expected an a.',
    ],
    ["within its range", integer(1, 9), 10, "400 BadRequest x: 10 is out of range, expected 1 to 9."],
    ["whole", integer(), 1.5, "400 InappropriateJSON x: expected an integer."],
    ["a boolean, not its text, in a body", boolean(), "true", "400 InappropriateJSON x: expected a boolean."],
    ["checked in lists", list(object({ a: text() })), [{ a: "1" }, {}], "400 InappropriateJSON x[1].a is required."],
    ["an object, not a list", object({}), [], "400 InappropriateJSON x: expected an object."],
  ];
  for (const [what, schema, value, outcome] of rows) {
    it(what, () => assert.equal(refusal(schema, value), outcome));
  }
});

describe("parsing", () => {
  it("takes numeric texts for numbers, as older clients send them", () => {
    assert.equal(parse(integer(1, 99), "12", "x"), 12);
  });
  it("fills in the fallback for absent and null", () => {
    const schema = object({ a: optional(integer(), 7), b: optional(text(), "z"), c: optional(text()) });
    assert.deepEqual(parse(schema, { a: null }, ""), { a: 7, b: "z", c: undefined });
  });
  it("leaves unknown fields out, but for open objects", () => {
    assert.deepEqual(parse(object({ a: text() }), { a: "1", b: 2 }, ""), { a: "1" });
    assert.deepEqual(parse(openObject({ a: text() }), { a: "1", b: 2 }, ""), { a: "1", b: 2 });
  });
  it("reads booleans and lists from the query", () => {
    const fields = { on: optional(boolean()), ids: optional(csv()) };
    assert.deepEqual(parseFields(fields, { on: "true", ids: "a,,b" }, "", "query"), { on: true, ids: ["a", "b"] });
  });
  it("is not led astray by names that every object has", () => {
    assert.deepEqual(parse(object({ constructor: optional(text()) }), {}, ""), { constructor: undefined });
  });
});

it("an answer with a field that its schema lacks is a mismatch, and so is one that lacks a field", () => {
  const schema = object({ a: text(), b: optional(integer()) });
  assert.equal(mismatch(schema, { a: "", b: null }), undefined);
  assert.equal(mismatch(schema, { a: "", c: 1 }), "answer.c is not in the schema");
  assert.equal(mismatch(schema, { b: 1 }), "answer.a is missing");
});
