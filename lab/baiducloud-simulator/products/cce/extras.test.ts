import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseCidr } from "@ccm/base";
import fc from "fast-check";
import { bitsFor, freeBlocks, overlap } from "./cidrs.ts";
import { createCceScene, type Instance } from "./testing/scene.ts";

const INVALID = "400 cce.warning.InvalidParam";
const NO_CLUSTER = "404 cce.warning.ClusterNotFound";
const NO_OBJECT = "404 cce.warning.NoSuchObject";

describe("the cloud's own autoscaler", () => {
  it("is installed once, configured, and names the groups that it scales", async () => {
    const { cluster, call, code, group } = createCceScene();
    const id = await cluster({ clusterName: "c" });
    const path = `/api/cce/service/v2/autoscaler/${id}`;
    for (const method of ["GET", "PUT"]) assert.equal(await code(`${method} ${path}`, {}), NO_OBJECT);
    assert.equal(await code(`POST ${path}`), "200");
    assert.equal(await code(`POST ${path}`), "409 cce.warning.AlreadyExist");
    const range = { enabled: true, minReplicas: 1, maxReplicas: 4, scalingGroupPriority: 2 };
    const groupId = await group(id, 1, { clusterAutoscalerSpec: range });
    assert.equal(await code(`PUT ${path}`, { replicaCount: 2, scaleDownEnabled: true, expander: "priority" }), "200");
    interface Autoscaler {
      readonly autoscaler: { readonly clusterName: string; readonly caConfig: Readonly<Record<string, unknown>> };
    }
    const { clusterName, caConfig } = (await call<Autoscaler>(`GET ${path}`)).body.autoscaler;
    assert.deepEqual(
      [clusterName, caConfig.replicaCount, caConfig.scaleDownEnabled, caConfig.expander],
      ["c", 2, true, "priority"],
    );
    assert.deepEqual(caConfig.instanceGroups, [
      { InstanceGroupID: groupId, MinReplicas: 1, MaxReplicas: 4, Priority: 2 },
    ]);
    for (const bad of [{ expander: "best" }, { scaleDownUtilizationThreshold: 101 }])
      assert.equal(await code(`PUT ${path}`, bad), INVALID);
    assert.equal(await code("POST /v2/autoscaler/cce-none0000"), NO_CLUSTER);
  });
});

