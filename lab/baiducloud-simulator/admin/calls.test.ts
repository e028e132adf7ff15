import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Call } from "../console/data.ts";
import { type CallQuery, createCallLog } from "./calls.ts";

const CALL: Omit<Call, "id"> = {
  time: "2026-01-01T00:00:00.000Z",
  product: "blb",
  operation: "CreateLoadBalancer",
  method: "POST",
  target: "/v1/blb?clientToken=x",
  status: 200,
  code: "",
  requestId: "r-1",
  durationMs: 1,
  fault: "",
};

function idsOf(calls: readonly Partial<Call>[], query: Partial<CallQuery> = {}): readonly number[] {
  const log = createCallLog(100);
  for (const call of calls) log.add({ ...CALL, ...call });
  return log.page({ limit: 100, ...query }).calls.map(({ id }) => id);
}

describe("the log of calls", () => {
  it("lists the newest first, and forgets the oldest", () => {
    const log = createCallLog(3);
    for (let count = 0; count < 5; count++) log.add(CALL);
    assert.deepEqual(
      log.page({ limit: 10 }).calls.map(({ id }) => id),
      [5, 4, 3],
    );
    assert.equal(log.newest, 5);
  });

  it("goes through all of them in pages, also while new ones come", () => {
    const log = createCallLog(100);
    for (let count = 0; count < 5; count++) log.add(CALL);
    const seen: number[] = [];
    let before: number | undefined;
    do {
      const page = log.page({ limit: 2, before });
      seen.push(...page.calls.map(({ id }) => id));
      before = page.next;
      log.add(CALL);
    } while (before !== undefined);
    assert.deepEqual(seen, [5, 4, 3, 2, 1]);
  });

  it("lists what is new since a call", () => {
    assert.deepEqual(idsOf([{}, {}, {}], { after: 2 }), [3]);
    assert.deepEqual(idsOf([{}, {}, {}], { after: 3 }), []);
  });

  it("filters by product, a part of the operation's name, and text", () => {
    const calls = [{ product: "eip", operation: "" }, { code: "NoSuchObject", status: 404 }, { fault: "slow-blb" }];
    assert.deepEqual(idsOf(calls, { product: "eip" }), [1]);
    assert.deepEqual(idsOf(calls, { operation: "loadbal" }), [3, 2]);
    assert.deepEqual(idsOf(calls, { text: "nosuch" }), [2]);
    assert.deepEqual(idsOf(calls, { text: "SLOW" }), [3]);
    assert.deepEqual(idsOf(calls, { product: "blb", text: "R-1", status: "404" }), [2]);
  });

  it("filters by the kind of answer", () => {
    const calls = [200, 404, 500, 0].map((status) => ({ status }));
    const kinds = ["ok", "4xx", "5xx", "lost", "500"].map((status) => idsOf(calls, { status }));
    assert.deepEqual(kinds, [[1], [2], [3], [4], [3]]);
  });
});
