import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addImage } from "../ccr/images.ts";
import { createCnapScene, type Entry, type Pages } from "./testing.ts";

const WEB = encodeURIComponent("registry.baidubce.com/shop/web");
const names = ({ result }: Pages): readonly string[] => result.map(({ name }) => name);

describe("workspaces", () => {
  it("begin with two environments, and are found, described and deleted with all that is in them", async () => {
    const { ok, code, ws, deployGroup, clusterID } = await createCnapScene();
    assert.match(ws, /^ws-[A-Za-z]{8}$/);
    assert.match(clusterID, /^clus-bj-[A-Za-z]{8}$/);
    assert.deepEqual(names(await ok(`GET /v2/console/workspaces/${ws}/environments?orderBy=name&order=asc`)), [
      "DEV",
      "PROD",
    ]);
    await deployGroup("one");
    const shown = await ok(`GET /v2/workspaces/${ws}`);
    assert.deepEqual([shown.applicationCount, shown.clusterCount], [1, 1]);
    assert.equal((await ok(`PUT /v2/workspaces/${ws}`, { description: "sells" })).description, "sells");
    assert.equal(await code("POST /v2/workspaces", { workspace: { name: "shop" } }), "409 Conflict");
    const second = { workspace: { name: "stock" }, clusterIDs: [clusterID] };
    await ok("POST /v2/workspaces", second);
    assert.equal(
      await code("POST /v2/workspaces", { workspace: { name: "x" }, clusterIDs: ["clus-bj-x"] }),
      "404 NoSuchObject",
    );
    const page = await ok<Pages>("GET /v2/workspaces?orderBy=name&order=asc&pageSize=1&pageNo=2");
    assert.deepEqual([page.totalCount, names(page)], [2, ["stock"]]);
    assert.deepEqual(names(await ok("GET /v2/workspaces?name=sho")), ["shop"]);
    assert.deepEqual(await ok(`GET /billing/v1/billingWorkspaces/${ws}/users/lab/workspaceName`), { name: "shop" });
    assert.equal(await code(`GET /billing/v1/billingWorkspaces/${ws}/users/other/workspaceName`), "404 NoSuchObject");
    await ok(`DELETE /v2/workspaces/${ws}?skipDeleteUnderlay=true&ignoreUnderlayError=true`);
    assert.equal(await code(`GET /v2/workspaces/${ws}`), "404 NoSuchObject");
    assert.deepEqual(names(await ok("GET /v2/workspaces")), ["stock"]);
  });

  it("refuse an order by what is no field", async () => {
    const { code } = await createCnapScene();
    assert.equal(await code("GET /v2/workspaces?orderBy=nothing"), "400 BadRequest");
  });
});

describe("clusters", () => {
  it("are CCE's, imported once, and bound to workspaces", async () => {
    const { ok, code, underlay, ws, clusterID, prod } = await createCnapScene();
    const cluster = { region: "bj", underlayClusterID: underlay };
    assert.equal(await code("POST /v2/clusters", { cluster }), "409 Conflict");
    const unknown = { region: "bj", underlayClusterID: "cce-00000000" };
    assert.equal(await code("POST /v2/clusters", { cluster: unknown }), "404 NoSuchObject");
    assert.equal(await code("POST /v2/clusters", { cluster: { ...cluster, region: "gz" } }), "400 BadRequest");
    const unbind = `DELETE /v2/workspaces/${ws}/clusters/${clusterID}`;
    assert.equal(await code(unbind), "409 OperationDenied");
    assert.equal(await code(`DELETE /v2/clusters/${clusterID}`), "409 OperationDenied");
    await ok(`PUT /v2/workspaces/${ws}/environments/${prod}?skipDeleteUnderlay=true`, {
      clusterID: "",
      description: "",
    });
    assert.deepEqual(await ok(unbind), { clusterIDs: [] });
    assert.equal(await code(unbind), "404 NoSuchObject");
    const bound = await ok(`POST /v2/workspaces/${ws}/clusters`, { clusterIDs: [clusterID] });
    assert.deepEqual(bound, { clusterIDs: [clusterID] });
    const released = await ok(`DELETE /v2/clusters/${clusterID}`);
    assert.deepEqual([released.underlayClusterID, released.status], [underlay, "RUNNING"]);
    assert.equal((await ok(`GET /v2/workspaces/${ws}`)).clusterCount, 0);
  });
});

