import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { instancesOf } from "../bcc/records.ts";
import { failCluster } from "./cluster-model.ts";
import { type ClusterView, createCceScene } from "./testing/scene.ts";

const NOT_FOUND = "404 cce.warning.ClusterNotFound";
const INVALID = "400 cce.warning.InvalidParam";
const SDK = "/api/cce/service/v2";

interface Steps {
  readonly status: string;
  readonly steps: readonly {
    readonly stepName: string;
    readonly stepStatus: string;
    readonly errInfo: { code?: string };
  }[];
}

describe("clusters", () => {
  it("walk from pending to running, and tell each step", async () => {
    const { call, simulator, phase, clock, get } = createCceScene();
    const body = { cluster: { clusterName: "c1", vpcID: simulator.vpcId }, options: { skipNetworkCheck: null } };
    const made = await call<{ clusterID: string }>(`POST ${SDK}/cluster`, body);
    assert.match(made.body.clusterID, /^cce-[a-z0-9]{8}$/);
    const id = made.body.clusterID;
    const seen = [await phase(id)];
    const statuses = new Set<string>();
    for (let i = 0; i < 30; i++) {
      await clock.advance(500);
      const now = await phase(id);
      if (now !== seen.at(-1)) seen.push(now);
      const steps = (await call<Steps>(`GET /v2/event/cluster/${id}`)).body;
      statuses.add(`${steps.status} ${steps.steps.map(({ stepStatus }) => stepStatus).join(" ")}`);
    }
    assert.deepEqual(seen, ["pending", "provisioning", "provisioned", "running"]);
    assert.deepEqual(
      [...statuses],
      ["creating doing todo todo", "creating done doing todo", "creating done done doing", "created done done done"],
    );
    const { spec, status } = await get(id);
    assert.deepEqual([spec.clusterID, spec.k8sVersion, spec.vpcName], [id, "1.34.2", "lab"]);
    assert.match(status.clusterBLB.vpcIP, /^\d+\./);
    assert.equal(status.clusterBLB.eip, "");
    assert.equal(await phase("cce-00000000"), "cce.warning.ClusterNotFound");
  });

  it("are refused when something of them is wrong, and nothing is made then", async () => {
    const { call, simulator, instanceSpec } = createCceScene();
    const good = { clusterName: "c", vpcID: simulator.vpcId };
    const bad = [
      {},
      { cluster: { ...good, clusterName: "" } },
      { cluster: { ...good, vpcID: "vpc-none" } },
      { cluster: { ...good, k8sVersion: "1.0.0" } },
      { cluster: { ...good, masterConfig: { masterType: "custom" } } },
      { cluster: { ...good, masterConfig: { clusterBLBVPCSubnetID: "sbn-none" } } },
      { cluster: good, nodes: [{ instanceSpec: instanceSpec({ vpcConfig: { vpcSubnetID: "sbn-none" } }), count: 1 }] },
      { cluster: good, masters: [{ instanceSpec: instanceSpec(), count: 3 }] },
      { cluster: good, nodeGroups: [{ instanceGroupName: "g", replicas: 1 }] },
    ];
    for (const body of bad) {
      const { status, body: answer } = await call("POST /v2/cluster", body);
      assert.equal(`${status} ${answer.code}`, INVALID, JSON.stringify(body));
    }
    const { body } = await call<{ clusterPage: { totalCount: number } }>("GET /v2/clusters");
    assert.equal(body.clusterPage.totalCount, 0);
    assert.equal(simulator.inventory().instances.length, 0);
  });

  it("begin with their instances, groups and masters", async () => {
    const { cluster, get, list, instanceSpec, simulator } = createCceScene();
    const id = await cluster(
      { masterConfig: { masterType: "custom", clusterHA: 3 } },
      {
        masters: [{ instanceSpec: instanceSpec(), count: 3 }],
        nodes: [{ instanceSpec: instanceSpec(), count: 2 }],
        nodeGroups: [{ instanceGroupName: "g", instanceTemplate: instanceSpec(), replicas: 2 }],
      },
    );
    const { status, instances } = await get(id);
    assert.deepEqual([status.nodeNum, instances.length], [4, 7]);
    assert.equal(instances.filter(({ clusterRole }) => clusterRole === "master").length, 3);
    assert.equal((await list(id)).filter((one) => one.status.instancePhase === "running").length, 7);
    assert.equal(simulator.inventory().instances.length, 7);
  });

  it("have no machines before they have an API server", async () => {
    const { call, clock, simulator, instanceSpec, phase } = createCceScene();
    const nodes = [{ instanceSpec: instanceSpec(), count: 1 }];
    const body = { cluster: { clusterName: "c", vpcID: simulator.vpcId }, nodes };
    const { clusterID } = (await call<{ clusterID: string }>("POST /v2/cluster", body)).body;
    while ((await phase(clusterID)) !== "provisioned") {
      assert.equal(simulator.inventory().instances.length, 0);
      await clock.advance(250);
    }
    await clock.advance(60_000);
    assert.equal(simulator.inventory().instances.length, 1);
  });

  it("are made once for one clientToken", async () => {
    const { call, simulator } = createCceScene();
    const body = { cluster: { clusterName: "c", vpcID: simulator.vpcId } };
    const [one, two] = [
      await call<{ clusterID: string }>("POST /v2/cluster?clientToken=t", body),
      await call<{ clusterID: string }>("POST /v2/cluster?clientToken=t", body),
    ];
    assert.equal(one.body.clusterID, two.body.clusterID);
    const other = await call("POST /v2/cluster?clientToken=t", {
      cluster: { clusterName: "d", vpcID: simulator.vpcId },
    });
    assert.equal(other.body.code, "IdempotentParameterMismatch");
  });

  it("are listed in pages that cover exactly the list, in any order", async () => {
    const { call, cluster } = createCceScene();
    const ids: string[] = [];
    for (const clusterName of ["b", "a", "c", "ab", "d"]) ids.push(await cluster({ clusterName }));
    const page = async (query: string) =>
      (
        await call<{ clusterPage: { totalCount: number; pageSize: number; clusterList: ClusterView[] } }>(
          `GET /v2/clusters?${query}`,
        )
      ).body.clusterPage;
    const names = async (query: string) => (await page(query)).clusterList.map(({ spec }) => spec.clusterName);
    assert.deepEqual(await names("orderBy=clusterName&order=ASC"), ["a", "ab", "b", "c", "d"]);
    assert.deepEqual(await names("orderBy=clusterName&order=DESC"), ["d", "c", "b", "ab", "a"]);
    assert.deepEqual(await names("orderBy=createdAt"), ["b", "a", "c", "ab", "d"]);
    assert.deepEqual(await names("keywordType=clusterName&keyword=a&orderBy=clusterName"), ["a", "ab"]);
    assert.deepEqual(await names(`keywordType=clusterID&keyword=${ids[2]}`), ["c"]);
    for (const size of [1, 2, 3, 5, 10]) {
      const all: string[] = [];
      for (let no = 1; no <= Math.ceil(5 / size); no++) all.push(...(await names(`pageNo=${no}&pageSize=${size}`)));
      assert.deepEqual(all, ["b", "a", "c", "ab", "d"]);
    }
    assert.deepEqual([(await page("pageNo=0&pageSize=0")).pageSize, (await page("pageNo=9")).clusterList], [10, []]);
    assert.equal((await call("GET /v2/clusters?orderBy=age")).body.code, "cce.warning.InvalidParam");
    assert.equal((await call("GET /v2/clusters?keywordType=age&keyword=1")).body.code, "cce.warning.InvalidParam");
  });

  it("are not more than the quota", async () => {
    const { cluster, code, call, simulator } = createCceScene({ quotas: { cceClusters: 1 } });
    const quota = async () => {
      const { body } = await call<{ quota: number; used: number }>("GET /v2/quota/cluster");
      return [body.quota, body.used];
    };
    assert.deepEqual(await quota(), [1, 0]);
    await cluster();
    assert.deepEqual(await quota(), [1, 1]);
    const body = { cluster: { clusterName: "c", vpcID: simulator.vpcId } };
    assert.equal(await code("POST /v2/cluster", body), "403 cce.warning.QuotaExceeded");
  });

  it("tell why they could not be created", async () => {
    const { call, simulator, phase, settle } = createCceScene();
    const body = { cluster: { clusterName: "c", vpcID: simulator.vpcId } };
    const { clusterID } = (await call<{ clusterID: string }>("POST /v2/cluster", body)).body;
    const account = simulator.world.account("lab");
    failCluster(account, clusterID, { step: "CreateInfrastructure", code: "NoStock", message: "no machines" });
    await settle(60_000);
    assert.equal(await phase(clusterID), "create_failed");
    const { status, steps } = (await call<Steps>(`GET /v2/event/cluster/${clusterID}`)).body;
    const failed = steps.find(({ stepStatus }) => stepStatus === "failed");
    assert.deepEqual(
      [status, failed?.stepName, failed?.errInfo.code],
      ["create_failed", "CreateInfrastructure", "NoStock"],
    );
  });
});

