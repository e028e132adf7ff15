import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { timelinePage } from "./timeline-page.ts";

describe("timelinePage", () => {
  it("shows every line, tells faults, writes, refusals and words apart, and lets nothing out of its text", () => {
    const lines = [
      "1.000 ccm-1 → cloud GET /v1/blb = 200",
      '2.000 ccm-1 → cloud POST /v1/blb {"name":"<script>alert(1)</script>"} = 200',
      "3.000 fault dies-after at effect 8: ccm-1 → cloud POST /v1/blb",
      "4.000 ccm-2 → kube PATCH /api/v1/services = 409",
      "5.000 ccm-2 · info: service changed {}",
    ];
    const page = timelinePage("service-create", lines, ["two live <addresses>"]);
    assert.deepEqual(
      [...page.matchAll(/<tr class="(\w+)"/g)].map(([, kind]) => kind),
      ["read", "write", "fault", "refused", "said"],
    );
    assert.match(page, /Red: <a href="#fault-1">the fault<\/a>\. Blue/);
    assert.match(page, /<tr class="fault" id="fault-1"><td>3\.000/);
    assert.doesNotMatch(page, /<script>/);
    assert.match(page, /two live &lt;addresses&gt;/);
  });
});
