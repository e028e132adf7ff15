import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createScene } from "../../testing/client.ts";
import { addChart } from "./charts.ts";
import { addImage } from "./images.ts";
import { retired } from "./retired.ts";
import { createRegistryScene, type Got } from "./testing.ts";

const ORDER = {
  type: "BASIC",
  name: "mine",
  paymentTiming: "prepay",
  billing: { reservationTimeUnit: "MONTH", reservationTime: 1 },
};
const PULL = [{ kind: "project", namespace: "app", access: [{ resource: "repository", action: "pull" }] }];
const list = (body: Got, field: string) => body[field] as readonly Readonly<Record<string, unknown>>[];

describe("an instance", () => {
  it("is Creating, then Running; nothing can be done before", async () => {
    const { call, settle } = createScene();
    const made = await call<Got>("POST /v1/instances", ORDER);
    const path = `/v1/instances/${made.body.instanceID}`;
    const status = async () => ((await call<Got>(`GET ${path}`)).body.info as { status: string }).status;
    assert.equal(await status(), "Creating");
    assert.equal((await call(`POST ${path}/projects`, { projectName: "a" })).body.code, "OperationDenied");
    await settle();
    assert.equal(await status(), "Running");
  });

  it("is renamed, tagged, renewed and upgraded, to a larger edition alone", async () => {
    const { call, outcome, settle, id } = await createRegistryScene();
    assert.equal((await call("PUT ", { name: "new" })).body.name, "new");
    assert.equal(await outcome("PUT /tags", { tags: [{ tagKey: "a", tagValue: "b" }] }), "200");
    const before = (await call("GET ")).body.info as { expireTime: string };
    const renewal = { items: [{ config: { duration: 1, instanceId: id, timeUnit: "YEAR" } }] };
    assert.equal(await outcome("POST /v1/instances/renew?orderType=RENEW", renewal), "200");
    assert.equal(await outcome("PUT /upgrade", { type: "BASIC" }), "409 OperationDenied");
    assert.equal(await outcome("PUT /upgrade", { type: "ADVANCED" }), "200");
    assert.equal(await outcome("GET /projects"), "409 OperationDenied");
    await settle();
    const { info, statistic, quota } = (await call("GET ")).body as unknown as {
      info: { instanceType: string; expireTime: string; tags: unknown };
      statistic: { repo: number; namespace: number };
      quota: { vpc: number };
    };
    assert.deepEqual([info.instanceType, info.tags], ["ADVANCED", [{ tagKey: "a", tagValue: "b" }]]);
    assert.equal(Number(info.expireTime.slice(0, 4)), Number(before.expireTime.slice(0, 4)) + 1);
    assert.deepEqual([statistic.repo, statistic.namespace, quota.vpc], [1, 1, 10]);
  });

  it("is of one region; lists of all regions show it, and a clientToken orders one", async () => {
    const { call } = createScene();
    const [one, two] = [
      await call<Got>("POST /v1/instances?clientToken=t", ORDER),
      await call<Got>("POST /v1/instances?clientToken=t", ORDER),
    ];
    assert.equal(one.body.instanceID, two.body.instanceID);
    const host = "ccr.gz.baidubce.com";
    assert.equal((await call<Got>("GET /v1/instances", undefined, { host })).body.total, 0);
    assert.equal((await call<Got>("GET /v1/instances?acrossregion=true", undefined, { host })).body.total, 1);
    assert.equal(
      (await call<Got>(`GET /v1/instances/${one.body.instanceID}`, undefined, { host })).body.code,
      "NoSuchObject",
    );
  });

  it("is refused above the quota", async () => {
    const { call } = createScene({ quotas: { ccrInstances: 0 } });
    assert.equal((await call("POST /v1/instances", ORDER)).body.code, "QuotaLimitExceeded");
  });
});

