import assert from "node:assert/strict";
import { createCceScene } from "../cce/testing/scene.ts";

export interface Entry {
  readonly resourceID: string;
  readonly name: string;
  readonly status: string;
  readonly isLocked: boolean;
  readonly [field: string]: unknown;
}
export interface Pages {
  readonly totalCount: number;
  readonly result: readonly Entry[];
}

const IMAGE = "registry.baidubce.com/shop/web";

/** A workspace with a cluster under its environment PROD, and an application. */
export async function createCnapScene() {
  const scene = createCceScene();
  const ok = async <T = Entry>(line: string, body?: unknown): Promise<T> => {
    const { status, body: answer } = await scene.call<T>(line, body);
    assert.equal(status, 200, `${line}: ${answer.code} ${answer.message}`);
    return answer;
  };
  const underlay = await scene.cluster();
  const { resourceID: ws } = await ok("POST /v2/workspaces", { workspace: { name: "shop" } });
  const cluster = { region: "bj", underlayClusterID: underlay, type: "cce" };
  const { resourceID: clusterID } = await ok("POST /v2/clusters", { cluster, workspaceList: [{ resourceID: ws }] });
  const environments = await ok<Pages>(`GET /v2/console/workspaces/${ws}/environments?orderBy=name&order=desc`);
  const [prod, dev] = environments.result.map(({ resourceID }) => resourceID);
  await ok(`PUT /v2/workspaces/${ws}/environments/${prod}`, { clusterID });
  const application = { name: "web", workloadType: 1 };
  const { resourceID: app } = await ok(`POST /v2/workspaces/${ws}/applications`, { application });
  const path = `/v2/workspaces/${ws}/applications/${app}`;
  const consolePath = `/v2/console/workspaces/${ws}/applications/${app}`;
  const containers = [{ name: "web", image: `${IMAGE}:v1`, resources: { requests: { cpu: "500m", memory: "1Gi" } } }];
  const configToDeploys = [{ configID: "cm-a", configVersionID: "1", path: "/etc/web" }];
  const componentConf = [{ name: "config", params: { containerConfigs: [{ containerName: "web", configToDeploys }] } }];
  const newGroup = (name: string, more: object = {}) => ({
    name,
    environmentID: prod,
    conf: { containers },
    componentConf,
    ...more,
  });
  /** Deploys, waits until it runs, and returns the ID. */
  const deployGroup = async (name: string, access: readonly object[] = []): Promise<string> => {
    const made = await ok(`POST ${path}/deployGroups`, { deployGroup: newGroup(name), access });
    await scene.settle();
    return made.resourceID;
  };
  return { ...scene, ok, underlay, ws, clusterID, prod, dev, app, path, consolePath, newGroup, deployGroup };
}