describe("environments", () => {
  it("are on a cluster of their workspace, which stays while something is deployed there", async () => {
    const { ok, code, ws, clusterID, prod, dev, deployGroup, app } = await createCnapScene();
    const path = `/v2/workspaces/${ws}/environments`;
    const made = await ok(`POST ${path}`, { name: "TEST", description: "d", clusterID, region: "bj" });
    assert.match(made.resourceID, /^env-/);
    assert.equal(await code(`POST ${path}`, { name: "TEST" }), "409 Conflict");
    const other = await ok("POST /v2/workspaces", { workspace: { name: "other" } });
    assert.equal(
      await code(`POST /v2/workspaces/${other.resourceID}/environments`, { name: "A", clusterID }),
      "409 OperationDenied",
    );
    assert.equal(await code(`PUT /v2/workspaces/${other.resourceID}/environments/${dev}`, {}), "404 NoSuchObject");
    await deployGroup("one");
    assert.equal(await code(`PUT ${path}/${prod}`, { clusterID: "" }), "409 OperationDenied");
    assert.equal(await code(`DELETE ${path}/${prod}`), "409 OperationDenied");
    assert.equal((await ok(`PUT ${path}/${prod}`, { description: "live" })).clusterID, clusterID);
    const [shown] = (await ok<Pages>(`GET /v2/console/workspaces/${ws}/environments?name=PROD`)).result;
    const { applicationList, cluster } = shown as unknown as { applicationList: Entry[]; cluster: Entry };
    assert.deepEqual([applicationList.map(({ resourceID }) => resourceID), cluster.resourceID], [[app], clusterID]);
    await ok(`DELETE ${path}/${made.resourceID}`);
    assert.equal(await code(`DELETE ${path}/${made.resourceID}`), "404 NoSuchObject");
  });
});

describe("image repositories", () => {
  it("answer with the password, and list what Baidu's registries have", async () => {
    const { ok, code, ws, simulator } = await createCnapScene();
    const path = `/v2/workspaces/${ws}/repositories`;
    const baidu = { endpoint: "registry.baidubce.com", name: "mine", type: 1, username: "u", password: "p" };
    const { resourceID, ...shown } = await ok(`POST ${path}`, baidu);
    assert.deepEqual(shown, { ...baidu, isSecure: true, isPrivate: true });
    assert.match(resourceID, /^r-/);
    assert.equal(await code(`POST ${path}`, baidu), "409 Conflict");
    assert.equal(await code(`POST ${path}`, { ...baidu, name: "m", type: 4 }), "400 BadRequest");
    const account = simulator.world.account("lab");
    addImage(account, { instanceId: "", projectName: "shop", repositoryName: "web" }, "v1");
    const [image] = (await ok<Pages>(`GET ${path}/${resourceID}/images?orderBy=name&order=asc`)).result;
    assert.deepEqual([image?.address, image?.isPrivate], ["registry.baidubce.com/shop/web", true]);
    const hub = await ok(`POST ${path}`, { endpoint: "docker.io", name: "hub", type: 2 });
    assert.deepEqual((await ok<Pages>(`GET ${path}/${hub.resourceID}/images`)).result, []);
    assert.equal(await code(`GET ${path}/r-x/images`), "404 NoSuchObject");
  });
});

describe("applications", () => {
  it("are created with their first deploy group, listed and deleted with all of them", async () => {
    const { ok, code, ws, newGroup, settle } = await createCnapScene();
    const path = `/v2/workspaces/${ws}/applications`;
    const access = [{ name: "a", type: 3, port: 80, targetPort: 8080 }];
    assert.equal(await code(`POST ${path}`, { application: { name: "api" }, access }), "400 BadRequest");
    const body = { application: { name: "api" }, deployGroup: newGroup("g"), access };
    const made = await ok(`POST ${path}`, body);
    assert.deepEqual([made.workloadType, made.deployType, (made.workspace as Entry).resourceID], [4, 1, ws]);
    assert.equal(await code(`POST ${path}`, body), "409 Conflict");
    await settle();
    const page = await ok<Pages>(`GET ${path}?workloadType=4`);
    const [shown] = page.result;
    const [group] = (shown?.deployGroupList ?? []) as Entry[];
    assert.deepEqual([names(page), shown?.deployGroupCount, group?.status], [["api"], 1, "RUNNING"]);
    await ok(`DELETE ${path}/${made.resourceID}?skipDeleteUnderlay=false&ignoreUnderlayError=false`);
    assert.deepEqual(names(await ok(`GET ${path}`)), ["web"]);
  });
});