it("networks: links into VPCs, and the internet with its list", async () => {
  const { call, outcome, settle, simulator } = await createRegistryScene();
  const link = { vpcID: simulator.vpcId, subnetID: simulator.subnetIds[0] };
  assert.equal(await outcome("POST /privatelinks", { ...link, vpcID: "vpc-none" }), "404 NoSuchObject");
  assert.equal(await outcome("POST /privatelinks", link), "200");
  assert.equal(await outcome("POST /privatelinks", link), "409 OperationDenied");
  assert.equal(list((await call("GET /privatelinks")).body, "items")[0]?.status, "Creating");
  await settle();
  assert.equal(list((await call("GET /privatelinks")).body, "items")[0]?.status, "Running");
  assert.equal(await outcome("DELETE /privatelinks", link), "200");
  assert.equal(await outcome("DELETE /privatelinks", link), "404 NoSuchObject");
  assert.equal((await call("GET /publiclinks")).body.status, "Closed");
  assert.equal(await outcome("PUT /publiclinks", { action: "open" }), "200");
  assert.equal(await outcome("POST /publiclinks/whitelist", { ipAddr: "10.0.0.0/33" }), "400 BadRequest");
  assert.equal(await outcome("POST /publiclinks/whitelist", { ipAddr: "1.2.3.4" }), "200");
  assert.equal(await outcome("POST /publiclinks/whitelist", { ipAddr: "1.2.3.4" }), "409 OperationDenied");
  const { status, whitelist } = (await call("GET /publiclinks")).body;
  assert.deepEqual([status, whitelist], ["Opened", [{ ipAddr: "1.2.3.4", description: "" }]]);
  assert.equal(await outcome("DELETE /publiclinks/whitelist", { items: ["1.2.3.5"] }), "404 NoSuchObject");
  assert.equal(await outcome("DELETE /publiclinks/whitelist", { items: ["1.2.3.4"] }), "200");
});

it("passwords: rules, and temporary ones of 1 to 24 hours", async () => {
  const { call, outcome } = await createRegistryScene();
  assert.equal((await call("GET /v1/users/profile")).body.name, "lab");
  assert.equal(await outcome("GET /v1/users/profile?userId=nobody"), "404 NoSuchObject");
  assert.equal(await outcome("PUT /credential", { password: "alllowercase1" }), "400 BadRequest");
  assert.equal(await outcome("PUT /credential", { password: "Abcdef12" }), "200");
  assert.equal(await outcome("POST /credential", { duration: 25 }), "400 BadRequest");
  const { password } = (await call("POST /credential", { duration: 24 })).body;
  assert.equal(typeof password, "string");
});

it("robots: the secret is told when made and when changed, and never else", async () => {
  const { call, outcome } = await createRegistryScene();
  const robot = { name: "puller", duration: 1, permissions: PULL };
  assert.equal(await outcome("POST /robots", { ...robot, name: "a--b" }), "400 BadRequest");
  assert.equal(
    await outcome("POST /robots", { ...robot, permissions: [{ namespace: "none", access: [] }] }),
    "404 NoSuchObject",
  );
  const made = (await call("POST /robots", robot)).body;
  assert.equal(made.name, "ccr$puller");
  assert.equal(typeof made.secret, "string");
  assert.equal(await outcome("POST /robots", robot), "409 Conflict");
  const path = `/robots/${made.id}`;
  assert.equal((await call(`GET ${path}`)).body.secret, undefined);
  assert.equal(await outcome(`PUT ${path}`, { disable: true, duration: -1 }), "200");
  const changed = (await call(`GET ${path}`)).body;
  assert.deepEqual([changed.disable, changed.expiresAt, changed.duration], [true, -1, -1]);
  assert.equal((await call("GET /robots?status=enabled")).body.total, 0);
  assert.equal((await call("GET /robots?status=disabled")).body.total, 1);
  assert.equal((await call(`PUT ${path}/secret`, { secret: "a-secret-of-mine" })).body.secret, "a-secret-of-mine");
  assert.notEqual((await call(`PUT ${path}/secret`, {})).body.secret, made.secret);
  assert.equal(await outcome(`DELETE ${path}`), "200");
  assert.equal(await outcome(`GET ${path}`), "404 NoSuchObject");
});