describe("the deletion of a cluster", () => {
  it("leaves nothing behind when its machines go too", async () => {
    const { cluster, group, call, settle, phase, simulator, code, instances } = createCceScene();
    const before = JSON.stringify(tablesOf(simulator));
    const id = await cluster({ masterConfig: { exposedPublic: true } });
    await group(id, 2);
    await instances(id, 2);
    await call(`GET /v2/kubeconfig/${id}/vpc`);
    assert.notEqual(JSON.stringify(tablesOf(simulator)), before);
    assert.equal(
      await code(`DELETE /v2/cluster/${id}?deleteResource=true&deleteCDSSnapshot=true&moveOut=false`),
      "200",
    );
    assert.equal(await phase(id), "deleting");
    assert.equal(await code(`DELETE /v2/cluster/${id}?deleteResource=true`), "200");
    await settle(60_000);
    assert.equal(await code(`GET /v2/cluster/${id}`), NOT_FOUND);
    assert.equal(await code(`DELETE /v2/cluster/${id}`), NOT_FOUND);
    assert.equal(await code(`GET /v2/cluster/${id}/instances`), NOT_FOUND);
    assert.equal(JSON.stringify(tablesOf(simulator)), before);
  });

  it("keeps its machines otherwise, outside of any cluster", async () => {
    const { cluster, instances, call, settle, simulator } = createCceScene();
    const id = await cluster();
    await instances(id, 2);
    await call(`DELETE /v2/cluster/${id}?deleteResource=false&moveOut=true`);
    await settle(60_000);
    assert.equal(simulator.inventory().instances.length, 2);
    const { id: lab } = simulator.createInstance({ name: "lab" });
    assert.equal((await call(`GET /v2/cluster/${id}/instances`)).body.code, "cce.warning.ClusterNotFound");
    simulator.deleteInstance(lab);
    const account = simulator.world.account("lab");
    assert.ok(
      instancesOf(account)
        .all()
        .every(({ inCluster, status }) => !inCluster && status === "Running"),
    );
  });

  it("is refused while it is protected", async () => {
    const { cluster, call, code, phase } = createCceScene();
    const id = await cluster();
    const on = await call<{ success: boolean; forbidDelete: boolean }>(`PUT ${SDK}/cluster/${id}/forbiddelete`, {
      ForbidDelete: true,
    });
    assert.deepEqual([on.body.success, on.body.forbidDelete], [true, true]);
    assert.equal(await code(`DELETE /v2/cluster/${id}`), "403 cce.warning.ForbidDelete");
    assert.equal(await phase(id), "running");
    assert.equal(await code(`PUT /v2/cluster/${id}/forbiddelete`, { forbidDelete: false }), "200");
    assert.equal(await code(`PUT /v2/cluster/${id}/forbiddelete`, {}), INVALID);
    assert.equal(await code("PUT /v2/cluster/cce-none0000/forbiddelete", { forbidDelete: false }), NOT_FOUND);
    assert.equal(await code(`DELETE /v2/cluster/${id}`), "200");
  });
});