describe("deploy groups", () => {
  it("are deployed, changed, scaled and deleted", async () => {
    const { ok, code, path, newGroup, settle, prod } = await createCnapScene();
    const groups = `${path}/deployGroups`;
    const made = await ok(`POST ${groups}`, { deployGroup: newGroup("one") });
    assert.deepEqual([made.status, made.isLocked, made.replicas], ["DEPLOYING", false, 1]);
    assert.deepEqual(made.resources, { cpuRequest: "500m", memRequest: "1024Mi" });
    const one = `${groups}/${made.resourceID}`;
    assert.equal(await code(`POST ${groups}`, { deployGroup: newGroup("one") }), "409 Conflict");
    await settle();
    assert.equal((await ok(`GET ${one}`)).status, "RUNNING");
    assert.equal((await ok(`PUT ${one}/scale`, { replicas: 3 })).status, "DEPLOYING");
    const access = [{ name: "in", type: 1, port: 80, targetPort: 80 }];
    const changed = await ok(`PUT ${one}`, { description: "d", compnonentConf: [], access });
    assert.deepEqual([changed.replicas, changed.description, changed.componentConf], [3, "d", []]);
    assert.deepEqual(
      (changed.access as Entry[]).map(({ name }) => name),
      ["in"],
    );
    assert.equal((changed.environment as Entry).resourceID, prod);
    await settle();
    assert.equal((await ok(`DELETE ${one}`)).status, "RUNNING");
    assert.equal(await code(`GET ${one}`), "404 NoSuchObject");
  });

  it("need an environment with a cluster, containers, and a repository of their workspace", async () => {
    const { code, path, newGroup, dev } = await createCnapScene();
    const outcome = (more: object) => code(`POST ${path}/deployGroups`, { deployGroup: newGroup("g", more) });
    assert.equal(await outcome({ environmentID: dev }), "409 OperationDenied");
    assert.equal(await outcome({ environmentID: "env-x" }), "404 NoSuchObject");
    assert.equal(await outcome({ conf: { containers: [] } }), "400 BadRequest");
    const containers = [{ name: "c", image: "i", bapRepositoryID: "r-x" }];
    assert.equal(await outcome({ conf: { containers } }), "400 BadRequest");
    assert.equal(await outcome({ type: 2, conf: undefined }), "200");
  });

  it("are found by page, by image and by config", async () => {
    const { ok, consolePath, deployGroup, prod, dev } = await createCnapScene();
    await deployGroup("one");
    await deployGroup("two");
    const groups = `GET ${consolePath}/deployGroups`;
    assert.deepEqual(names(await ok(`${groups}?orderBy=name&order=asc&pageSize=1&pageNo=2`)), ["two"]);
    assert.deepEqual(names(await ok(`${groups}?name=one&environmentID=${prod}&pageNo=1`)), ["one"]);
    assert.deepEqual(names(await ok(`${groups}?environmentID=${dev}&pageNo=1`)), []);
    assert.deepEqual(names(await ok(`${groups}?images=other%2C${WEB}`)), ["one", "two"]);
    assert.deepEqual(names(await ok(`${groups}?images=other`)), []);
    assert.deepEqual(names(await ok(`${groups}?configIDs=cm-a`)), ["one", "two"]);
    assert.deepEqual(names(await ok(`${groups}?images=${WEB}&configIDs=cm-b`)), []);
  });
});

