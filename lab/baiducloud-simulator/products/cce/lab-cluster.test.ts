import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCceScene } from "./testing/scene.ts";

const LAB = { id: "cce-cloudlab", name: "cloudlab", version: "1.37.0" };

describe("the cluster of the lab around the simulator", () => {
  it("is one of the account's: listed, shown with the lab's machines, and with kubeconfigs", async () => {
    const { call, simulator, get } = createCceScene();
    simulator.registerCluster(LAB);
    const node = simulator.createInstance({ name: "node-1" });
    const { body } = await call<{ clusterPage: { clusterList: { spec: { clusterID: string } }[] } }>(
      "GET /v2/clusters",
    );
    assert.deepEqual(
      body.clusterPage.clusterList.map(({ spec }) => spec.clusterID),
      [LAB.id],
    );
    const { spec, status } = await get(LAB.id);
    assert.deepEqual(
      [spec.clusterName, spec.k8sVersion, status.clusterPhase, status.nodeNum],
      ["cloudlab", "1.37.0", "running", 1],
    );
    const listed = await call<{ instancePage: { instanceList: { status: { machine: { instanceID: string } } }[] } }>(
      `GET /v2/cluster/${LAB.id}/instances`,
    );
    assert.deepEqual(
      listed.body.instancePage.instanceList.map((one) => one.status.machine.instanceID),
      [node.id],
    );
    const { body: kubeconfig } = await call<{ kubeConfig: string }>(`GET /v2/kubeconfig/${LAB.id}/vpc`);
    assert.match(kubeconfig.kubeConfig, /current-context: lab@cce-cloudlab/);
  });

  it("is not to be changed or deleted through the API", async () => {
    const { call, simulator, instanceSpec } = createCceScene();
    simulator.registerCluster(LAB);
    const deleted = await call(`DELETE /v2/cluster/${LAB.id}`);
    assert.deepEqual([deleted.status, deleted.body.code], [403, "cce.warning.ForbidDelete"]);
    const grown = await call(`POST /v2/cluster/${LAB.id}/instances`, [{ instanceSpec: instanceSpec(), count: 1 }]);
    assert.equal(grown.status >= 400, true, JSON.stringify(grown.body));
    assert.match(String(grown.body.message), /is that of the lab/);
  });
});
