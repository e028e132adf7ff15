import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { errorText, isAbort } from "./errors.ts";
import { TransportError } from "./http.ts";

describe("errorText", () => {
  it("joins the texts of an error and its causes, without saying the same twice", () => {
    const cause = new Error("connect ECONNREFUSED 127.0.0.1:1");
    assert.equal(errorText(new Error("list nodes", { cause })), "list nodes: connect ECONNREFUSED 127.0.0.1:1");
    assert.equal(errorText(new Error(`list nodes: ${cause.message}`, { cause })), `list nodes: ${cause.message}`);
    assert.equal(errorText(new TypeError("")), "TypeError");
    assert.equal(errorText("plain"), "plain");
    assert.equal(errorText(undefined), "unknown error");
    assert.equal(errorText(new AggregateError([new Error("one"), new Error("two")])), "one; two");
  });

  it("leaves out the system's words below a transport's own", () => {
    const cause = new Error("connect ECONNREFUSED 127.0.0.1:1");
    const error = new TransportError("refused", "localhost:1: connection refused", cause);
    assert.equal(errorText(new Error("list nodes", { cause: error })), "list nodes: localhost:1: connection refused");
  });

  it("has a text for anything that can be thrown, and ends for causes in a circle", () => {
    fc.assert(fc.property(fc.anything({ withNullPrototype: true }), (thrown) => assert.ok(errorText(thrown))));
    const circle = new Error("a");
    circle.cause = new Error("b", { cause: circle });
    assert.equal(errorText(circle), "a: b");
  });
});

it("an abort is told from a failure by the signal, not by the error's name alone", () => {
  const reason = new Error("stop");
  const aborted = AbortSignal.abort(reason);
  assert.equal(isAbort(reason, aborted), true);
  assert.equal(isAbort(new DOMException("x", "AbortError"), aborted), true);
  assert.equal(isAbort(new Error("other"), aborted), false);
  assert.equal(isAbort(reason, new AbortController().signal), false);
  assert.equal(isAbort(reason, undefined), false);
});
