import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tenantOf } from "./tenant-of.ts";

const namespace = (labels?: Record<string, string>) => ({ metadata: { name: "web", ...(labels ? { labels } : {}) } });

describe("the tenant of a namespace", () => {
  it("is named by its label", () => {
    assert.equal(tenantOf(namespace({ "tenancy.baidubce.com/tenant": "a" })), "a");
  });

  it("is Capsule's where there is no label of ours", () => {
    assert.equal(tenantOf(namespace({ "capsule.clastix.io/tenant": "oil" })), "oil");
    assert.equal(tenantOf(namespace({ "capsule.clastix.io/tenant": "oil", "tenancy.baidubce.com/tenant": "a" })), "a");
  });

  it("is none without a label, with an empty one, or without a namespace", () => {
    assert.equal(tenantOf(namespace()), undefined);
    assert.equal(tenantOf(namespace({ "tenancy.baidubce.com/tenant": "" })), undefined);
    assert.equal(tenantOf(undefined), undefined);
  });
});