describe("projects and repositories", () => {
  it("pages cover exactly the list", async () => {
    const { call } = await createRegistryScene();
    for (const name of ["a", "b", "c", "d"]) await call("POST /projects", { projectName: name });
    for (const size of [1, 2, 3, 5, 7]) {
      const names: unknown[] = [];
      for (let page = 1; page <= Math.ceil(5 / size); page++) {
        const { body } = await call(`GET /projects?pageNo=${page}&pageSize=${size}`);
        assert.equal(body.total, 5);
        names.push(...list(body, "projects").map(({ projectName }) => projectName));
      }
      assert.deepEqual(names, ["app", "a", "b", "c", "d"]);
    }
  });

  it("projects are changed, and go when they are empty", async () => {
    const { call, outcome } = await createRegistryScene();
    assert.equal(await outcome("POST /projects", { projectName: "app" }), "409 Conflict");
    assert.equal((await call("PUT /projects/app", { public: "true" })).body.public, "true");
    assert.equal((await call("GET /projects/app")).body.repoCount, 1);
    assert.equal(await outcome("DELETE /projects/app"), "409 OperationDenied");
    await call("POST /projects", { projectName: "x" });
    assert.equal(await outcome("DELETE /projects", { items: ["x", "app"] }), "409 OperationDenied");
    assert.equal(await outcome("GET /projects/x"), "200");
    assert.equal(await outcome("DELETE /projects", { items: ["x"] }), "200");
    assert.equal(await outcome("GET /projects/x"), "404 NoSuchObject");
    await call("POST /projects", { projectName: "y" });
    assert.equal(await outcome("DELETE /projects/y"), "200");
  });

  it("a repository's name with slashes is found in base64 of each kind", async () => {
    const { call, outcome, account, id } = await createRegistryScene();
    addImage(account, { instanceId: id, projectName: "app", repositoryName: "lib/ubuntu" }, "v1");
    for (const name of ["bGliL3VidW50dQ%3D%3D", "bGliL3VidW50dQ"])
      assert.equal((await call(`GET /projects/app/repositories/${name}`)).body.repositoryName, "lib/ubuntu");
    assert.equal((await call("GET /projects/app/repositories?repositoryName=lib")).body.total, 1);
    assert.equal((await call("PUT /projects/app/repositories/web", { description: "d" })).body.description, "d");
    assert.equal(await outcome("DELETE /projects/app/repositories", { items: ["web", "none"] }), "404 NoSuchObject");
    assert.equal(await outcome("DELETE /projects/app/repositories", { items: ["lib/ubuntu"] }), "200");
    assert.equal(await outcome("DELETE /projects/app/repositories/web"), "200");
    assert.equal((await call("GET /projects/app/repositories")).body.total, 0);
  });

  it("tags are listed, scanned and deleted", async () => {
    const { call, outcome, settle, account, id } = await createRegistryScene();
    const path = "/projects/app/repositories/web/tags";
    const v1 = (await call(`GET ${path}/v1`)).body;
    assert.deepEqual([v1.architecture, v1.os, v1.type, v1.scanOverview], ["amd64", "linux", "IMAGE", undefined]);
    assert.equal(await outcome(`POST ${path}/v1/scan`), "200");
    const scan = async () => ((await call(`GET ${path}/v1`)).body.scanOverview as { scanStatus: string }).scanStatus;
    assert.equal(await scan(), "Running");
    await settle();
    assert.equal(await scan(), "Success");
    assert.notEqual((await call(`GET ${path}/v1/scanoverview`)).body.lastScanTime, "");
    assert.equal(list((await call(`GET ${path}/v1/buildhistory`)).body, "items").length, 1);
    for (const tag of ["v2", "v3"])
      addImage(account, { instanceId: id, projectName: "app", repositoryName: "web" }, tag);
    assert.equal((await call(`GET ${path}?pageSize=2`)).body.total, 3);
    assert.equal(await outcome(`DELETE ${path}/v1`), "200");
    assert.equal(await outcome(`GET ${path}/v1`), "404 NoSuchObject");
    assert.equal(await outcome(`DELETE ${path}`, { items: ["v2", "v3"] }), "200");
  });

  it("builds make an image, or fail without FROM", async () => {
    const { call, outcome, settle } = await createRegistryScene();
    const path = "/projects/app/repositories/web/imagebuilds";
    const [good, bad] = [
      (await call(`POST ${path}`, { tagName: "v9", isLatest: true, dockerfile: "FROM scratch" })).body.id,
      (await call(`POST ${path}`, { tagName: "v8", dockerfile: "RUN x" })).body.id,
    ];
    assert.equal((await call(`GET ${path}/${good}`)).body.status, "building");
    await settle();
    assert.equal((await call(`GET ${path}/${good}`)).body.status, "success");
    assert.equal((await call(`GET ${path}/${bad}`)).body.status, "failed");
    assert.equal(await outcome("GET /projects/app/repositories/web/tags/latest"), "200");
    assert.equal(await outcome("GET /projects/app/repositories/web/tags/v8"), "404 NoSuchObject");
    assert.equal((await call(`GET ${path}`)).body.total, 2);
    assert.equal(await outcome(`DELETE ${path}/${good}`), "200");
    assert.equal(await outcome(`DELETE ${path}`, { items: [bad] }), "200");
    assert.equal(await outcome(`GET ${path}/${bad}`), "404 NoSuchObject");
  });

  it("charts", async () => {
    const { call, outcome, account, id } = await createRegistryScene();
    const chart = { instanceId: id, projectName: "app", appVersion: "1", description: "d" };
    for (const version of ["1.0.0", "1.1.0", "1.2.0"]) addChart(account, { ...chart, name: "c", version });
    addChart(account, { ...chart, name: "d", version: "1.0.0" });
    const path = "/projects/app/charts";
    const [first] = list((await call(`GET ${path}`)).body, "items");
    assert.deepEqual([first?.name, first?.totalVersions, first?.latestVersion], ["c", 3, "1.2.0"]);
    assert.equal((await call(`GET ${path}/c/versions?chartVersion=1.1`)).body.total, 1);
    assert.equal((await call(`GET ${path}/download/c-1.0.0.tgz`)).body.version, "1.0.0");
    assert.equal(await outcome(`GET ${path}/download/c-9.tgz`), "404 NoSuchObject");
    assert.equal(await outcome(`DELETE ${path}/c/versions/1.0.0`), "200");
    assert.equal(await outcome(`DELETE ${path}/c/versions`, { items: ["1.1.0", "9"] }), "404 NoSuchObject");
    assert.equal(await outcome(`DELETE ${path}/c/versions`, { items: ["1.1.0"] }), "200");
    assert.equal(await outcome(`DELETE ${path}/c`), "200");
    assert.equal(await outcome(`DELETE ${path}`, { items: ["d"] }), "200");
    assert.equal((await call(`GET ${path}`)).body.total, 0);
  });
});

