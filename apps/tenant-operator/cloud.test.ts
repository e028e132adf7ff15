import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BceClient } from "@ccm/bce";
import { cceTenantCloud } from "./cloud.ts";

const signal = new AbortController().signal;

function createAccess(message?: string) {
  const calls: unknown[] = [];
  const grant = { userId: "u1", clusterName: "", role: "cce:admin" };
  const access = {
    listGrants: async () => [
      { ...grant, clusterId: "cce-1", namespace: "a-web" },
      { ...grant, clusterId: "cce-1", namespace: "all" },
      { ...grant, clusterId: "cce-2", namespace: "a-web" },
    ],
    async grant(given: unknown) {
      calls.push(given);
      return [{ clusterId: "cce-1", success: message === undefined, message: message ?? "" }];
    },
    revoke: async (given: unknown) => void calls.push(given),
  };
  return { cloud: cceTenantCloud(access as unknown as BceClient["cceAccess"], "cce-1"), calls };
}

describe("grants of IAM users by CCE", () => {
  it("are those in this cluster for one namespace", async () => {
    const { cloud } = createAccess();
    assert.deepEqual(await cloud.grantsOf("u1", signal), [{ user: "u1", namespace: "a-web", role: "cce:admin" }]);
  });

  it("are made and taken back in this cluster, in that namespace alone", async () => {
    const { cloud, calls } = createAccess();
    await cloud.grant({ user: "u1", namespace: "a-web", role: "cce:devops" }, signal);
    await cloud.revoke({ user: "u1", namespace: "a-web", role: "cce:devops" }, signal);
    assert.deepEqual(calls, [
      { clusterId: "cce-1", userId: "u1", role: "cce:devops", namespace: "a-web" },
      { clusterId: "cce-1", userId: "u1", namespace: "a-web" },
    ]);
  });

  it("that the cloud does not make, though it answers well, fail with its reason", async () => {
    const { cloud } = createAccess("no such user");
    const grant = { user: "u1", namespace: "a-web", role: "cce:admin" };
    await assert.rejects(cloud.grant(grant, signal), new Error("cce-1: no such user"));
    await assert.rejects(cloud.grant({ ...grant, role: "x" }, signal), /^Error: role x: expected one of cce:admin/);
  });
});
