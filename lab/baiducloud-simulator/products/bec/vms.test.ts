import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createEdgeScene, NEW_VMS } from "./testing.ts";

describe("a service of machines", () => {
  it("makes machines at each place, which are CREATING, STARTING and RUNNING", async () => {
    const { call, clock, details, results } = createEdgeScene({ timings: { becCreate: 1000, becChange: 100 } });
    const places = [
      { regionId: "cn-hangzhou-cm", replicas: 2 },
      { region: "EAST_CHINA", city: "nanjing", serviceProvider: "TRIPLE_LINE", subServiceProviders: ["ct", "un"] },
    ];
    const made = await details("POST /v1/vm/service", { ...NEW_VMS, deployInstances: places });
    assert.match(String(made.serviceId), /^vm-[0-9a-z]{8}$/);
    assert.deepEqual([made.status, made.totalInstances, made.totalCpu, made.regions], ["CREATING", 3, 6, 2]);
    const first = (await results("GET /v1/vm/instance"))[0];
    assert.match(String(first?.vmId), new RegExp(`^${made.serviceId}-cn-hangzhou-cm-[0-9a-z]{5}$`));
    assert.equal(first?.publicIp, "");
    await clock.advance(1000);
    const states = async () => (await results("GET /v1/vm/instance")).map(({ status }) => status);
    assert.deepEqual(await states(), ["STARTING", "STARTING", "STARTING"]);
    await clock.advance(100);
    assert.deepEqual(await states(), ["RUNNING", "RUNNING", "RUNNING"]);
    const [one, , triple] = await results("GET /v1/vm/instance");
    assert.match(`${one?.publicIp} ${one?.internalIp}`, /^198\.18\.\S+ 172\.16\.\S+$/);
    assert.deepEqual(one?.multiplePublicIp, []);
    const addresses = triple?.multiplePublicIp as { serviceProvider: string }[] | undefined;
    const carriers = addresses?.map(({ serviceProvider }) => serviceProvider);
    assert.deepEqual([triple?.regionId, carriers], ["cn-nanjing-ix", ["CHINA_UNICOM", "CHINA_TELECOM"]]);
    const { body } = await call(`GET /v1/vm/service/${made.serviceId}`);
    assert.deepEqual([body.runningInstances, body.totalBandwidth], [3, "30Mbps"]);
  });

  it("refuses what cannot be made, before anything is", async () => {
    const { outcome, results } = createEdgeScene({ quotas: { becVms: 1 } });
    const make = (more: object) => outcome("POST /v1/vm/service", { ...NEW_VMS, ...more });
    assert.equal(await make({ deployInstances: [{ regionId: "cn-atlantis-cm" }] }), "400 BadRequest");
    assert.equal(await make({ deployInstances: [] }), "400 BadRequest");
    assert.equal(await make({ spec: "" }), "400 BadRequest");
    assert.equal(await make({ bandwidth: 0 }), "400 BadRequest");
    assert.equal(await make({ imageId: "m-none" }), "404 ResourceNotFound");
    assert.equal(await make({ securityGroupIds: ["sg-none"] }), "404 ResourceNotFound");
    assert.equal(await make({ deploysetIdList: ["dset-none"] }), "404 ResourceNotFound");
    assert.equal(await make({ templateId: "tmpl-none" }), "404 ResourceNotFound");
    assert.equal(await make({ cpu: "many" }), "400 BadRequest");
    assert.equal(await make({ paymentMethod: "prepay" }), "400 BadRequest");
    assert.equal(await make({ deployInstances: [{ regionId: "cn-hangzhou-cm", replicas: 2 }] }), "413 LimitExceeded");
    assert.deepEqual(await results("GET /v1/vm/service"), []);
  });

  it("is made once for a clientToken, and is the same in all regions", async () => {
    const { call, results, simulator } = createEdgeScene();
    await call("POST /v1/vm/service?clientToken=a", NEW_VMS);
    await call("POST /v1/vm/service?clientToken=a", NEW_VMS);
    assert.equal((await results("GET /v1/vm/service")).length, 1);
    const elsewhere = simulator.world.account("lab", "gz");
    assert.equal(elsewhere.shared.table("becVms").size, 1);
  });

  it("is renamed, grown, shrunk, changed as a whole, and listed by pages", async () => {
    const { call, outcome, results, runVms, settle } = createEdgeScene();
    const { serviceId } = await runVms();
    await runVms({ serviceName: "other" });
    const path = `/v1/vm/service/${serviceId}`;
    assert.equal(await outcome(`PUT ${path}`, { type: "serviceName", serviceName: "new" }), "200");
    assert.equal(await outcome(`PUT ${path}`, { type: "colour" }), "400 BadRequest");
    assert.equal(await outcome("PUT /v1/vm/service/vm-none", { type: "replicas" }), "404 ResourceNotFound");
    const at = (replicas: number) => ({
      type: "replicas",
      deployInstances: [{ regionId: "cn-hangzhou-cm", replicas }],
    });
    assert.equal(await outcome(`PUT ${path}`, at(3)), "200");
    assert.equal(await outcome(`PUT ${path}`, { type: "resource", cpu: 4 }), "409 OperationDenied");
    await settle();
    assert.equal(await outcome(`PUT ${path}`, { type: "resource", cpu: 4, needRestart: true }), "200");
    await settle();
    const grown = (await call(`GET ${path}`)).body;
    assert.deepEqual([grown.serviceName, grown.totalInstances, grown.totalCpu], ["new", 3, 12]);
    assert.equal(await outcome(`POST ${path}/instance`, NEW_VMS), "200");
    assert.equal(await outcome("POST /v1/vm/service/vm-none/instance", NEW_VMS), "404 ResourceNotFound");
    assert.equal(await outcome(`PUT ${path}`, at(1)), "200");
    await settle();
    assert.equal((await call(`GET ${path}`)).body.totalInstances, 1);
    const page = (await call("GET /v1/vm/service?pageNo=2&pageSize=1&orderBy=serviceName&order=asc")).body;
    assert.deepEqual(
      [page.totalCount, page.pageNo, (page.result as { serviceName: string }[])[0]?.serviceName],
      [2, 2, "other"],
    );
    const names = async (query: string) => (await results(`GET /v1/vm/service?${query}`)).length;
    assert.equal(await names("keywordType=serviceName&keyword=oth"), 1);
    assert.equal(await names("status=STOPPED"), 0);
    assert.equal(await names("region=NORTH_CHINA"), 0);
    assert.equal(await names("osName=Ubuntu"), 0);
  });

  it("stops, starts and goes, alone or with others", async () => {
    const { call, outcome, results, runVms, settle } = createEdgeScene();
    const { serviceId } = await runVms();
    const other = (await runVms()).serviceId;
    const path = `/v1/vm/service/${serviceId}`;
    assert.equal(await outcome(`PUT ${path}/start`), "409 OperationDenied");
    assert.equal(await outcome(`PUT ${path}/stop`), "200");
    await settle();
    assert.equal((await call(`GET ${path}`)).body.status, "STOPPED");
    assert.equal(await outcome(`PUT ${path}/start`), "200");
    await settle();
    const batch = { idList: [serviceId, "vm-none"], action: "stop" };
    const { details } = (await call("PUT /v1/vm/service/batch/operate", batch)).body;
    assert.deepEqual(
      (details as { success: boolean }[]).map(({ success }) => success),
      [true, false],
    );
    assert.equal(await outcome(`DELETE ${path}`), "200");
    await settle();
    assert.equal(await outcome(`GET ${path}`), "404 ResourceNotFound");
    assert.equal(await outcome(`DELETE ${path}`), "404 ResourceNotFound");
    assert.equal(await outcome("POST /v1/vm/service/batch/delete", [other]), "200");
    await settle();
    assert.deepEqual([await results("GET /v1/vm/service"), await results("GET /v1/vm/instance")], [[], []]);
  });
});

