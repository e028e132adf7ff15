import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ENDPOINT_SLICES, NODES } from "@ccm/kube";
import { inLab, type Lab, OWN, PREFIX } from "./testing/lab.ts";

/** Names of the nodes that are backends. */
const backends = async (lab: Lab): Promise<readonly string[]> => {
  const { instances, backends: found } = lab.simulator.inventory();
  return found.map(({ instanceId }) => instances.find(({ id }) => id === instanceId)?.name ?? "?").sort();
};
const slice = async (lab: Lab, name: string, service: string, nodes: readonly string[]) => {
  const endpoints = nodes.map((nodeName, i) => ({ addresses: [`10.0.0.${i + 1}`], nodeName }));
  const metadata = { namespace: "default", name, labels: { "kubernetes.io/service-name": service } };
  const kind = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" };
  await lab.kube
    .create(ENDPOINT_SLICES, { ...kind, metadata, addressType: "IPv4", endpoints })
    .catch(() => lab.kube.patch(ENDPOINT_SLICES, metadata, { type: "merge", body: { endpoints } }));
};
const LOCAL = { externalTrafficPolicy: "Local" as const };

describe("the backends of a Service", () => {
  it("row 28: are with policy Local the nodes of its Pods, from all slices, and follow them by themselves", () =>
    inLab(async (lab) => {
      await slice(lab, "web-1", "web", ["node-1"]);
      await slice(lab, "web-2", "web", ["node-2", "node-1"]);
      await slice(lab, "other", "api", ["node-3"]);
      await lab.apply("web", { spec: LOCAL });
      assert.deepEqual((await lab.ensure("web")).problems, []);
      assert.deepEqual(await backends(lab), ["node-1", "node-2"]);
      await slice(lab, "web-2", "web", ["node-3"]);
      await lab.clock.advance(10_000);
      assert.deepEqual(await backends(lab), ["node-1", "node-3"]);
      await lab.kube.delete(ENDPOINT_SLICES, { namespace: "default", name: "web-1" });
      await lab.clock.advance(10_000);
      assert.deepEqual(await backends(lab), ["node-3"]);
    }));
  it("row 28: need no health check node port for TCP and UDP with policy Local: only nodes with a ready Pod are among them", () =>
    inLab(async (lab) => {
      await slice(lab, "web-1", "web", ["node-1", "node-2"]);
      const ports = (["TCP", "UDP"] as const).map((protocol) => ({ name: protocol.toLowerCase(), port: 53, protocol }));
      await lab.apply("web", { spec: { ...LOCAL, ports } });
      assert.deepEqual((await lab.ensure("web")).problems, []);
      const { spec } = await lab.get("web");
      assert.ok(spec?.healthCheckNodePort);
      const [blb] = await lab.during(lab.console.blb.list());
      const listeners = await lab.during(lab.console.blb.listListeners(blb?.blbId ?? ""));
      const checked = listeners.map(({ backendPort, healthCheckPort }) => healthCheckPort ?? backendPort);
      assert.deepEqual(checked.sort(), spec.ports?.map(({ nodePort }) => nodePort).sort());
      // The Pod on node-2 fails its readiness probe: node-2 goes, before any check of the load balancer could tell.
      const endpoints = ["node-1", "node-2"].map((nodeName, i) => ({
        ...{ addresses: [`10.0.0.${i + 1}`], nodeName },
        conditions: { ready: i === 0, serving: i === 0, terminating: false },
      }));
      const body = { endpoints };
      await lab.kube.patch(ENDPOINT_SLICES, { namespace: "default", name: "web-1" }, { type: "merge", body });
      await lab.clock.advance(10_000);
      assert.deepEqual(await backends(lab), ["node-1"]);
    }));
  it("row 28: are none, without an error, when it has no Pods, and the address is made all the same", () =>
    inLab(async (lab) => {
      await slice(lab, "web-1", "web", ["node-1"]);
      await lab.apply("web", { spec: LOCAL });
      await lab.ensure("web");
      await slice(lab, "web-1", "web", []);
      await lab.clock.advance(10_000);
      assert.deepEqual(await backends(lab), []);
      await lab.apply("new", { spec: LOCAL });
      const { problems, status } = await lab.ensure("new");
      assert.deepEqual(problems, []);
      assert.ok(status?.ingress?.[0]?.ip);
    }));
  it("row 28: of policy Cluster do not look at Pods at all", () =>
    inLab(async (lab) => {
      await lab.apply("web");
      await lab.ensure("web");
      await slice(lab, "web-1", "web", ["node-1"]);
      await lab.clock.advance(10_000);
      assert.deepEqual(await backends(lab), ["node-1", "node-2", "node-3"]);
    }));
  it("row 27: are not the control plane's, nor nodes that are excluded, or about to be deleted", () =>
    inLab(async (lab) => {
      const label = (name: string, labels: Record<string, string>) =>
        lab.kube.patch(NODES, { name }, { type: "merge", body: { metadata: { labels } } });
      await label("node-1", { "node-role.kubernetes.io/control-plane": "" });
      await label("node-2", { "node.kubernetes.io/exclude-from-external-load-balancers": "" });
      await lab.apply("web");
      await lab.ensure("web");
      assert.deepEqual(await backends(lab), ["node-3"]);
      const taints = [{ key: "ToBeDeletedByClusterAutoscaler", value: "1", effect: "NoSchedule" as const }];
      await lab.kube.patch(NODES, { name: "node-3" }, { type: "merge", body: { spec: { taints } } });
      await lab.ensure("web");
      assert.deepEqual(await backends(lab), ["node-1"], "there is nobody else");
    }));
  it("row 27: are at most as many as the annotation says", () =>
    inLab(async (lab) => {
      await lab.apply("web", { annotations: { [`${PREFIX}cce-load-balancer-rs-max-num`]: "2" } });
      await lab.ensure("web");
      assert.equal((await backends(lab)).length, 2);
    }));
  it("row 27: are those nodes that have the labels, and not with policy Local", () =>
    inLab(async (lab) => {
      await lab.kube.patch(
        NODES,
        { name: "node-2" },
        { type: "merge", body: { metadata: { labels: { pool: "edge" } } } },
      );
      await lab.clock.advance(1000);
      const annotations = { [`${PREFIX}cce-load-balancer-backend-label`]: "pool=edge" };
      await lab.apply("web", { annotations });
      await lab.ensure("web");
      assert.deepEqual(await backends(lab), ["node-2"]);
      await lab.apply("local", { annotations, spec: LOCAL });
      assert.deepEqual(lab.loadBalancers.nodeSelector?.(await lab.get("local")), {});
    }));
  it("row 27: are 50 at most when the cluster is larger, come in batches, and cost no call while they stay the same", () =>
    inLab(
      async (lab) => {
        await lab.apply("web");
        assert.deepEqual((await lab.ensure("web")).problems, []);
        assert.equal((await backends(lab)).length, 50);
        const batches = lab.calls.filter((call) => /^POST .*backendserver/.test(call));
        assert.equal(batches.length, 3, "20, 20 and 10");
        // One node more: there is no room for it, and nothing to ask the cloud.
        const { id } = lab.simulator.createInstance({ name: "late", hostname: "late" });
        await lab.kube.create(NODES, {
          apiVersion: "v1",
          kind: "Node",
          metadata: { name: "late", labels: { "topology.kubernetes.io/zone": "cn-bj-a" } },
          spec: { providerID: `cce://${id}` },
        });
        await lab.clock.advance(1000);
        lab.calls.length = 0;
        await lab.updateBackends("web");
        assert.deepEqual(lab.calls, []);
        // One that it uses goes: one comes.
        const [gone = ""] = await backends(lab);
        await lab.kube.delete(NODES, { name: gone });
        await lab.clock.advance(1000);
        await lab.updateBackends("web");
        const now = await backends(lab);
        assert.equal(now.length, 50);
        assert.ok(!now.includes(gone));
        assert.equal(lab.calls.filter((call) => /^(POST|PUT) /.test(call)).length, 2, "one removed, one added");
      },
      { nodes: 60 },
    ));
  it("row 27: all change places while the load balancer is full, and there is always somebody", () =>
    inLab(
      async (lab) => {
        await lab.apply("web");
        await lab.ensure("web");
        const before = await backends(lab);
        for (const name of before) await lab.kube.delete(NODES, { name });
        await lab.clock.advance(1000);
        let fewest = 50;
        const asked = lab.updateBackends("web").then(() => "done");
        assert.equal(await asked, "done");
        const steps = lab.calls.filter((call) => /^(POST|PUT) .*backendserver/.test(call));
        let count = 50;
        for (const call of steps.slice(3)) {
          const changed = (call.match(/i-\w+/g) ?? []).length;
          count += call.startsWith("POST") ? changed : -changed;
          assert.ok(count <= 50, "more than the cloud takes");
          fewest = Math.min(fewest, count);
        }
        assert.ok(fewest > 0);
        assert.equal((await backends(lab)).length, 50);
        assert.ok((await backends(lab)).every((name) => !before.includes(name)));
      },
      { nodes: 100 },
    ));
  it("row 27: are all that exist, when the machine of a Node is gone and the Node still there", () =>
    inLab(
      async (lab) => {
        const [first] = lab.simulator.inventory().instances;
        lab.simulator.deleteInstance(first?.id ?? "");
        await lab.apply("web");
        assert.deepEqual((await lab.ensure("web")).problems, []);
        assert.equal((await backends(lab)).length, 14);
        lab.calls.length = 0;
        await lab.ensure("web");
        assert.deepEqual(
          lab.calls.filter((call) => /^(POST|PUT) .*backendserver/.test(call)),
          [],
          "not again at once",
        );
      },
      { nodes: 15 },
    ));
  it("row 27: have the weight that the Node says", () =>
    inLab(async (lab) => {
      const annotations = { [`${OWN}backend-weight`]: "20" };
      await lab.kube.patch(NODES, { name: "node-1" }, { type: "merge", body: { metadata: { annotations } } });
      await lab.clock.advance(1000);
      await lab.apply("web");
      await lab.ensure("web");
      assert.deepEqual(
        lab.simulator
          .inventory()
          .backends.map(({ weight }) => weight)
          .sort(),
        [100, 100, 20],
      );
    }));
});
