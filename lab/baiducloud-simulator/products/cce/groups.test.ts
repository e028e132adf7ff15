import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCceScene, type GroupView, type Instance } from "./testing/scene.ts";

const INVALID = "400 cce.warning.InvalidParam";
const NO_GROUP = "404 cce.warning.InstanceGroupNotFound";

interface Page<T> {
  readonly page: { readonly totalCount: number; readonly list: readonly T[] };
}

describe("instance groups", () => {
  it("grow to their size, which is ready when their instances run", async () => {
    const { cluster, call, instanceSpec, getGroup, clock, settle } = createCceScene();
    const id = await cluster();
    const body = { instanceGroupName: "g", selector: null, instanceTemplate: instanceSpec(), replicas: 3 };
    const path = `/api/cce/service/v2/cluster/${id}/instancegroup`;
    const { instanceGroupID } = (await call<{ instanceGroupID: string }>(`POST ${path}`, body)).body;
    assert.match(instanceGroupID, /^cce-ig-[a-z0-9]{8}$/);
    await clock.advance(1000);
    const young = await getGroup(id, instanceGroupID);
    assert.deepEqual([young.spec.replicas, young.status.readyReplicas], [3, 0]);
    assert.equal(young.status.undeliveredMachines.pendingMachines.length, 3);
    await settle(10_000);
    const { spec, status } = await getGroup(id, instanceGroupID);
    assert.deepEqual([status.readyReplicas, status.undeliveredMachines.pendingMachines], [3, []]);
    assert.deepEqual([spec.shrinkPolicy, spec.updatePolicy, spec.cleanPolicy], ["Priority", "Concurrency", "Remain"]);
  });

  it("are refused when their template is wrong or the cluster is full", async () => {
    const { cluster, code, instanceSpec } = createCceScene({ quotas: { cceNodesPerCluster: 2 } });
    const id = await cluster();
    const path = `POST /v2/cluster/${id}/instancegroup`;
    const good = { instanceGroupName: "g", instanceTemplate: instanceSpec(), replicas: 1 };
    const range = { enabled: true, minReplicas: 3, maxReplicas: 2 };
    const bad = [
      { ...good, instanceTemplate: {} },
      { ...good, instanceGroupName: "" },
      { ...good, replicas: -1 },
      { ...good, clusterAutoscalerSpec: range },
    ];
    for (const body of bad) assert.equal(await code(path, body), INVALID);
    assert.equal(await code(path, { ...good, replicas: 3 }), "403 cce.warning.QuotaExceeded");
    assert.equal(await code("POST /v2/cluster/cce-none0000/instancegroup", good), "404 cce.warning.ClusterNotFound");
  });

  it("are listed by name, by who scales them and by payment, in pages", async () => {
    const { cluster, call, group, code } = createCceScene();
    const id = await cluster();
    const clusterAutoscalerSpec = { enabled: true, minReplicas: 0, maxReplicas: 5, scalingGroupPriority: 1 };
    const ids = [
      await group(id, 0, { instanceGroupName: "first" }),
      await group(id, 0, { instanceGroupName: "second", clusterAutoscalerSpec }),
      await group(id, 0, { instanceGroupName: "third" }),
    ];
    const listed = async (query: string) =>
      (await call<Page<GroupView>>(`GET /v2/cluster/${id}/instancegroups?${query}`)).body.page.list.map(
        ({ spec }) => spec.instanceGroupName,
      );
    assert.deepEqual(await listed(""), ["first", "second", "third"]);
    assert.deepEqual(
      [...(await listed("pageNo=1&pageSize=2")), ...(await listed("pageNo=2&pageSize=2"))],
      await listed(""),
    );
    assert.deepEqual(await listed("autoscalerEnabled=true"), ["second"]);
    assert.deepEqual(await listed("autoscalerEnabled=false"), ["first", "third"]);
    assert.deepEqual(await listed("chargingType=Prepaid"), []);
    assert.deepEqual(await listed("keywordType=instanceGroupName&keyword=ir"), ["first", "third"]);
    assert.deepEqual(await listed(`keywordType=instanceGroupID&keyword=${ids[1]}`), ["second"]);
    assert.equal(await code(`GET /v2/cluster/${id}/instancegroups?keywordType=x&keyword=y`), INVALID);
    assert.equal(await code(`GET /v2/cluster/${id}/instancegroup/none`), NO_GROUP);
  });

  it("list their instances by phase", async () => {
    const { cluster, call, group, instances, code } = createCceScene();
    const id = await cluster();
    await instances(id, 1);
    const groupId = await group(id, 3);
    const path = `GET /v2/cluster/${id}/instancegroup/${groupId}/instances`;
    const listed = async (query: string) => (await call<Page<Instance>>(`${path}?${query}`)).body.page;
    assert.equal((await listed("")).totalCount, 3);
    assert.equal((await listed("phases=running%2Cpending")).totalCount, 3);
    assert.equal((await listed("phases=deleting")).totalCount, 0);
    const [one] = (await listed("pageNo=2&pageSize=1")).list;
    assert.equal((await listed(`keywordType=instanceID&keyword=${one?.status.machine.instanceID}`)).totalCount, 1);
    assert.equal(one?.spec.instanceGroupName, "workers");
    assert.equal(await code(`GET /v2/cluster/${id}/instancegroup/none/instances`), NO_GROUP);
  });

  it("are set to a size: those named leave first, then the least important", async () => {
    const { cluster, group, getGroup, code, list, settle, call, simulator } = createCceScene();
    const id = await cluster();
    const groupId = await group(id, 4);
    const path = `PUT /v2/cluster/${id}/instancegroup/${groupId}/replicas`;
    const [a = "", b = "", c = "", d = ""] = (await list(id)).map(({ spec }) => spec.cceInstanceID);
    await call(`PUT /v2/cluster/${id}/instance/${b}`, { cceInstancePriority: 9 });
    for (const one of [c, d]) await call(`PUT /v2/cluster/${id}/instance/${one}`, { cceInstancePriority: 5 });
    const body = { replicas: 2, instanceIDs: [b], deleteInstance: true, deleteOption: { deleteResource: true } };
    assert.equal(await code(path, body), "200");
    assert.equal((await getGroup(id, groupId)).spec.replicas, 2);
    await settle(10_000);
    assert.deepEqual(
      (await list(id)).map(({ spec }) => spec.cceInstanceID),
      [c, d],
    );
    assert.ok(a);
    assert.equal(simulator.inventory().instances.length, 2);
    assert.equal(await code(path, { replicas: 1, instanceIDs: [], deleteInstance: false }), "200");
    await settle(10_000);
    assert.deepEqual([(await list(id)).length, (await getGroup(id, groupId)).status.readyReplicas], [2, 1]);
    assert.equal(await code(path, { replicas: 3, instanceIDs: [], deleteInstance: false }), "200");
    await settle(10_000);
    assert.equal((await getGroup(id, groupId)).status.readyReplicas, 3);
    assert.equal(await code(path, { replicas: 1, instanceIDs: ["none"] }), INVALID);
    assert.equal(await code(path, { replicas: 100_000 }), "403 cce.warning.QuotaExceeded");
    assert.equal(await code(`PUT /v2/cluster/${id}/instancegroup/none/replicas`, { replicas: 1 }), NO_GROUP);
  });

  it("are configured, with what their nodes are to have", async () => {
    const { cluster, group, getGroup, code, list, instanceSpec } = createCceScene();
    const id = await cluster();
    const groupId = await group(id, 1);
    const path = `PUT /v2/cluster/${id}/instancegroup/${groupId}`;
    const range = { enabled: true, minReplicas: 1, maxReplicas: 5, scalingGroupPriority: 2 };
    assert.equal(await code(`${path}/autoscaler`, range), "200");
    assert.deepEqual((await getGroup(id, groupId)).spec.clusterAutoscalerSpec, range);
    for (const bad of [
      { ...range, maxReplicas: 0 },
      { ...range, minReplicas: -1 },
      { ...range, scalingGroupPriority: -1 },
    ])
      assert.equal(await code(`${path}/autoscaler`, bad), INVALID);
    const template = instanceSpec({
      labels: { a: "b" },
      taints: [{ key: "k", effect: "NoSchedule" }],
      adminPassword: "Secret-1",
    });
    const body = {
      passwordNeedUpdate: false,
      syncMeta: true,
      instanceGroupName: "renamed",
      replicas: 7,
      instanceTemplate: template,
    };
    assert.equal(await code(`${path}/configure`, body), "200");
    const { spec } = await getGroup(id, groupId);
    assert.deepEqual([spec.instanceGroupName, spec.replicas], ["renamed", 1]);
    assert.ok(!JSON.stringify(spec).includes("Secret-1"));
    assert.deepEqual((await list(id))[0]?.spec.labels, { a: "b" });
    const other = { ...body, instanceTemplate: instanceSpec({ vpcConfig: { vpcSubnetID: "none" } }) };
    assert.equal(await code(`${path}/configure`, other), INVALID);
    for (const call of ["autoscaler", "configure"])
      assert.equal(await code(`PUT /v2/cluster/${id}/instancegroup/none/${call}`, range), NO_GROUP);
  });

  it("are deleted, with or without their nodes and machines", async () => {
    const { cluster, group, code, list, settle, simulator } = createCceScene();
    const id = await cluster();
    const [one, two, three] = [await group(id, 1), await group(id, 1), await group(id, 1)];
    const path = `DELETE /v2/cluster/${id}/instancegroup`;
    assert.equal(await code(`${path}/${one}?deleteInstances=false&releaseAllResources=false`), "200");
    assert.equal(await code(`${path}/${two}?deleteInstances=true&releaseAllResources=false`), "200");
    assert.equal(await code(`${path}/${three}?deleteInstances=true&releaseAllResources=true`), "200");
    await settle(10_000);
    const left = await list(id);
    assert.deepEqual([left.length, left[0]?.spec.instanceGroupID], [1, undefined]);
    assert.equal(simulator.inventory().instances.length, 2);
    assert.equal(await code(`${path}/${one}`), NO_GROUP);
  });

  it("know to which versions their nodes can be upgraded", async () => {
    const { cluster, group, call, code } = createCceScene();
    const id = await cluster({ k8sVersion: "1.31.1" });
    const groupId = await group(id, 1);
    interface Versions {
      readonly result: Readonly<
        Record<string, { readonly currentVersion: string; readonly componentVersions: readonly object[] }>
      >;
    }
    const { result } = (
      await call<Versions>(`GET /v2/cluster/${id}/instancegroup/${groupId}/component_upgrade_versions`)
    ).body;
    assert.equal(result.kubelet?.currentVersion, "1.31.1");
    assert.equal(result.containerRuntime?.componentVersions.length, 1);
    assert.equal(await code(`GET /v2/cluster/${id}/instancegroup/none/component_upgrade_versions`), NO_GROUP);
  });
});