it("other registries: their secret is never told, and .invalid hosts do not answer", async () => {
  const { call, outcome } = await createRegistryScene();
  const other = {
    name: "hub",
    url: "https://hub.test",
    type: "harbor",
    credential: { accessKey: "k", accessSecret: "s" },
  };
  const made = (await call("POST /registries", other)).body;
  assert.deepEqual(made.credential, { type: "basic", accessKey: "k" });
  assert.equal(await outcome("POST /registries", other), "409 Conflict");
  const path = `/registries/${made.id}`;
  assert.equal((await call(`PUT ${path}`, { ...other, url: "https://x.invalid" })).body.status, "unhealthy");
  assert.equal((await call(`GET ${path}`)).body.url, "https://x.invalid");
  assert.equal((await call("GET /registries?registryType=harbor")).body.total, 1);
  assert.equal(await outcome("POST /registries/ping", other), "200");
  assert.equal(await outcome("POST /registries/ping", { ...other, url: "https://x.invalid" }), "400 BadRequest");
  assert.equal(await outcome(`DELETE ${path}`), "200");
  assert.equal(await outcome(`GET ${path}`), "404 NoSuchObject");
});

it("migrations: rules, runs, tasks and their log; a run can be stopped once", async () => {
  const { call, outcome } = await createRegistryScene();
  const { id } = (await call("POST /registries", { name: "hub", url: "https://hub.test", type: "harbor" })).body;
  const filters = [{ type: "name", value: "lib/x" }];
  const rule = {
    name: "r",
    destProjectName: "app",
    filters,
    override: true,
    srcRegistry: { id },
    trigger: { type: "manual" },
  };
  assert.equal(await outcome("POST /replications", { ...rule, srcRegistry: { id: 99 } }), "404 NoSuchObject");
  assert.equal(await outcome("POST /replications", rule), "200");
  assert.equal(await outcome("POST /replications", rule), "409 Conflict");
  const policyId = list((await call("GET /replications")).body, "items")[0]?.id;
  assert.equal(await outcome(`PUT /replications/${policyId}`, { ...rule, name: "s" }), "200");
  assert.equal(await outcome("POST /executions", { policyId }), "200");
  assert.equal((await call(`GET /replications/${policyId}`)).body.executionTimes, 1);
  const run = list((await call(`GET /executions?policyId=${policyId}`)).body, "items")[0]?.id;
  const task = list((await call(`GET /executions/${run}/tasks`)).body, "items")[0];
  assert.equal(task?.destResource, "app/x");
  assert.equal(await outcome(`GET /executions/${run}/tasks/${task?.id}/log`), "200");
  assert.equal(await outcome(`PUT /executions/${run}`), "200");
  assert.equal((await call(`GET /executions/${run}`)).body.status, "Stopped");
  assert.equal(await outcome(`PUT /executions/${run}`), "409 OperationDenied");
  assert.equal(await outcome(`DELETE /replications/${policyId}`), "200");
  assert.equal(await outcome("POST /executions", { policyId }), "404 NoSuchObject");
});