describe("a machine", () => {
  it("stops, starts and restarts, each from the right state only", async () => {
    const { call, clock, outcome, runVms, settle } = createEdgeScene({ timings: { becChange: 100 } });
    const path = `/v1/vm/instance/${(await runVms()).vmId}`;
    const status = async () => (await call(`GET ${path}`)).body.status;
    assert.equal(await outcome(`PUT ${path}/start`), "409 OperationDenied");
    for (const [action, during, after] of [
      ["restart", "RESTARTING", "RUNNING"],
      ["stop", "STOPPING", "STOPPED"],
      ["start", "STARTING", "RUNNING"],
    ]) {
      assert.equal(await outcome(`PUT ${path}/${action}`), "200");
      assert.equal(await status(), during);
      assert.equal(await outcome(`PUT ${path}/stop`), "409 OperationDenied");
      await clock.advance(100);
      assert.equal(await status(), after);
    }
    assert.equal(await outcome(`DELETE ${path}`), "200");
    assert.equal(await status(), "TERMINATING");
    assert.equal(await outcome(`DELETE ${path}`), "409 OperationDenied");
    await settle();
    assert.equal(await outcome(`GET ${path}`), "404 ResourceNotFound");
    assert.equal(await outcome(`PUT ${path}/restart`), "404 ResourceNotFound");
  });

  it("is changed and reinstalled, and says what it was made from", async () => {
    const { call, outcome, runVms, settle } = createEdgeScene();
    const path = `/v1/vm/instance/${(await runVms()).vmId}`;
    assert.equal(await outcome(`PUT ${path}`, { type: "vmName", vmName: "edge-1" }), "200");
    assert.equal(await outcome(`PUT ${path}`, { type: "hostname", hostname: "edge-host" }), "200");
    assert.equal(await outcome(`PUT ${path}`, { type: "password" }), "400 BadRequest");
    assert.equal(await outcome(`PUT ${path}`, { type: "password", adminPass: "Secret-123" }), "200");
    assert.equal(await outcome(`PUT ${path}`, { type: "resource", cpu: 8, memory: 16, bandwidth: 20 }), "200");
    assert.equal(
      await outcome(`PUT ${path}`, { type: "resource", systemVolume: { sizeInGB: 10 } }),
      "409 OperationDenied",
    );
    const { vmName, hostname, cpu, mem, bandwidth } = (await call(`GET ${path}`)).body;
    assert.deepEqual([vmName, hostname, cpu, mem, bandwidth], ["edge-1", "edge-host", 8, 16, "20Mbps"]);
    assert.equal(await outcome(`PUT ${path}/system/reinstall`, { imageId: "m-none" }), "404 ResourceNotFound");
    assert.equal(await outcome(`PUT ${path}/system/reinstall`, { imageId: "m-lab00000" }), "200");
    assert.equal((await call(`GET ${path}`)).body.status, "REINSTALLING");
    assert.equal(await outcome(`PUT ${path}`, { type: "vmName", vmName: "x" }), "409 OperationDenied");
    await settle();
    const config = (await call(`GET ${path}/config`)).body;
    assert.deepEqual([config.cpu, (config.osImage as { osName: string }).osName], [8, "Ubuntu"]);
    assert.equal(await outcome("GET /v1/vm/instance/vm-none/config"), "404 ResourceNotFound");
  });

  it("is found at its place", async () => {
    const { results, runVms } = createEdgeScene();
    const { vmId } = await runVms();
    const at = (provider: string) => `GET /v1/vm/instance/regions/EAST_CHINA/sps/${provider}/cities/HANGZHOU`;
    assert.deepEqual(
      (await results(at("CHINA_MOBILE"))).map((vm) => vm.vmId),
      [vmId],
    );
    assert.deepEqual(await results(at("CHINA_UNICOM")), []);
    assert.deepEqual(await results(`${at("CHINA_MOBILE")}?keywordType=vmId&keyword=none`), []);
  });
});

