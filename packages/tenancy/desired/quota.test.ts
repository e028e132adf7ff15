import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ResourceQuota } from "../resources.ts";
import type { Tenant } from "../tenant.ts";
import { resourceQuotas } from "./quota.ts";

const tenant = (mode: "Aggregated" | "Strict") =>
  ({
    metadata: { name: "blue" },
    spec: { owners: [], quota: { mode, hard: { pods: 10, configmaps: 10 } } },
  }) as unknown as Tenant;
const used = (namespace: string, pods: string, configmaps: string): ResourceQuota =>
  ({ metadata: { namespace, name: "tenancy" }, status: { used: { pods, configmaps } } }) as ResourceQuota;
const hardOf = (mode: "Aggregated" | "Strict") =>
  resourceQuotas(tenant(mode), ["a", "b"], [used("a", "3", "2"), used("b", "4", "1")]).map(
    ({ object }) => (object as ResourceQuota).spec?.hard,
  );

describe("the ResourceQuotas of a tenant's namespaces", () => {
  it("give each what it uses and what is left of the whole", () => {
    assert.deepEqual(hardOf("Aggregated"), [
      { pods: "6", configmaps: "9" },
      { pods: "7", configmaps: "8" },
    ]);
  });

  it("leave to a strict quota what it counts before a create: a late share would refuse what the count has let in", () => {
    assert.deepEqual(hardOf("Strict"), [
      { pods: "10", configmaps: "9" },
      { pods: "10", configmaps: "8" },
    ]);
  });
});
