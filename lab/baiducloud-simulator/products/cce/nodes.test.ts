import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCceScene, type Instance } from "./testing/scene.ts";

const INVALID = "400 cce.warning.InvalidParam";
const NO_NODE = "404 cce.warning.InstanceNotFound";

interface Machines {
  readonly instances: readonly {
    readonly id: string;
    readonly name: string;
    readonly internalIp: string;
    readonly status: string;
  }[];
}

describe("instances of a cluster", () => {
  it("walk from pending to running, and are machines of BCC as well", async () => {
    const { cluster, call, instanceSpec, clock, subnetId } = createCceScene();
    const id = await cluster();
    const path = `/api/cce/service/v2/cluster/${id}/instances`;
    const made = await call<{ cceInstanceIDs: string[] }>(`POST ${path}`, [{ instanceSpec: instanceSpec(), count: 1 }]);
    const [nodeId = ""] = made.body.cceInstanceIDs;
    assert.match(nodeId, new RegExp(`^${id}-[a-z0-9]{8}$`));
    const seen: string[] = [];
    for (let i = 0; i < 30; i++) {
      const { instance } = (await call<{ instance: Instance }>(`GET /v2/cluster/${id}/instance/${nodeId}`)).body;
      const now = `${instance.status.instancePhase} ${instance.status.machineStatus}`;
      if (now !== seen.at(-1)) seen.push(now);
      await clock.advance(250);
    }
    assert.deepEqual(seen, ["pending BUILD", "provisioning BUILD", "provisioned ACTIVE", "running ACTIVE"]);
    const { instance } = (await call<{ instance: Instance }>(`GET /v2/cluster/${id}/instance/${nodeId}`)).body;
    const { instanceID, vpcIP, k8sNodeName } = instance.status.machine;
    const { instances } = (await call<Machines>("GET /v2/instance")).body;
    assert.deepEqual(
      instances.map((one) => [one.id, one.internalIp, one.status]),
      [[instanceID, vpcIP, "Running"]],
    );
    assert.equal(k8sNodeName, vpcIP);
    const { vpcConfig, instanceResource } = instance.spec as unknown as {
      vpcConfig: { vpcSubnetID: string; availableZone: string };
      instanceResource: { machineSpec: string; cpu: number; mem: number };
    };
    assert.deepEqual([vpcConfig.vpcSubnetID, vpcConfig.availableZone], [subnetId, "zoneA"]);
    assert.deepEqual(
      [instanceResource.machineSpec, instanceResource.cpu, instanceResource.mem],
      ["bcc.g5.c4m16", 4, 16],
    );
  });

  it("are called by their host names where the cluster wants it, and never show a password", async () => {
    const { cluster, instances, list } = createCceScene();
    const id = await cluster({ k8sCustomConfig: { enableHostname: true } });
    await instances(id, 1, { instanceName: "worker-1", adminPassword: "Secret-1" });
    const [node] = await list(id);
    assert.equal(node?.status.machine.k8sNodeName, "worker-1");
    assert.ok(!JSON.stringify(node).includes("Secret-1"));
  });

  it("are refused as a whole when one of them is wrong", async () => {
    const { cluster, code, instanceSpec, list, simulator, call } = createCceScene({
      quotas: { cceNodesPerCluster: 2 },
    });
    const id = await cluster();
    const path = `POST /v2/cluster/${id}/instances`;
    const good = { instanceSpec: instanceSpec(), count: 1 };
    const noSubnet = { instanceSpec: instanceSpec({ vpcConfig: {} }), count: 1 };
    const noMachine = { instanceSpec: { existed: true, existedOption: { existedInstanceID: "i-none" } }, count: 1 };
    for (const body of [[], {}, [good, noSubnet], [good, noMachine], [good, { count: 1 }]])
      assert.equal(await code(path, body), INVALID, JSON.stringify(body));
    assert.equal(await code(path, [{ ...good, count: 3 }]), "403 cce.warning.QuotaExceeded");
    assert.deepEqual(await list(id), []);
    assert.equal(simulator.inventory().instances.length, 0);
    assert.equal(await code("POST /v2/cluster/cce-none0000/instances", [good]), "404 cce.warning.ClusterNotFound");
    const fresh = await call<{ clusterID: string }>("POST /v2/cluster", {
      cluster: { clusterName: "young", vpcID: simulator.vpcId },
    });
    assert.equal(await code(`POST /v2/cluster/${fresh.body.clusterID}/instances`, [good]), "412 PreconditionFailed");
    const quota = (await call<{ quota: number; used: number }>(`GET /v2/quota/cluster/${id}/node`)).body;
    assert.deepEqual([quota.quota, quota.used], [2, 0]);
    assert.equal(await code("GET /v2/quota/cluster/cce-none0000/node"), "404 cce.warning.ClusterNotFound");
  });

  it("tell why they could not be created", async () => {
    const { cluster, call, instances, list } = createCceScene();
    const id = await cluster();
    const { vpcId } = (await call<{ vpcId: string }>("POST /v1/vpc", { name: "small", cidr: "10.9.0.0/16" })).body;
    const small = { name: "s", zoneName: "cn-bj-a", cidr: "10.9.1.0/28", vpcId };
    const { subnetId } = (await call<{ subnetId: string }>("POST /v1/subnet", small)).body;
    const other = await cluster({ vpcID: vpcId });
    const made = await instances(other, 14, { vpcConfig: { vpcSubnetID: subnetId } });
    const failed = (await list(other)).filter((one) => one.status.instancePhase === "create_failed");
    assert.ok(failed.length > 0 && failed.length < made.length, `${failed.length} of ${made.length} failed`);
    const path = `GET /v2/event/instance/${failed[0]?.spec.cceInstanceID}`;
    const { status, steps } = (
      await call<{ status: string; steps: { stepStatus: string; errInfo: { message?: string } }[] }>(path)
    ).body;
    assert.equal(status, "create_failed");
    assert.match(steps.find(({ stepStatus }) => stepStatus === "failed")?.errInfo.message ?? "", /no more addresses/);
    assert.equal((await list(id)).length, 0);
    assert.equal((await call("GET /v2/event/instance/none")).body.code, "cce.warning.InstanceNotFound");
  });

  it("may be machines that are there already", async () => {
    const { cluster, instances, list, code, simulator } = createCceScene();
    const id = await cluster();
    const machine = simulator.createInstance({ name: "mine", inCluster: false });
    const spec = { existed: true, existedOption: { existedInstanceID: machine.id } };
    await instances(id, 1, spec);
    const [node] = await list(id);
    assert.deepEqual([node?.status.machine.instanceID, node?.status.instancePhase], [machine.id, "running"]);
    assert.equal(simulator.inventory().instances.length, 1);
    const twice = [{ instanceSpec: spec, count: 1 }];
    assert.equal(await code(`POST /v2/cluster/${id}/instances`, twice), INVALID);
  });

  it("are listed in pages that cover exactly the list, by any keyword and in any order", async () => {
    const { cluster, instances, list, code, group } = createCceScene();
    const id = await cluster();
    for (const instanceName of ["b", "a", "c"]) await instances(id, 1, { instanceName });
    const groupId = await group(id, 2);
    const all = await list(id);
    assert.equal(all.length, 5);
    for (const size of [1, 2, 3, 5, 10]) {
      const paged: string[] = [];
      for (let no = 1; no <= Math.ceil(5 / size); no++)
        paged.push(...(await list(id, `pageNo=${no}&pageSize=${size}`)).map(({ spec }) => spec.cceInstanceID));
      assert.deepEqual(
        paged,
        all.map(({ spec }) => spec.cceInstanceID),
      );
    }
    const names = async (query: string) => (await list(id, query)).map(({ spec }) => spec.instanceName);
    assert.deepEqual((await names("orderBy=instanceName&order=DESC")).slice(-3).sort(), ["a", "b", "c"].slice(0, 3));
    assert.equal((await list(id, `keywordType=instanceGroupID&keyword=${groupId}`)).length, 2);
    const { instanceID, vpcIP, k8sNodeName } = all[1]?.status.machine ?? { instanceID: "", vpcIP: "", k8sNodeName: "" };
    for (const query of [
      `instanceID&keyword=${instanceID}`,
      `vpcIP&keyword=${vpcIP}`,
      `k8sNodeName&keyword=${k8sNodeName}`,
    ])
      assert.deepEqual(await names(`keywordType=${query}`), ["a"]);
    assert.equal(await code(`GET /v2/cluster/${id}/instances?keywordType=color&keyword=x`), INVALID);
    assert.equal(await code(`GET /v2/cluster/${id}/instances?orderBy=color`), INVALID);
  });
});