it("a synchronisation copies images, and the digest stays", async () => {
  const { call, outcome, settle } = await createRegistryScene();
  const destInstanceId = (await call("POST /v1/instances", ORDER)).body.instanceID;
  await settle();
  await call(`POST /v1/instances/${destInstanceId}/projects`, { projectName: "copy" });
  const sync = {
    name: "s",
    destInstanceId,
    destProjectName: "copy",
    srcProjectName: "app",
    override: true,
    trigger: { type: "manual" },
  };
  assert.equal(await outcome("POST /syncs", { ...sync, destInstanceId: "ccr-none" }), "404 NoSuchObject");
  assert.equal(await outcome("POST /syncs", sync), "200");
  const policyId = list((await call("GET /syncs")).body, "items")[0]?.id;
  assert.equal(await outcome(`PUT /syncs/${policyId}`, { ...sync, description: "d" }), "200");
  assert.equal((await call(`GET /syncs/${policyId}`)).body.description, "d");
  await call("POST /executions", { policyId });
  await settle();
  const tag = "repositories/web/tags/v1";
  const copied = (await call(`GET /v1/instances/${destInstanceId}/projects/copy/${tag}`)).body.digest;
  assert.equal(copied, (await call(`GET /projects/app/${tag}`)).body.digest);
  assert.equal(await outcome(`DELETE /syncs/${policyId}`), "200");
});

it("webhooks write down what they would send", async () => {
  const { call, outcome, account, id } = await createRegistryScene();
  const targets = [{ address: "http://hook.test", headers: { Authorization: "x" } }];
  const hook = { name: "h", eventTypes: ["PUSH_ARTIFACT"], filters: [{ type: "project_name", value: "app" }], targets };
  const base = "/triggers/policies";
  const odd = [{ address: "http://hook.test", headers: { Cookie: "x" } }];
  assert.equal(await outcome(`POST ${base}`, { ...hook, targets: odd }), "400 BadRequest");
  assert.equal(await outcome(`POST ${base}`, hook), "200");
  const policyId = list((await call(`GET ${base}`)).body, "policies")[0]?.id;
  const push = (tag: string) => addImage(account, { instanceId: id, projectName: "app", repositoryName: "web" }, tag);
  push("v2");
  assert.equal(await outcome(`PUT ${base}/${policyId}/enable?enabled=false`), "200");
  push("v3");
  const jobs = list((await call(`GET ${base}/${policyId}/jobs`)).body, "jobs");
  assert.deepEqual(
    jobs.map(({ images }) => images),
    [["app/web:v2"]],
  );
  assert.equal(await outcome(`PUT ${base}/${policyId}/jobs/${jobs[0]?.id}/retry`), "200");
  assert.equal(await outcome(`PUT ${base}/${policyId}/jobs/99/retry`), "404 NoSuchObject");
  assert.equal(await outcome(`PUT ${base}/${policyId}`, { ...hook, name: "i" }), "200");
  assert.equal((await call(`GET ${base}/${policyId}`)).body.name, "i");
  assert.equal(await outcome(`POST ${base}/targets`, targets[0]), "200");
  assert.equal(await outcome(`POST ${base}/targets`, { address: "http://x.invalid" }), "400 BadRequest");
  await call(`POST ${base}`, { ...hook, name: "j" });
  assert.equal(await outcome(`DELETE ${base}/${policyId}`), "200");
  const rest = list((await call(`GET ${base}`)).body, "policies").map((one) => String(one.id));
  assert.equal(await outcome(`DELETE ${base}`, { items: rest }), "200");
});

