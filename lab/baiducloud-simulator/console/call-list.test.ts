import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CallList, listOf, NO_CALLS, withNewer, withOlder } from "./call-list.ts";
import type { Call, CallPage } from "./data.ts";

const CALL: Omit<Call, "id"> = {
  time: "",
  product: "blb",
  operation: "",
  method: "GET",
  target: "/",
  status: 200,
  code: "",
  requestId: "",
  durationMs: 1,
  fault: "",
};
/** The calls from an id down to another. */
const page = (from: number, to: number, next?: number): CallPage => ({
  calls: Array.from({ length: from - to + 1 }, (_, index) => ({ ...CALL, id: from - index })),
  ...(next === undefined ? {} : { next }),
});
const idsOf = ({ calls }: CallList) => calls.map(({ id }) => id);

describe("the list of calls", () => {
  it("grows at both ends", () => {
    const list = withOlder(withNewer(listOf(page(5, 4, 4)), page(7, 6)), page(3, 2, 2));
    assert.deepEqual([idsOf(list), list.older], [[7, 6, 5, 4, 3, 2], 2]);
    assert.equal(withOlder(list, page(1, 1)).older, undefined);
  });

  it("begins anew when more calls have come than a page has", () => {
    const list = withNewer(listOf(page(5, 1)), page(900, 701, 701));
    assert.deepEqual([list.calls.length, list.calls[0]?.id, list.older], [200, 900, 701]);
  });

  it("lets go of the oldest when it is long, and knows where they are", () => {
    const list = withNewer(withOlder(NO_CALLS, page(5000, 1)), page(5010, 5001));
    assert.deepEqual([list.calls.length, list.calls[0]?.id, list.older], [5000, 5010, 11]);
  });
});