it("an image is made of a machine or imported, renamed, used and deleted", async () => {
  const { call, outcome, results, runVms, settle } = createEdgeScene();
  const { vmId } = await runVms();
  assert.equal(await outcome("POST /v1/vm/image", { vmId: "vm-none", name: "a" }), "404 ResourceNotFound");
  const made = (await call("POST /v1/vm/image", { vmId, name: "mine" })).body;
  const image = String(made.result);
  assert.equal((await call(`GET /v1/vm/instance/${vmId}`)).body.status, "IMAGING");
  assert.equal(await outcome("POST /v1/vm/image", { vmId, name: "again" }), "409 OperationDenied");
  const own = async () => (await results("GET /v1/vm/image?Type=bec&PageNo=1&PageSize=10")).map((one) => one.status);
  assert.deepEqual(await own(), ["CREATING"]);
  await settle();
  assert.deepEqual(await own(), ["NORMAL"]);
  assert.equal((await call(`GET /v1/vm/instance/${vmId}`)).body.status, "RUNNING");
  assert.equal((await results("GET /v1/vm/image?type=bcc&pageSize=2")).length, 2);
  const upload = { osType: "linux", osName: "CentOS", bosUrl: "bos://b/k", name: "brought" };
  assert.equal(await outcome("POST /v1/vm/image/import", upload), "200");
  assert.equal(await outcome("POST /v1/vm/image/import", { ...upload, bosUrl: "" }), "400 BadRequest");
  assert.equal(await outcome(`PUT /v1/vm/image/${image}`, { name: "renamed" }), "200");
  assert.equal(await outcome("PUT /v1/vm/image/m-lab00000", { name: "renamed" }), "404 ResourceNotFound");
  const { serviceId } = await runVms({ imageId: image, imageType: "bec" });
  assert.equal(await outcome(`DELETE /v1/vm/image?imageIdList=${image}`), "409 OperationDenied");
  await call(`DELETE /v1/vm/service/${serviceId}`);
  await settle();
  assert.equal(await outcome(`DELETE /v1/vm/image?imageIdList=${image}`), "200");
  assert.equal(await outcome(`DELETE /v1/vm/image?imageIdList=${image}`), "404 ResourceNotFound");
});