describe("networks before a cluster is made", () => {
  interface Conflict {
    readonly isConflict: boolean;
    readonly maxNodeNum: number;
    readonly containerCIDRConflict: {
      readonly conflictType: string;
      readonly conflictCluster: { readonly clusterID: string } | null;
    } | null;
    readonly clusterIPCIDRConflict: { readonly conflictType: string } | null;
  }

  it("are checked against the VPC, its routes, other clusters and each other", async () => {
    const { cluster, call, code, simulator } = createCceScene();
    const { vpcId: vpcID } = simulator;
    const check = async (body: object) =>
      (
        await call<Conflict>("POST /api/cce/service/v2/net/check_container_network_cidr", {
          vpcID,
          maxPodsPerNode: 128,
          ...body,
        })
      ).body;
    const good = await check({ containerCIDR: "172.20.0.0/16", clusterIPCIDR: "172.30.0.0/16" });
    assert.deepEqual([good.isConflict, good.maxNodeNum], [false, 512]);
    const subnet =
      (await call<{ subnets: { cidr: string }[] }>(`GET /v1/subnet?vpcId=${vpcID}`)).body.subnets[0]?.cidr ?? "";
    assert.equal(
      (await check({ containerCIDR: subnet })).containerCIDRConflict?.conflictType,
      "ContainerCIDRAndNodeCIDR",
    );
    const id = await cluster({ containerNetworkConfig: { clusterPodCIDR: "172.20.0.0/16" } });
    const other = (await check({ containerCIDR: "172.20.128.0/17" })).containerCIDRConflict;
    assert.deepEqual(
      [other?.conflictType, other?.conflictCluster?.clusterID],
      ["ContainerCIDRAndExistedClusterContainerCIDR", id],
    );
    const own = await check({ containerCIDR: "172.22.0.0/16", clusterIPCIDR: "172.22.1.0/24" });
    assert.equal(own.clusterIPCIDRConflict?.conflictType, "ClusterIPCIDRAndContainerCIDR");
    const nodes = await check({ containerCIDR: "172.22.0.0/16", clusterIPCIDR: subnet });
    assert.equal(nodes.clusterIPCIDRConflict?.conflictType, "ClusterIPCIDRAndNodeCIDR");
    const [table] = (await call<{ routeTableId: string }>(`GET /v1/route?vpcId=${vpcID}`)).body.routeTableId.split(",");
    const machine = simulator.createInstance({ name: "hop" });
    const rule = {
      routeTableId: table,
      sourceAddress: "0.0.0.0/0",
      destinationAddress: "172.25.0.0/24",
      nexthopId: machine.id,
      nexthopType: "custom",
      description: "",
    };
    assert.equal((await call("POST /v1/route/rule", rule)).status, 200);
    assert.equal(
      (await check({ containerCIDR: "172.25.0.0/16" })).containerCIDRConflict?.conflictType,
      "ContainerCIDRAndVPCRoute",
    );
    assert.equal(await code("POST /v2/net/check_container_network_cidr", { vpcID: "none" }), INVALID);
    assert.equal(await code("POST /v2/net/check_container_network_cidr", { vpcID, containerCIDR: "x" }), INVALID);
    const service = async (clusterIPCIDR: string) =>
      (await call<Conflict>("POST /v2/net/check_clusterip_cidr", { vpcID, clusterIPCIDR })).body.isConflict;
    assert.deepEqual([await service(subnet), await service("172.31.0.0/16")], [true, false]);
    assert.equal(await code("POST /v2/net/check_clusterip_cidr", { vpcID, clusterIPCIDR: "" }), INVALID);
  });

  it("are recommended: large enough, in the wanted networks, and free", async () => {
    const { cluster, call, code, simulator } = createCceScene();
    const { vpcId: vpcID } = simulator;
    await cluster({ containerNetworkConfig: { clusterPodCIDR: "172.16.0.0/16" } });
    interface Recommended {
      readonly isSuccess: boolean;
      readonly recommendedContainerCIDRs: readonly string[];
      readonly recommendedClusterIPCIDRs: readonly string[];
      readonly recommendedClusterIPCIDRIPv6s: readonly string[];
    }
    const pods = async (body: object) =>
      (await call<Recommended>("POST /v2/net/recommend_container_cidr", { vpcID, maxPodsPerNode: 128, ...body })).body;
    const found = await pods({ clusterMaxNodeNum: 500, privateNetCIDRs: ["172.16.0.0/12"] });
    assert.deepEqual([found.isSuccess, found.recommendedContainerCIDRs[0]], [true, "172.17.0.0/16"]);
    const tooLarge = await pods({ clusterMaxNodeNum: 100_000, privateNetCIDRs: ["192.168.0.0/16"] });
    assert.deepEqual([tooLarge.isSuccess, tooLarge.recommendedContainerCIDRs], [false, []]);
    const services = await call<Recommended>("POST /v2/net/recommend_clusterip_cidr", {
      vpcCIDR: "192.168.0.0/16",
      containerCIDR: "172.16.0.0/16",
      clusterMaxServiceNum: 1000,
      privateNetCIDRs: ["172.16.0.0/12"],
      privateNetCIDRIPv6s: ["fc00::/7"],
    });
    assert.equal(services.body.recommendedClusterIPCIDRs[0], "172.17.0.0/22");
    assert.equal(services.body.recommendedClusterIPCIDRIPv6s[0], "fc00::/112");
    assert.equal(await code("POST /v2/net/recommend_clusterip_cidr", { clusterMaxServiceNum: 65_537 }), INVALID);
    assert.equal(await code("POST /v2/net/recommend_container_cidr", { vpcID: "none" }), INVALID);
    assert.equal(
      await code("POST /v2/net/recommend_container_cidr", { vpcID, privateNetCIDRs: ["1.0.0.0/8"] }),
      INVALID,
    );
  });

  it("that are recommended never overlap what is taken, nor leave the network", () => {
    const network = parseCidr("10.0.0.0/8") ?? assert.fail();
    const taken = fc.array(fc.record({ host: fc.nat(0xffffff), bits: fc.integer({ min: 9, max: 30 }) }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(taken, fc.integer({ min: 1, max: 60_000 }), (entries, size) => {
        const ranges = entries.map(
          ({ host, bits }) => parseCidr(`10.${host >> 16}.${(host >> 8) & 255}.${host & 255}/${bits}`) ?? assert.fail(),
        );
        const found = freeBlocks("10.0.0.0/8", 32 - bitsFor(size), ranges, 5).map(
          (text) => parseCidr(text) ?? assert.fail(),
        );
        for (const [index, block] of found.entries()) {
          assert.ok(block.first >= network.first && block.last <= network.last);
          assert.ok(block.last - block.first + 1n >= BigInt(size));
          assert.ok(!ranges.some((range) => overlap(range, block)));
          assert.ok(!found.slice(0, index).some((other) => overlap(other, block)));
        }
      }),
    );
  });
});

describe("add-ons", () => {
  interface Addons {
    readonly items: readonly {
      readonly meta: {
        readonly name: string;
        readonly latestVersion: string;
        readonly installInfo: { readonly allowInstall: boolean };
      };
      readonly instance?: {
        readonly installedVersion: string;
        readonly params: string;
        readonly status: { readonly phase: string };
      };
    }[];
  }

  it("are installed, changed, upgraded and taken out, each after a while", async () => {
    const { cluster, call, code, settle } = createCceScene();
    const id = await cluster();
    const path = `/v2/cluster/${id}/addon`;
    const name = "cce-ingress-controller";
    const body = { name, clusterID: id };
    const read = async () =>
      (await call<Addons>(`GET ${path}?addons=${name}`, { clusterID: id, addons: name })).body.items[0];
    const state = async () => {
      const { instance } = (await read()) ?? {};
      return instance ? `${instance.installedVersion} ${instance.status.phase} ${instance.params}` : "none";
    };
    assert.deepEqual([await state(), (await read())?.meta.installInfo.allowInstall], ["none", true]);
    for (const method of ["PUT", "DELETE"]) assert.equal(await code(`${method} ${path}`, body), NO_OBJECT);
    assert.equal(await code(`POST ${path}`, { ...body, version: "0.0.1" }), INVALID);
    assert.equal(await code(`POST ${path}`, { ...body, version: "1.3.0", params: "a: b" }), "200");
    assert.equal(await state(), "1.3.0 Installing a: b");
    assert.equal(await code(`POST ${path}`, body), "409 cce.warning.AlreadyExist");
    assert.equal(await code(`PUT ${path}`, body), "412 PreconditionFailed");
    await settle();
    assert.equal(await state(), "1.3.0 Running a: b");
    assert.equal(await code(`PUT ${path}`, { ...body, params: "c: d" }), "200");
    assert.equal(await code(`POST ${path}/upgrade`, body), "200");
    assert.equal(await state(), "1.4.0 Upgrading c: d");
    await settle();
    assert.equal(await code(`DELETE ${path}`, body), "200");
    assert.equal(await state(), "1.4.0 Uninstalling c: d");
    await settle();
    assert.equal(await state(), "none");
  });

  it("are listed all together, and those that a cluster needs stay", async () => {
    const { cluster, call, code } = createCceScene();
    const id = await cluster();
    const path = `/v2/cluster/${id}/addon`;
    const { items } = (await call<Addons>(`GET ${path}`)).body;
    assert.ok(items.some(({ meta }) => meta.name === "cce-credential-controller"));
    assert.equal(items.find(({ meta }) => meta.name === "coredns")?.instance?.status.phase, "Running");
    assert.equal(await code(`DELETE ${path}`, { name: "coredns", clusterID: id }), INVALID);
    assert.equal(await code(`POST ${path}`, { name: "none", clusterID: id }), NO_OBJECT);
    assert.equal(await code(`POST ${path}/upgrade`, { name: "none", clusterID: id }), NO_OBJECT);
    assert.equal(await code("GET /v2/cluster/cce-none0000/addon"), NO_CLUSTER);
  });
});

describe("workflows", () => {
  interface Workflow {
    readonly workflow: {
      readonly spec: { readonly paused: boolean };
      readonly status: { readonly phase: string; readonly totalTaskCount: number; readonly finishedTaskCount: number };
    };
  }

  it("upgrade a group node by node, can be paused, and end", async () => {
    const { cluster, group, call, code, clock, settle, list, get } = createCceScene();
    const id = await cluster();
    const groupId = await group(id, 2);
    const upgradeNodesWorkflowConfig = {
      instanceGroupID: groupId,
      components: [{ name: "containerRuntime", targetVersion: "1.7.25" }],
    };
    const body = {
      workflowType: "UpgradeNodes",
      workflowConfig: { upgradeNodesWorkflowConfig },
      watchDogConfig: { unhealthyPodsPercent: 10 },
    };
    const path = `/v2/cluster/${id}/workflow`;
    const { workflowID } = (await call<{ workflowID: string }>(`POST ${path}`, body)).body;
    assert.match(workflowID, /^workflow-/);
    const state = async () => {
      const { status } = (await call<Workflow>(`GET ${path}/${workflowID}`)).body.workflow;
      return `${status.phase} ${status.finishedTaskCount}/${status.totalTaskCount}`;
    };
    assert.equal(await state(), "Pending 0/2");
    assert.equal(await code(`POST ${path}`, body), "412 PreconditionFailed");
    assert.equal((await get(id)).status.clusterPhase, "running");
    await clock.advance(4000);
    assert.equal(await state(), "Upgrading 1/2");
    assert.equal(await code(`PUT ${path}/${workflowID}`, { action: "pause" }), "200");
    await settle(60_000);
    assert.equal(await state(), "Paused 1/2");
    assert.equal(await code(`PUT ${path}/${workflowID}`, { action: "updateSpec", spec: { config: {} } }), "200");
    assert.equal(await code(`PUT ${path}/${workflowID}`, { action: "resume" }), "200");
    await settle(60_000);
    assert.equal(await state(), "Succeeded 2/2");
    const versions = (await list(id)).map(({ spec }: Instance) => spec.runtimeVersion);
    assert.deepEqual(versions, ["1.7.25", "1.7.25"]);
    assert.equal(await code(`PUT ${path}/${workflowID}`, { action: "pause" }), "412 PreconditionFailed");
    assert.equal((await call(`POST ${path}`, body)).status, 200);
  });

  it("are refused without nodes, of unknown kinds, and where there are none", async () => {
    const { cluster, instances, code } = createCceScene();
    const id = await cluster();
    const path = `/v2/cluster/${id}/workflow`;
    const body = { workflowType: "UpgradeNodes", workflowConfig: { upgradeNodesWorkflowConfig: {} } };
    assert.equal(await code(`POST ${path}`, body), INVALID);
    await instances(id, 1);
    assert.equal(await code(`POST ${path}`, { ...body, workflowType: "Other" }), INVALID);
    assert.equal(await code(`POST ${path}`, { ...body, workflowConfig: {} }), INVALID);
    assert.equal(await code(`GET ${path}/none`), NO_OBJECT);
    assert.equal(await code(`PUT ${path}/none`, { action: "pause" }), NO_OBJECT);
    assert.equal(await code("POST /v2/cluster/cce-none0000/workflow", body), NO_CLUSTER);
  });
});
