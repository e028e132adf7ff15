import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createEdgeScene, type Got } from "./testing.ts";

const BLB = { lbType: "vm", regionId: "cn-hangzhou-cm", blbName: "lb", needPublicIp: true, bandwidthInMbpsLimit: 10 };

async function createBlbScene() {
  const scene = createEdgeScene();
  const { blbId } = await scene.details("POST /v1/blb", BLB);
  await scene.settle();
  return { ...scene, path: `/v1/blb/${blbId}`, blbId: String(blbId) };
}
const monitor = (port: number, more: object = {}) => ({
  frontendPort: { protocol: "TCP", port },
  backendPort: port + 8000,
  healthCheck: { healthCheckString: null },
  ...more,
});

describe("an edge load balancer", () => {
  it("is CREATING, then RUNNING, and takes no change before", async () => {
    const { call, details, outcome, settle } = createEdgeScene();
    const made = await details("POST /v1/blb", BLB);
    assert.match(`${made.blbId} ${made.publicIp}`, /^lb-[0-9a-z]{8} 198\.18\./);
    assert.equal(made.status, "CREATING");
    const path = `/v1/blb/${made.blbId}`;
    assert.equal(await outcome(`POST ${path}/monitor`, monitor(80)), "409 OperationDenied");
    await settle();
    assert.equal((await call(`GET ${path}`)).body.status, "RUNNING");
    assert.equal(await outcome(`PUT ${path}`, { type: "blbName", blbName: "new" }), "200");
    assert.equal(await outcome(`PUT ${path}`, { type: "bandwidth" }), "400 BadRequest");
    assert.equal((await details(`PUT ${path}`, { type: "bandwidth", bandwidthInMbpsLimit: 9 })).blbName, "new");
    assert.equal(await outcome(`DELETE ${path}`), "200");
    assert.equal(await outcome(`GET ${path}`), "404 ResourceNotFound");
    assert.equal(await outcome(`DELETE ${path}`), "404 ResourceNotFound");
    assert.equal(await outcome(`PUT ${path}`, { type: "blbName", blbName: "a" }), "404 ResourceNotFound");
  });

  it("has an address of each carrier at a place of three, and is listed by its type", async () => {
    const { details, outcome, results } = createEdgeScene({ quotas: { blbs: 3 } });
    const triple = { ...BLB, regionId: "cn-nanjing-ix", subServiceProviders: ["ct", "cm"] };
    const { publicIp, cmPublicIP, ctPublicIP, unPublicIP } = await details("POST /v1/blb", triple);
    assert.deepEqual([publicIp, cmPublicIP !== "", ctPublicIP !== "", unPublicIP], ["", true, true, ""]);
    assert.deepEqual(await results("GET /v1/blb"), []);
    assert.equal((await results("GET /v1/blb?lbType=vm&pageNo=1&pageSize=10")).length, 1);
    assert.equal(await outcome("POST /v1/blb", { ...BLB, bandwidthInMbpsLimit: 0 }), "400 BadRequest");
    assert.equal(await outcome("POST /v1/blb", { ...BLB, networkType: "vpc", vpcId: "vpc-none" }), "400 BadRequest");
    const { regionId: _, ...alike } = BLB;
    const deployInstances = [{ regionId: "cn-hangzhou-cm" }, { regionId: "cn-xian-un" }];
    const batch = (await details("POST /v1/blb/batch/create", { ...alike, deployInstances })) as unknown as Got[];
    assert.equal(batch.length, 2);
    assert.equal(await outcome("POST /v1/blb/batch/create", { ...alike, deployInstances }), "413 LimitExceeded");
    const ids = [batch[0]?.blbId, "lb-none"];
    const gone = (await details("POST /v1/blb/batch/delete", ids)) as unknown as Got[];
    assert.deepEqual(
      gone.map(({ success }) => success),
      [true, false],
    );
  });

  it("has listeners, one for each protocol and port", async () => {
    const { call, outcome, path, results } = await createBlbScene();
    assert.equal(await outcome(`POST ${path}/monitor`, monitor(80)), "200");
    assert.equal(await outcome(`POST ${path}/monitor`, monitor(80)), "409 OperationDenied");
    assert.equal(await outcome(`POST ${path}/monitor`, monitor(90, { lbMode: "luck" })), "400 BadRequest");
    assert.equal(await outcome("POST /v1/blb/lb-none/monitor", monitor(80)), "404 ResourceNotFound");
    const batch = {
      protocol: "UDP",
      portGroups: [
        { port: 53, backendPort: 5353 },
        { port: 54, backendPort: 5354 },
      ],
    };
    assert.equal(await outcome(`POST ${path.replace("blb/", "blb/batch/create/")}/monitor`, batch), "200");
    assert.deepEqual(
      (await results(`GET ${path}/monitor?pageNo=1&pageSize=2`)).map(({ port }) => port),
      [80, 53],
    );
    const change = monitor(80, { lbMode: "minconn", healthCheck: { healthyThreshold: 5 } });
    assert.equal(await outcome(`PUT ${path}/monitor`, change), "200");
    assert.equal(await outcome(`PUT ${path}/monitor`, monitor(81)), "404 ResourceNotFound");
    const one = (await call(`GET ${path}/monitor/port?protocol=TCP&port=80`)).body;
    assert.deepEqual([one.lbMode, (one.healthCheck as Got).healthyThreshold, one.backendPort], ["minconn", 5, 8080]);
    assert.equal(await outcome(`GET ${path}/monitor/port?protocol=UDP&port=80`), "404 ResourceNotFound");
    assert.equal(await outcome(`DELETE ${path}/monitor`, [{ protocol: "UDP", port: 53 }]), "200");
    assert.equal(await outcome(`DELETE ${path}/monitor`, [{ protocol: "UDP", port: 53 }]), "404 ResourceNotFound");
    const { ports } = (await call(`GET ${path}`)).body;
    assert.deepEqual(
      (ports as Got[]).map(({ port }) => port),
      [80, 54],
    );
  });

  it("binds machines at its place, which are healthy while they run", async () => {
    const { call, outcome, path, results, runVms, settle } = await createBlbScene();
    const place = { regionId: "cn-hangzhou-cm", replicas: 2 };
    const { serviceId, vmId } = await runVms({ deployInstances: [place, { regionId: "cn-xian-un" }] });
    const deploymentId = `${serviceId}-cn-hangzhou-cm`;
    await call(`POST ${path}/monitor`, monitor(80));
    const [bindable] = await results(`GET ${path}/binding`);
    assert.deepEqual([bindable?.deploymentName, bindable?.replicas, bindable?.podCpu], [deploymentId, 2, 2]);
    const pods = (await call(`GET ${path}/bindingpod?stsName=${deploymentId}`)).body as unknown as Got[];
    assert.equal(pods.length, 2);
    assert.equal(await outcome(`GET ${path}/bindingpod?stsName=none`), "404 ResourceNotFound");
    const bind = (form: object) => outcome(`POST ${path}/binding`, { bindingForms: [form] });
    assert.equal(await bind({ deploymentId: `${serviceId}-cn-xian-un` }), "404 ResourceNotFound");
    assert.equal(await bind({ deploymentId, podWeight: [{ name: "vm-none" }] }), "404 ResourceNotFound");
    assert.equal(await bind({ deploymentId, defaultWeight: 20 }), "200");
    assert.equal((await call(`GET ${path}`)).body.status, "BINDING");
    assert.equal(await bind({ deploymentId }), "409 OperationDenied");
    await settle();
    const bound = async () =>
      (await results(`GET ${path}/binded`)).map(({ podName, weight, backendPort }) => [
        podName === vmId,
        weight,
        (backendPort as Got[])[0]?.health,
      ]);
    assert.deepEqual(await bound(), [
      [true, 20, true],
      [false, 20, true],
    ]);
    await call(`PUT /v1/vm/instance/${vmId}/stop`);
    const weigh = { podWeightList: [{ name: vmId, ip: "", weight: 0 }] };
    assert.equal(await outcome(`PUT ${path}/binded`, weigh), "200");
    await settle();
    assert.deepEqual(await bound(), [
      [true, 0, false],
      [false, 20, true],
    ]);
    assert.equal(await outcome(`DELETE ${path}/binded`, { podWeightList: [{ name: "none" }] }), "404 ResourceNotFound");
    assert.equal(await outcome(`DELETE ${path}/binded`, weigh), "200");
    await settle();
    assert.equal(await outcome(`PUT ${path}/binded`, weigh), "404 ResourceNotFound");
    await call(`DELETE /v1/vm/service/${serviceId}`);
    await settle();
    assert.deepEqual(await bound(), []);
  });
});