it("accelerator rules mark the tags that they concern", async () => {
  const { call, outcome } = await createRegistryScene();
  const base = "/accelerators/policies";
  const rule = { name: "a", filters: [{ type: "repository_name", value: "we*" }] };
  assert.equal(await outcome(`POST ${base}`, rule), "200");
  assert.equal(await outcome(`POST ${base}`, rule), "409 Conflict");
  const status = async () => (await call("GET /projects/app/repositories/web/tags/v1")).body.acceleratorStatus;
  assert.equal(await status(), "Success");
  const policyId = list((await call(`GET ${base}`)).body, "policies")[0]?.id;
  assert.equal(await outcome(`PUT ${base}/${policyId}/enable?enabled=false`), "200");
  assert.equal(await status(), "");
  assert.equal(await outcome(`PUT ${base}/${policyId}`, { ...rule, description: "d" }), "200");
  assert.equal((await call(`GET ${base}/${policyId}`)).body.description, "d");
  const test = "POST /v1/accelerators/policies/filters";
  assert.equal(await outcome(test, { filters: rule.filters, repository: "app/web" }), "200");
  assert.equal(await outcome(test, { filters: rule.filters, repository: "app/db" }), "400 BadRequest");
  assert.equal(await outcome(`DELETE ${base}/${policyId}`), "200");
  await call(`POST ${base}`, rule);
  const rest = list((await call(`GET ${base}`)).body, "policies").map((one) => String(one.id));
  assert.equal(await outcome(`DELETE ${base}`, { items: rest }), "200");
});

it("the personal edition: a user once, a token for hours, an overview", async () => {
  const { call } = createScene();
  const host = "ccr.baidubce.com";
  const at = (line: string, body?: unknown) => call<Got>(line, body, { host });
  assert.equal((await at("GET /v1/ccr/user")).body.code, "NoSuchObject");
  assert.equal((await at("POST /v1/ccr/token", { duration: 1 })).body.code, "NoSuchObject");
  assert.equal((await at("POST /v1/ccr/user/new", { password: "short" })).body.code, "BadRequest");
  assert.equal((await at("POST /v1/ccr/user/new", { password: "long enough" })).status, 200);
  assert.equal((await at("POST /v1/ccr/user/new", { password: "long enough" })).body.code, "OperationDenied");
  assert.equal((await at("GET /v1/ccr/user")).body.username, "lab");
  const { beginTime, expireTime } = (await at("POST /v1/ccr/token", { duration: 1 })).body;
  assert.equal(Date.parse(`${expireTime}Z`) - Date.parse(`${beginTime}Z`), 3_600_000);
  assert.equal((await at("GET /v1/ccr/overview")).body.totalProjectCount, 0);
  assert.equal((await at("GET /v1/ccr/projects")).body.total, 0);
});

describe("the retired image repository", () => {
  for (const [name, { method, path }] of Object.entries(retired.operations)) {
    it(`${name} is refused, and says where to go`, async () => {
      const { call } = createScene();
      const line = `${method} ${path.replace("{namespace}", "n")}`;
      const { status, body } = await call(line, method === "GET" ? undefined : {});
      assert.deepEqual([status, body.code], [409, "OperationDenied"]);
      assert.match(body.message, /CCR/);
    });
  }
});