describe("taking instances out of a cluster", () => {
  it("releases their machines when that is wanted, and keeps them otherwise", async () => {
    const { cluster, instances, list, call, code, settle, simulator } = createCceScene();
    const id = await cluster();
    const [one = "", two = "", three = ""] = await instances(id, 3);
    const path = `/v2/cluster/${id}/instances`;
    assert.equal(await code(`PUT ${path}`, { instanceIDs: [one], deleteOption: { deleteResource: true } }), "200");
    assert.equal((await list(id)).find(({ spec }) => spec.cceInstanceID === one)?.status.instancePhase, "deleting");
    assert.equal(await code(`DELETE ${path}`, { instanceIDs: [two] }), "200");
    await settle(10_000);
    assert.deepEqual(
      (await list(id)).map(({ spec }) => spec.cceInstanceID),
      [three],
    );
    assert.equal(simulator.inventory().instances.length, 2);
    assert.equal(await code(`GET /v2/cluster/${id}/instance/${one}`), NO_NODE);
    assert.equal(await code(`PUT ${path}`, { instanceIDs: [three, "none"] }), NO_NODE);
    assert.equal((await list(id))[0]?.status.instancePhase, "running");
    assert.equal(await code(`PUT ${path}`, {}), INVALID);
    const both = { instanceIDs: [three], deleteOption: { moveOut: true, deleteResource: true } };
    assert.equal(await code(`PUT ${path}`, both), "200");
    await settle(10_000);
    assert.equal((await call<Machines>("GET /v2/instance")).body.instances.length, 2);
  });

  it("happens by a sync when somebody else has deleted the machines", async () => {
    const { cluster, instances, list, call, code, simulator } = createCceScene();
    const id = await cluster();
    await instances(id, 2);
    const [node] = await list(id);
    simulator.deleteInstance(node?.status.machine.instanceID ?? "");
    assert.equal((await list(id))[0]?.status.machineStatus, "DELETED");
    // The Go SDK's path, without the slash.
    const synced = await call<{ clusterID: string }>(`POST /api/cce/service/v2/sync/cluster${id}/instances`);
    assert.equal(synced.body.clusterID, id);
    assert.equal((await list(id)).length, 1);
    assert.equal(await code(`POST /v2/sync/cluster/${id}/instances`), "200");
    assert.equal(await code("POST /v2/sync/cluster/cce-none0000/instances"), "404 cce.warning.ClusterNotFound");
  });
});