describe("the switches of a cluster", () => {
  it("encrypt Secrets, and say so while they do", async () => {
    const { cluster, call, code, phase, settle, get } = createCceScene();
    const id = await cluster();
    const path = `PUT /v2/cluster/${id}/kmsencryption`;
    const enable = { configureKMSEncryption: { action: "enable", kmsKeyID: "key-1" } };
    const answer = await call<{ success: boolean; workflowID: string }>(path, enable);
    assert.equal(answer.body.success, true);
    assert.match(answer.body.workflowID, /^workflow-/);
    assert.equal(await phase(id), "kms_encryption_enabling");
    assert.equal(await code(path, enable), "412 PreconditionFailed");
    await settle(5000);
    assert.equal(await phase(id), "running");
    assert.deepEqual((await get(id)).spec.k8sCustomConfig, { enableKMSProvider: true, kmsKeyID: "key-1" });
    assert.equal(await code(path, { configureKMSEncryption: { action: "enable" } }), INVALID);
    assert.equal(await code(path, { configureKMSEncryption: { action: "other" } }), INVALID);
    assert.equal(await code(path, { configureKMSEncryption: { action: "disable" } }), "200");
    assert.equal(await phase(id), "kms_encryption_disabling");
  });

  it("change the names in the certificate of the API server", async () => {
    const { cluster, code, phase, settle, get } = createCceScene();
    const id = await cluster();
    const body = { configureAPIServerCertSAN: { clusterID: id, apiServerCertSAN: ["api.example.com"] } };
    assert.equal(await code(`PUT /v2/cluster/${id}/apiservercertsan`, body), "200");
    assert.equal(await phase(id), "apiserver_san_updating");
    await settle(5000);
    assert.deepEqual((await get(id)).spec.k8sCustomConfig, { apiServerCertSAN: ["api.example.com"] });
    assert.equal(await code("PUT /v2/cluster/cce-none0000/apiservercertsan", body), NOT_FOUND);
  });

  it("rename it and give it a public address, by the form in which CCE keeps it", async () => {
    const { cluster, call, code, phase, settle, get } = createCceScene();
    const id = await cluster();
    const crd = (await call<{ cluster: { metadata: { name: string }; spec: object } }>(`GET /v2/cluster/${id}/crd`))
      .body.cluster;
    assert.equal(crd.metadata.name, id);
    const spec = { ...crd.spec, clusterName: "renamed", description: "d", masterConfig: { exposedPublic: true } };
    assert.equal(await code(`PUT /v2/cluster/${id}/crd`, { cluster: { ...crd, spec } }), "200");
    assert.equal(await phase(id), "eip_opening");
    await settle(5000);
    const { spec: after, status } = await get(id);
    assert.deepEqual([after.clusterName, after.description, status.clusterPhase], ["renamed", "d", "running"]);
    assert.match(status.clusterBLB.eip, /^127\.100\./);
    await call(`PUT /v2/cluster/${id}/crd`, { cluster: { spec: { masterConfig: { exposedPublic: false } } } });
    assert.equal(await phase(id), "eip_closing");
    await settle(5000);
    assert.equal((await get(id)).status.clusterBLB.eip, "");
    assert.equal(await code("GET /v2/cluster/cce-none0000/crd"), NOT_FOUND);
    assert.equal(await code("PUT /v2/cluster/cce-none0000/crd", { cluster: { spec: {} } }), NOT_FOUND);
  });
});

/** All records of the region but those that only grow, as text. */
function tablesOf(simulator: ReturnType<typeof createCceScene>["simulator"]) {
  const account = simulator.world.account("lab");
  const names = [
    "cceClusters",
    "cceNodes",
    "cceGroups",
    "cceTasks",
    "cceGrants",
    "cceGenerations",
    "cceCredentials",
    "cceAuthorities",
    "takenIps",
    "instances",
    "transitions",
  ];
  return names.map((name) => [name, account.store.table(name).all()]);
}