describe("scaling by tasks", () => {
  it("grows a group to a size or by a number, and is done when all run", async () => {
    const { cluster, group, getGroup, call, task, clock, settle } = createCceScene();
    const id = await cluster();
    const groupId = await group(id, 1);
    const path = `PUT /v2/cluster/${id}/instancegroup/${groupId}/scaleup`;
    const { taskID } = (await call<{ taskID: string }>(`${path}?upToReplicas=3`)).body;
    assert.match(taskID, /^task-/);
    const seen = [(await task(taskID)).phase];
    for (let i = 0; i < 40; i++) {
      await clock.advance(250);
      const { phase } = await task(taskID);
      const { spec, status } = await getGroup(id, groupId);
      assert.equal(spec.replicas, 3);
      assert.equal(phase === "Done", status.readyReplicas === 3, `${phase} with ${status.readyReplicas}`);
      if (phase !== seen.at(-1)) seen.push(phase);
    }
    assert.deepEqual(seen, ["Pending", "Processing", "Done"]);
    assert.match((await task(taskID)).finishTime ?? "", /^2026-/);
    await call(`${path}?upReplicas=2`);
    await settle(10_000);
    assert.equal((await getGroup(id, groupId)).status.readyReplicas, 5);
  });

  it("shrinks it by instances that are named, by ID or by node", async () => {
    const { cluster, group, getGroup, call, code, task, list, settle, simulator } = createCceScene();
    const id = await cluster();
    const groupId = await group(id, 4);
    const path = `PUT /v2/cluster/${id}/instancegroup/${groupId}/scaledown`;
    const [a, b, c, d] = await list(id);
    const deleteOption = { deleteResource: true, deleteCDSSnapshot: true, drainNode: false };
    const body = {
      instancesToBeRemoved: [a?.spec.cceInstanceID],
      k8sNodesToBeRemoved: [b?.status.machine.k8sNodeName],
      cleanPolicy: "Delete",
      deleteOption,
    };
    const { taskID } = (await call<{ taskID: string }>(path, body)).body;
    assert.equal((await getGroup(id, groupId)).spec.replicas, 2);
    await settle(10_000);
    assert.equal((await task(taskID)).phase, "Done");
    assert.deepEqual(
      (await list(id)).map(({ spec }) => spec.cceInstanceID),
      [c?.spec.cceInstanceID, d?.spec.cceInstanceID],
    );
    assert.equal(simulator.inventory().instances.length, 2);
    const remain = { instancesToBeRemoved: [c?.spec.cceInstanceID], cleanPolicy: "Remain" };
    const second = (await call<{ taskID: string }>(path, remain)).body.taskID;
    assert.equal((await task(second)).phase, "Pending");
    await settle(10_000);
    assert.equal((await task(second)).phase, "Done");
    assert.deepEqual([(await list(id)).length, (await getGroup(id, groupId)).status.readyReplicas], [2, 1]);
    await call(`PUT /v2/cluster/${id}/instanceScaleDown`, {
      instanceIDs: [d?.spec.cceInstanceID],
      scaleDownDisabled: true,
    });
    for (const instancesToBeRemoved of [[], ["none"], [c?.spec.cceInstanceID], [d?.spec.cceInstanceID]])
      assert.equal(await code(path, { instancesToBeRemoved, cleanPolicy: "Delete" }), INVALID);
  });

  it("is refused for a size that is not larger, beyond the quota, and where there is no group", async () => {
    const { cluster, group, code } = createCceScene({ quotas: { cceNodesPerCluster: 3 } });
    const id = await cluster();
    const path = `PUT /v2/cluster/${id}/instancegroup`;
    const groupId = await group(id, 2);
    for (const query of ["upToReplicas=2", "upToReplicas=0", "upReplicas=0", ""])
      assert.equal(await code(`${path}/${groupId}/scaleup?${query}`), INVALID);
    assert.equal(await code(`${path}/${groupId}/scaleup?upReplicas=2`), "403 cce.warning.QuotaExceeded");
    assert.equal(await code(`${path}/none/scaleup?upReplicas=1`), NO_GROUP);
    assert.equal(await code(`${path}/none/scaledown`, { instancesToBeRemoved: ["a"] }), NO_GROUP);
    assert.equal(await code(`${path}/none/attachInstances`, {}), NO_GROUP);
  });

  it("ends aborted, with the reason, when an instance cannot be created", async () => {
    const { cluster, call, task, settle, getGroup, group } = createCceScene();
    const { vpcId } = (await call<{ vpcId: string }>("POST /v1/vpc", { name: "small", cidr: "10.9.0.0/16" })).body;
    const small = { name: "s", zoneName: "cn-bj-a", cidr: "10.9.1.0/28", vpcId };
    const { subnetId } = (await call<{ subnetId: string }>("POST /v1/subnet", small)).body;
    const id = await cluster({ vpcID: vpcId });
    const groupId = await group(id, 0, { instanceTemplate: { vpcConfig: { vpcSubnetID: subnetId } } });
    const { taskID } = (
      await call<{ taskID: string }>(`PUT /v2/cluster/${id}/instancegroup/${groupId}/scaleup?upReplicas=14`)
    ).body;
    await settle(10_000);
    const { phase, errMessage } = await task(taskID);
    assert.equal(phase, "Aborted");
    assert.match(errMessage, /no more addresses/);
    assert.ok((await getGroup(id, groupId)).status.undeliveredMachines.failedMachines.length > 0);
  });

  it("attaches machines and nodes that are there", async () => {
    const { cluster, group, instances, getGroup, call, code, task, settle, list, simulator } = createCceScene();
    const id = await cluster();
    const groupId = await group(id, 0);
    await instances(id, 1);
    const [node] = await list(id);
    const machine = simulator.createInstance({ name: "mine", inCluster: false });
    const path = `PUT /v2/cluster/${id}/instancegroup/${groupId}/attachInstances`;
    const inCluster = {
      inCluster: true,
      existedInstancesInCluster: [{ existedInstanceID: node?.status.machine.instanceID }],
    };
    const existed = {
      existedInstances: [{ instanceSpec: { existedOption: { existedInstanceID: machine.id } }, count: 1 }],
    };
    const first = (await call<{ taskID: string }>(path, inCluster)).body.taskID;
    const second = (await call<{ taskID: string }>(path, existed)).body.taskID;
    await settle(10_000);
    assert.deepEqual([(await task(first)).phase, (await task(second)).phase], ["Done", "Done"]);
    const { spec, status } = await getGroup(id, groupId);
    assert.deepEqual([spec.replicas, status.readyReplicas], [2, 2]);
    for (const body of [inCluster, existed, {}]) assert.equal(await code(path, body), INVALID);
  });

  it("is told of in lists, the youngest first", async () => {
    const { cluster, group, call, code, settle } = createCceScene();
    const id = await cluster();
    const [one, two] = [await group(id, 0), await group(id, 0)];
    const ids: string[] = [];
    for (const groupId of [one, one, two]) {
      const path = `PUT /v2/cluster/${id}/instancegroup/${groupId}/scaleup?upReplicas=1`;
      ids.push((await call<{ taskID: string }>(path)).body.taskID);
      await settle(10_000);
    }
    const listed = async (query: string) => {
      const path = `GET /v2/tasks/InstanceGroupReplicas?${query}`;
      return (await call<{ page: { items: { id: string }[] } }>(path)).body.page.items.map((task) => task.id);
    };
    assert.deepEqual(await listed(`targetID=${one}`), [ids[1], ids[0]]);
    assert.deepEqual(await listed(`targetID=${one}&pageNo=2&pageSize=1`), [ids[0]]);
    assert.equal(await code("GET /v2/task/InstanceGroupReplicas/none"), "404 cce.warning.NoSuchObject");
    for (const line of ["GET /v2/task/Other/x", "GET /v2/tasks/Other"]) assert.equal(await code(line), INVALID);
  });
});