describe("changes of an instance", () => {
  it("are its labels, taints and the like, by either form", async () => {
    const { cluster, instances, call, code } = createCceScene();
    const id = await cluster();
    const [nodeId = ""] = await instances(id, 1);
    const path = `/v2/cluster/${id}/instance/${nodeId}`;
    const taints = [{ key: "k", value: "v", effect: "NoSchedule" }];
    const changed = await call<{ instance: Instance }>(`PUT ${path}`, {
      labels: { a: "b" },
      taints,
      machineType: "BBC",
    });
    assert.deepEqual([changed.body.instance.spec.labels, changed.body.instance.spec.machineType], [{ a: "b" }, "BCC"]);
    assert.equal(await code(`PUT ${path}`, { taints: [{ key: "k", effect: "Never" }] }), INVALID);
    const crd = (
      await call<{ instance: { metadata: { name: string }; spec: { taints: unknown[] } } }>(`GET ${path}/crd`)
    ).body.instance;
    assert.deepEqual([crd.metadata.name, crd.spec.taints.length], [nodeId, 1]);
    const body = { instance: { ...crd, spec: { ...crd.spec, labels: { c: "d" } } } };
    assert.equal(await code(`PUT /v2/cluster/${id}/instance/crd`, body), "200");
    const after = (await call<{ instance: Instance }>(`GET ${path}`)).body.instance;
    assert.deepEqual(after.spec.labels, { c: "d" });
    for (const line of [`GET ${path}x`, `PUT ${path}x`, `GET ${path}x/crd`])
      assert.equal(await code(line, {}), NO_NODE);
    assert.equal(
      await code(`PUT /v2/cluster/${id}/instance/crd`, { instance: { spec: { cceInstanceID: "x" } } }),
      NO_NODE,
    );
  });

  it("protect it from being chosen when its group shrinks", async () => {
    const { cluster, group, call, code, list, settle } = createCceScene();
    const id = await cluster();
    const groupId = await group(id, 2);
    const [first, second] = (await list(id)).map(({ spec }) => spec.cceInstanceID);
    const body = { instanceIDs: [second, "none"], scaleDownDisabled: true };
    const answer = await call<{ failedInstances: { instanceID: string }[] }>(
      `PUT /v2/cluster/${id}/instanceScaleDown`,
      body,
    );
    assert.deepEqual(
      answer.body.failedInstances.map(({ instanceID }) => instanceID),
      ["none"],
    );
    const shrink = { replicas: 1, instanceIDs: [], deleteInstance: true };
    assert.equal(await code(`PUT /v2/cluster/${id}/instancegroup/${groupId}/replicas`, shrink), "200");
    await settle(10_000);
    assert.deepEqual(
      (await list(id)).map(({ spec }) => spec.cceInstanceID),
      [second],
    );
    assert.notEqual(first, second);
    assert.equal(await code("PUT /v2/cluster/cce-none0000/instanceScaleDown", body), "404 cce.warning.ClusterNotFound");
  });
});

describe("the cluster of the lab, which nobody created", () => {
  it("has all machines that are no other cluster's, whatever it is called", async () => {
    const { call, simulator, cluster, instances } = createCceScene();
    const made = simulator.createInstance({ name: "lab-1" });
    simulator.createInstance({ name: "other", inCluster: false });
    const id = await cluster();
    await instances(id, 1);
    for (const name of ["cce-lab", "cce-abcd1234"]) {
      const { body } = await call<{ instancePage: { totalCount: number; instanceList: Instance[] } }>(
        `GET /v2/cluster/${name}/instances`,
      );
      assert.deepEqual(
        body.instancePage.instanceList.map(({ status }) => status.machine.instanceID),
        [made.id],
      );
    }
    assert.equal((await call("GET /v2/cluster/other/instances")).body.code, "cce.warning.ClusterNotFound");
  });
});