it("a template says what a request does not", async () => {
  const { call, details, outcome, results } = createEdgeScene();
  const template = { templateName: "small", cpu: 1, memory: 2, imageId: "m-lab00000" };
  assert.equal(await outcome("POST /v1/vm/template/create", { ...template, imageId: "no" }), "404 ResourceNotFound");
  const templateId = String((await call("POST /v1/vm/template/create", template)).body.details);
  assert.equal((await results("GET /v1/vm/template/list"))[0]?.templateId, templateId);
  const one = (await call(`GET /v1/vm/template/${templateId}`)).body.result as { osName: string };
  assert.equal(one.osName, "Ubuntu");
  assert.equal(await outcome("GET /v1/vm/template/tmpl-none"), "404 ResourceNotFound");
  const made = await details("POST /v1/vm/service", { templateId, deployInstances: NEW_VMS.deployInstances });
  assert.deepEqual([made.totalCpu, made.totalMem], [1, 2]);
});

it("a deploy set has machines, and goes when it is empty", async () => {
  const { call, outcome, results, runVms } = createEdgeScene();
  const { vmId } = await runVms();
  const [set] = (await call("POST /v1/deployset/create", { name: "apart", desc: "d" })).body
    .deploysetIdList as readonly string[];
  assert.equal(await outcome("POST /v1/deployset/create", {}), "400 BadRequest");
  const relate = (id: string | undefined) =>
    outcome("POST /v1/deployset/updateRelation", { instanceId: vmId, deploysetIdList: [id] });
  assert.equal(await relate("dset-none"), "404 ResourceNotFound");
  assert.equal(await relate(set), "200");
  assert.equal((await results("GET /v1/deployset/list"))[0]?.instanceCount, 1);
  assert.equal(await outcome(`PUT /v1/deployset/${set}?modifyAttribute`, { name: "far" }), "200");
  const { name, nodeInstanceStatisList } = (await call(`GET /v1/deployset/${set}`)).body;
  assert.deepEqual(
    [name, (nodeInstanceStatisList as { instanceIds: unknown }[]).map((node) => node.instanceIds)],
    ["far", [[vmId]]],
  );
  assert.equal(await outcome(`DELETE /v1/deployset/${set}`), "409 OperationDenied");
  const leave = { deploysetId: set, instanceIdList: [vmId] };
  assert.equal(await outcome("POST /v1/deployset/delRelation", leave), "200");
  assert.equal(await outcome("POST /v1/deployset/delRelation", leave), "404 ResourceNotFound");
  assert.equal(await outcome(`DELETE /v1/deployset/${set}`), "200");
  assert.equal(await outcome(`GET /v1/deployset/${set}`), "404 ResourceNotFound");
});
