import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readSession, writeSession } from "./http-session.ts";

const INSERT = { type: "insert", seconds: 60 } as const;
const REWRITE = { type: "rewrite", cookieName: "sid" } as const;

/** What a browser would send back. */
const cookieOf = (setCookies: readonly string[]): string => setCookies.map((line) => line.split(";")[0]).join("; ");

describe("session persistence", () => {
  it("by an inserted cookie binds a client once, and shows backends only their own cookies", () => {
    const set = writeSession(INSERT, ["a=1; Path=/"], "i-7", undefined);
    assert.equal(set.length, 2);
    assert.match(set[1] ?? "", /; Path=\/; Max-Age=60; HttpOnly$/);
    assert.deepEqual(readSession(INSERT, cookieOf(set)), { token: "i-7", cookie: "a=1" });
    assert.deepEqual(writeSession(INSERT, [], "i-7", "i-7"), [], "it is not sent again");
    assert.equal(writeSession(INSERT, [], "i-8", "i-7").length, 1, "unless the backend is another now");
  });

  it("by a rewritten cookie leaves the backend's own value as it was", () => {
    const value = fc.stringMatching(/^[A-Za-z0-9~=.]{0,20}$/);
    fc.assert(
      fc.property(value, (own) => {
        const set = writeSession(REWRITE, [`sid=${own}; Secure`, "b=2"], "i-7", undefined);
        assert.match(set[0] ?? "", /; Secure$/);
        assert.deepEqual(readSession(REWRITE, cookieOf(set)), { token: "i-7", cookie: `sid=${own}; b=2` });
      }),
    );
    assert.deepEqual(writeSession(REWRITE, ["b=2"], "i-7", undefined), ["b=2"], "without the cookie, no session");
  });

  it("knows nothing of a client without cookies, or with foreign ones", () => {
    for (const session of [INSERT, REWRITE]) {
      assert.deepEqual(readSession(session, undefined), { token: undefined, cookie: undefined });
      assert.deepEqual(readSession(session, "x=1; sid=mine"), { token: undefined, cookie: "x=1; sid=mine" });
    }
  });
});
