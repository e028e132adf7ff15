import assert from "node:assert/strict";
import type { SimulatorOptions } from "../../../simulator.ts";
import { createScene, type Scene } from "../../../testing/client.ts";

export interface Instance {
  readonly spec: Readonly<Record<string, unknown>> & { readonly cceInstanceID: string; readonly instanceName: string };
  readonly status: {
    readonly machine: { readonly instanceID: string; readonly vpcIP: string; readonly k8sNodeName: string };
    readonly instancePhase: string;
    readonly machineStatus: string;
  };
}

export interface ClusterView {
  readonly spec: Readonly<Record<string, unknown>> & { readonly clusterName: string };
  readonly status: {
    readonly clusterPhase: string;
    readonly nodeNum: number;
    readonly clusterBLB: { readonly id: string; readonly vpcIP: string; readonly eip: string };
  };
  readonly instances: readonly { readonly cceInstanceID: string; readonly clusterRole: string }[];
}

export interface GroupView {
  readonly spec: Readonly<Record<string, unknown>> & { readonly replicas: number };
  readonly status: {
    readonly readyReplicas: number;
    readonly undeliveredMachines: {
      readonly failedMachines: readonly string[];
      readonly pendingMachines: readonly string[];
    };
  };
}

export interface TaskView {
  readonly id: string;
  readonly phase: string;
  readonly finishTime?: string;
  readonly errMessage: string;
}

/** A scene with what tests of clusters do most. */
export interface CceScene extends Scene {
  readonly subnetId: string;
  /** What a plain instance is created with. */
  instanceSpec(more?: object): object;
  /** A cluster that runs; its ID. */
  cluster(spec?: object, more?: object): Promise<string>;
  get(clusterId: string): Promise<ClusterView>;
  phase(clusterId: string): Promise<string>;
  /** Adds instances and waits until they run; their cceInstanceIDs. */
  instances(clusterId: string, count: number, spec?: object): Promise<readonly string[]>;
  list(clusterId: string, query?: string): Promise<readonly Instance[]>;
  group(clusterId: string, replicas: number, more?: object): Promise<string>;
  getGroup(clusterId: string, groupId: string): Promise<GroupView>;
  task(taskId: string): Promise<TaskView>;
  code(line: string, body?: unknown): Promise<string>;
}

export function createCceScene(options: Partial<SimulatorOptions> = {}): CceScene {
  const scene = createScene(options);
  const { call, settle, simulator } = scene;
  const subnetId = simulator.subnetIds[0] ?? "";
  const instanceSpec = (more: object = {}) => ({
    instanceName: "",
    instanceType: "N5",
    vpcConfig: { vpcSubnetID: subnetId, securityGroupType: "", securityGroups: null },
    instanceResource: { machineSpec: "bcc.g5.c4m16" },
    ...more,
  });
  return {
    ...scene,
    subnetId,
    instanceSpec,
    async cluster(spec = {}, more = {}) {
      const cluster = { clusterName: "test", vpcID: simulator.vpcId, ...spec };
      const body = { cluster, options: { skipNetworkCheck: null }, ...more };
      const made = await call<{ clusterID: string }>("POST /v2/cluster", body);
      assert.equal(made.status, 200, made.body.message);
      await settle(30_000);
      return made.body.clusterID;
    },
    get: async (id) => (await call<{ cluster: ClusterView }>(`GET /v2/cluster/${id}`)).body.cluster,
    async phase(id) {
      const { status, body } = await call<{ cluster: ClusterView }>(`GET /v2/cluster/${id}`);
      return status === 200 ? body.cluster.status.clusterPhase : body.code;
    },
    async instances(id, count, spec = {}) {
      const body = [{ instanceSpec: instanceSpec(spec), count }];
      const made = await call<{ cceInstanceIDs: string[] }>(`POST /v2/cluster/${id}/instances`, body);
      assert.equal(made.status, 200, made.body.message);
      await settle(10_000);
      return made.body.cceInstanceIDs;
    },
    async list(id, query = "pageSize=1000") {
      const { body } = await call<{ instancePage: { instanceList: Instance[] } }>(
        `GET /v2/cluster/${id}/instances?${query}`,
      );
      return body.instancePage.instanceList;
    },
    async group(id, replicas, more = {}) {
      const body = { instanceGroupName: "workers", instanceTemplate: instanceSpec(), replicas, ...more };
      const made = await call<{ instanceGroupID: string }>(`POST /v2/cluster/${id}/instancegroup`, body);
      assert.equal(made.status, 200, made.body.message);
      await settle(10_000);
      return made.body.instanceGroupID;
    },
    async getGroup(id, groupId) {
      const path = `GET /v2/cluster/${id}/instancegroup/${groupId}`;
      return (await call<{ instanceGroup: GroupView }>(path)).body.instanceGroup;
    },
    async task(id) {
      return (await call<{ task: TaskView }>(`GET /v2/task/InstanceGroupReplicas/${id}`)).body.task;
    },
    async code(line, body) {
      const answer = await call(line, body);
      return answer.status === 200 ? "200" : `${answer.status} ${answer.body.code}`;
    },
  };
}
