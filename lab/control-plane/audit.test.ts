import assert from "node:assert/strict";
import { it } from "node:test";
import { parseAuditLog } from "./audit.ts";

it("reads the events of an audit log, but for a line that is still being written", () => {
  const line = (verb: string) => JSON.stringify({ auditID: "1", stage: "ResponseComplete", verb });
  const verbs = (text: string) => parseAuditLog(text).map((event) => event.verb);
  assert.deepEqual(verbs(`${line("get")}\n${line("list")}\n{"auditID`), ["get", "list"]);
  assert.deepEqual(verbs(""), []);
});
