import assert from "node:assert/strict";
import { it } from "node:test";
import { createEdgeScene, type Got } from "./testing.ts";

const SERVICE = {
  serviceName: "web",
  containers: [{ name: "nginx", imageAddress: "hub/nginx", imageVersion: "1", cpu: 1, memory: 2 }],
  needPublicIp: true,
  bandwidth: 5,
  deployInstances: [{ regionId: "cn-langfang-ct", replicas: 2 }],
};

async function createContainerScene() {
  const scene = createEdgeScene();
  const { serviceId } = await scene.details("POST /v1/service/create", SERVICE);
  const pods = () => scene.results(`GET /v1/pod?serviceId=${serviceId}`);
  const states = async () => (await pods()).map(({ status }) => status);
  return { ...scene, path: `/v1/service/${serviceId}`, serviceId: String(serviceId), pods, states };
}

it("a service of containers makes pods, which are PENDING and RUNNING", async () => {
  const { call, outcome, path, pods, serviceId, settle, states } = await createContainerScene();
  assert.match(serviceId, /^s-[0-9a-z]{8}$/);
  assert.deepEqual(await states(), ["PENDING", "PENDING"]);
  assert.equal((await call(`GET ${path}`)).body.status, "CREATING");
  await settle();
  assert.deepEqual(await states(), ["RUNNING", "RUNNING"]);
  const { status, totalCpu, resourceBriefVos } = (await call(`GET ${path}`)).body;
  assert.deepEqual([status, totalCpu, (resourceBriefVos as Got[])[0]?.imageList], ["RUNNING", 2, ["hub/nginx:1"]]);
  const [pod] = await pods();
  const detail = (await call(`GET /v1/pod/${pod?.podName}`)).body;
  assert.deepEqual([detail.podIp, (detail.containerStatuses as Got[])[0]?.ready], [pod?.internalIp, true]);
  assert.equal(await outcome(`PUT /v1/pod/${pod?.podName}/restart`), "200");
  assert.equal(await outcome(`PUT /v1/pod/${pod?.podName}/restart`), "409 OperationDenied");
  assert.equal(await outcome("PUT /v1/pod/none/restart"), "404 ResourceNotFound");
  assert.equal(await outcome("GET /v1/pod/none"), "404 ResourceNotFound");
  const bad = { ...SERVICE, containers: [] };
  assert.equal(await outcome("POST /v1/service/create", bad), "400 BadRequest");
  assert.equal(await outcome("POST /v1/service/create", { ...SERVICE, serviceName: "" }), "400 BadRequest");
});

it("a service of containers is changed, stopped, started and deleted", async () => {
  const { call, outcome, path, results, settle, states, serviceId } = await createContainerScene();
  await settle();
  assert.equal(await outcome(`PUT ${path}`, { type: "NAME", serviceName: "shop" }), "200");
  assert.equal(await outcome(`PUT ${path}`, { type: "COLOUR" }), "400 BadRequest");
  assert.equal(await outcome("PUT /v1/service/s-none", { type: "NAME", serviceName: "x" }), "404 ResourceNotFound");
  const containers = [{ ...SERVICE.containers[0], cpu: 4 }];
  assert.equal(await outcome(`PUT ${path}`, { type: "RESOURCE", containers }), "200");
  assert.deepEqual(await states(), ["RESTARTING", "RESTARTING"]);
  const places = [
    { regionId: "cn-langfang-ct", replicas: 1 },
    { regionId: "cn-xian-un", replicas: 1 },
  ];
  assert.equal(await outcome(`PUT ${path}`, { type: "REPLICAS", deployInstances: places }), "200");
  await settle();
  const [listed] = await results("GET /v1/service?keywordType=serviceName&keyword=shop");
  assert.deepEqual([listed?.regions, listed?.totalCpu, listed?.runningPods], [2, 8, 2]);
  assert.equal(await outcome(`PUT ${path}/start`), "409 OperationDenied");
  assert.equal(await outcome(`PUT ${path}/stop`), "200");
  assert.equal((await call(`GET ${path}`)).body.status, "STOPPING");
  await settle();
  assert.equal((await call(`GET ${path}`)).body.status, "STOPPED");
  assert.equal(await outcome(`PUT ${path}/start`), "200");
  await settle();
  assert.deepEqual(await states(), ["RUNNING", "RUNNING"]);
  const batch = (await call("PUT /v1/service/batch/operate", { idList: [serviceId, "s-none"], action: "stop" })).body;
  assert.deepEqual(
    (batch.details as Got[]).map(({ success }) => success),
    [true, false],
  );
  assert.equal(await outcome(`DELETE ${path}`), "200");
  assert.equal(await outcome(`DELETE ${path}`), "404 ResourceNotFound");
  const { details } = (await call("POST /v1/service/batch/delete", [serviceId])).body;
  assert.equal((details as Got[])[0]?.success, false);
  await settle();
  assert.deepEqual(await states(), []);
});

it("a deployment is what a service has at one place", async () => {
  const { call, outcome, path, serviceId, settle, states } = await createContainerScene();
  const id = `${serviceId}-cn-langfang-ct`;
  assert.equal(await outcome(`PUT /v1/deployment/${id}`, { replicas: 3 }), "200");
  await settle();
  const { totalPods, podBriefVos } = (await call(`GET /v1/deployment/${id}`)).body;
  assert.deepEqual([totalPods, (podBriefVos as Got[]).length], [3, 3]);
  const { podName } = (podBriefVos as Got[])[0] ?? {};
  for (const one of [`service/sts/${serviceId}`, `deployment/${id}`, `pod/${podName}`])
    assert.equal(await outcome(`GET /v1/monitor/${one}?metricsType=MEMORY`), "200", one);
  assert.equal(await outcome("GET /v1/deployment/none"), "404 ResourceNotFound");
  assert.equal(await outcome("PUT /v1/deployment/none", { replicas: 1 }), "404 ResourceNotFound");
  assert.equal(await outcome("DELETE /v1/deployment", ["none"]), "404 ResourceNotFound");
  const gone = (await call("DELETE /v1/deployment", [id])).body;
  assert.deepEqual(gone.details, { [serviceId]: [id] });
  await settle();
  assert.deepEqual(await states(), []);
  assert.deepEqual((await call(`GET ${path}`)).body.deployInstances, []);
});
