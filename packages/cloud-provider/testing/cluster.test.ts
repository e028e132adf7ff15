import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODES, type Node } from "@ccm/kube";
import { FakeProvider } from "../fake-provider.ts";
import { startTestCluster } from "./cluster.ts";

const createProvider = ({ clock }: ConstructorParameters<typeof FakeProvider>[0]) => {
  const cloud = new FakeProvider({ clock });
  cloud.machines.set("n1", { name: "n1", zone: "z1" });
  return cloud;
};

describe("a test cluster", () => {
  it("does nothing until time passes, and then all that is due", async () => {
    const cluster = startTestCluster({ createProvider });
    const { spec } = await cluster.addNode("n1", "10.244.1.0/24");
    assert.equal(spec?.providerID, undefined);
    await cluster.clock.advance(5000);
    const node = await cluster.during(cluster.client.get<Node>(NODES, { name: "n1" }));
    assert.equal(node.spec?.providerID, "fake://n1");
    assert.ok((await cluster.events("n1")).includes("Normal Synced: Node synced successfully"));
    assert.equal(cluster.metrics.value("route_controller_routes_with_problems", { operation: "create" }), 0);
    await cluster.end();
  });

  it("changes a node's readiness, and deletes the node whose machine is gone", async () => {
    const cluster = startTestCluster({
      createProvider: (parts) => new FakeProvider(parts),
      config: { clusterCidr: "10.0.0.0/8" },
    });
    await cluster.addNode("gone");
    await cluster.setReady("gone", false);
    await cluster.clock.advance(300_000);
    assert.deepEqual((await cluster.during(cluster.client.list<Node>(NODES))).items, []);
    await cluster.end();
  });

  it("tells at its end what the manager failed with", async () => {
    const nameless = (parts: Parameters<typeof createProvider>[0]) =>
      Object.assign(createProvider(parts), { hasClusterId: false });
    await assert.rejects(startTestCluster({ createProvider: nameless }).end(), /no cluster ID in the cloud config/);
    const config = { clusterCidr: "" };
    await assert.rejects(startTestCluster({ createProvider, config }).end(), /--cluster-cidr "": missing/);
  });
});
