import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jsonResponse } from "@ccm/base";
import { isBceError } from "./error.ts";
import { fakeCloud } from "./fake-cloud.ts";

const GRANT = { clusterId: "cce-1", userId: "u1", role: "cce:devops", namespace: "shop" } as const;
type Client = ReturnType<typeof fakeCloud>["client"];

async function wire(act: (client: Client) => Promise<unknown>, answer: unknown) {
  const cloud = fakeCloud(() => jsonResponse(200, answer));
  const outcome = await cloud.settled(act(cloud.client));
  if (outcome.error !== undefined) throw outcome.error;
  const got = outcome.value;
  const asked = cloud.asked.map(({ method, target, body }) => {
    return [method, target, ...(body === undefined ? [] : [JSON.stringify(body)])].join(" ");
  });
  return { asked, got };
}

describe("access to clusters, on the wire", () => {
  it("a kubeconfig is one signed GET", async () => {
    const { asked, got } = await wire((c) => c.cceAccess.getKubeconfig("cce-1", "vpc"), { kubeConfig: "yaml" });
    assert.deepEqual([asked, got], [["GET /v2/kubeconfig/cce-1/vpc"], "yaml"]);
  });

  it("a temporary one is a grant with an end", async () => {
    const act = (c: Client) => c.cceAccess.createTemporaryKubeconfig({ ...GRANT, hours: 2, type: "public" });
    const { asked, got } = await wire(act, {
      data: [{ clusterID: "cce-1", success: true }],
      temporaryKubeConfig: "yaml",
    });
    const body =
      '{"clusterID":"cce-1","userID":"u1","role":"cce:devops","namespace":"shop","temp":true,"expireHours":2,"kubeConfigType":"public"}';
    assert.deepEqual([asked, got], [[`POST /v2/rbac ${body}`], "yaml"]);
    const refused = wire(act, { data: [{ clusterID: "cce-1", success: false, message: "no\nsuch user" }] });
    await assert.rejects(
      refused,
      (error) => isBceError(error, "permanent") && /cce-1: no such user/.test(error.message),
    );
  });

  it("grants, resets and revocations name the cluster and the user in the body, DELETE too", async () => {
    const granted = await wire((c) => c.cceAccess.grant(GRANT), {
      data: [{ clusterID: "cce-1" }, { clusterID: "cce-2", success: false, message: "x" }],
    });
    assert.deepEqual(granted.got, [
      { clusterId: "cce-1", success: true, message: "" },
      { clusterId: "cce-2", success: false, message: "x" },
    ]);
    const subject = '{"clusterID":"cce-1","userID":"u1"';
    const { clusterId, userId } = GRANT;
    const reset = await wire((c) => c.cceAccess.resetCredentials({ clusterId, userId }), {});
    assert.deepEqual(reset.asked, [`PUT /v2/rbac ${subject}}`]);
    const revoked = await wire((c) => c.cceAccess.revoke({ clusterId, userId, namespace: "shop" }), {});
    assert.deepEqual(revoked.asked, [`DELETE /v2/rbac ${subject},"namespace":"shop"}`]);
    const listed = await wire((c) => c.cceAccess.listGrants("u1"), {
      data: [{ clusterID: "cce-1", role: "cce:admin" }],
    });
    assert.deepEqual(listed.asked, ["GET /v2/rbac?userID=u1"]);
    assert.deepEqual(listed.got, [
      { userId: "u1", clusterId: "cce-1", clusterName: "", role: "cce:admin", namespace: "all" },
    ]);
  });

  it("clusters and identities are read as people know them", async () => {
    const cluster = {
      spec: { clusterID: "cce-1", clusterName: "shop", k8sVersion: "1.34.2" },
      status: { clusterPhase: "running", nodeNum: 3, clusterBLB: { id: "lb-1", vpcIP: "10.0.0.9", eip: "" } },
    };
    const { got } = await wire((c) => c.cceAccess.getCluster("cce-1"), { cluster });
    const flat = {
      clusterId: "cce-1",
      name: "shop",
      version: "1.34.2",
      phase: "running",
      nodes: 3,
      loadBalancerId: "lb-1",
      vpcIp: "10.0.0.9",
      publicIp: "",
    };
    assert.deepEqual(got, flat);
    const told: unknown[] = [];
    const page = { clusterPage: { totalCount: 1, clusterList: [cluster] } };
    const all = await wire((c) => c.cceAccess.listClusters({ onPage: (...counts) => told.push(counts) }), page);
    assert.deepEqual([all.asked, all.got, told], [["GET /v2/clusters?pageNo=1&pageSize=100"], [flat], [[1, 1]]]);
    const users = await wire((c) => c.iam.listUsers(), { users: [{ id: "1", name: "ann", enabled: true }] });
    assert.deepEqual([users.asked, users.got], [["GET /v1/user"], [{ id: "1", name: "ann" }]]);
    assert.deepEqual((await wire((c) => c.iam.listRoles(), {})).got, []);
    await assert.rejects(
      wire((c) => c.cceAccess.getCluster("cce-1"), {}),
      /the answer has no cluster/,
    );
  });
});