describe("accesses", () => {
  it("come and go in bare lists: in the cluster, in the VPC, for everybody", async () => {
    const { ok, code, path, consolePath, deployGroup, settle, subnetId } = await createCnapScene();
    const id = await deployGroup("one");
    const accesses = `${path}/deployGroups/${id}/accesses`;
    const given = [1, 2, 3].map((type) => ({
      name: `a${type}`,
      type,
      port: 80 + type,
      targetPort: 8080,
      deployGroupID: id,
    }));
    const free = async () =>
      (await ok<{ subnet: { availableIp: number } }>(`GET /v1/subnet/${subnetId}`)).subnet.availableIp;
    const before = await free();
    const made = await ok<Entry[]>(`POST ${accesses}`, given);
    assert.deepEqual(
      made.map(({ status }) => status),
      ["CREATING", "CREATING", "CREATING"],
    );
    const [inCluster, inVpc, everybody] = made;
    assert.deepEqual(
      [inCluster?.ip, /^192\.168\./.test(String(inVpc?.ip)), /^127\./.test(String(everybody?.ip))],
      ["", true, true],
    );
    assert.equal(await free(), before - 1);
    assert.equal(await code(`POST ${accesses}`, given), "409 Conflict");
    assert.equal(await code(`POST ${accesses}`, [{ name: "b", port: 81, targetPort: 1 }]), "409 OperationDenied");
    assert.equal(
      await code(`POST ${accesses}`, [{ name: "b", port: 9, targetPort: 1, deployGroupID: "d-x" }]),
      "400 BadRequest",
    );
    assert.equal(await code(`POST ${accesses}`, { name: "b", port: 9, targetPort: 1 }), "400 InappropriateJSON");
    await settle();
    const list = await ok<Pages>(
      `GET ${consolePath}/deployGroups/${id}/accesses?orderBy=name&order=asc&pageSize=2&pageNo=1`,
    );
    assert.deepEqual([list.totalCount, names(list), list.result[0]?.status], [3, ["a1", "a2"], "RUNNING"]);
    await ok(`DELETE ${accesses}/${inVpc?.resourceID}`);
    assert.equal(await free(), before);
    assert.equal(await code(`DELETE ${accesses}/${inVpc?.resourceID}`), "404 NoSuchObject");
  });
});

describe("alert rules", () => {
  it("fire after their duration when the value is beyond the threshold, until they are changed", async () => {
    const { ok, code, clock } = await createCnapScene();
    const rule = { name: "up", duration: "1m", promql: "up", op: ">", threshold: 0, repeatInterval: "5m" };
    const made = await ok("POST /monitoring/v1/alertRules", {
      ...rule,
      contacts: { users: ["u"] },
      labels: { a: "b" },
    });
    assert.match(made.resourceID, /^ar-/);
    assert.equal(await code("POST /monitoring/v1/alertRules", rule), "409 Conflict");
    const never = await ok("POST /monitoring/v1/alertRules", { ...rule, name: "never", threshold: 1 });
    await clock.advance(59_000);
    const alerts = (query = "") => ok<Pages>(`GET /monitoring/v1/alerts${query}`);
    assert.equal((await alerts()).totalCount, 0);
    await clock.advance(2000);
    const [alert] = (await alerts()).result;
    assert.deepEqual([alert?.alertRuleID, alert?.status, alert?.endsAt], [made.resourceID, "FIRING", ""]);
    assert.equal((await alerts(`?name=up&startsAt=${clock.now() - 60_000}&endsAt=${clock.now()}`)).totalCount, 1);
    assert.equal((await alerts(`?startsAt=${clock.now() + 60_000}`)).totalCount, 0);
    assert.equal(await code("GET /monitoring/v1/alerts?startsAt=now"), "400 BadRequest");
    const changed = await ok(`PUT /monitoring/v1/alertRules/${made.resourceID}`, { ...rule, threshold: 5 });
    assert.equal(changed.threshold, 5);
    assert.equal((await alerts()).result[0]?.status, "RESOLVED");
    await ok(`DELETE /monitoring/v1/alertRules/${never.resourceID}`);
    assert.deepEqual(names(await ok("GET /monitoring/v1/alertRules?orderBy=name")), ["up"]);
    assert.equal(await code(`DELETE /monitoring/v1/alertRules/${never.resourceID}`), "404 NoSuchObject");
  });

  it("look at series that are asked for in Prometheus' form", async () => {
    const { ok, code } = await createCnapScene();
    const query = (rest: string) => `GET /monitoring/v1/query_range?query=up&${rest}`;
    const { status, data } = await ok<{ status: string; data: unknown }>(query("start=100&end=220&step=60"));
    const values = [
      [100, "1"],
      [160, "1"],
      [220, "1"],
    ];
    assert.deepEqual(
      [status, data],
      ["success", { resultType: "matrix", result: [{ metric: { query: "up" }, values }] }],
    );
    assert.equal(await code(query("start=0&end=100000&step=1")), "400 BadRequest");
    assert.equal(await code(query("start=0&end=10&step=0")), "400 BadRequest");
  });
});
