import assert from "node:assert/strict";
import { it } from "node:test";
import { createEdgeScene, type Got } from "./testing.ts";

it("nodes are listed by what they offer", async () => {
  const { call, outcome } = createEdgeScene();
  const { regionList, nodeSum } = (await call("GET /v1/node/type/vm")).body;
  const cities = (regionList as { cityList: readonly Got[] }[]).flatMap(({ cityList }) => cityList);
  assert.ok(cities.some(({ city }) => city === "HANGZHOU"));
  assert.equal(nodeSum, cities.length * 4);
  assert.equal((await call("GET /v1/node/type/vm?country=us")).body.nodeSum, 0);
  assert.equal(await outcome("GET /v1/node/type/horse"), "400 BadRequest");
});

it("the summary counts, and what can be had is what the quota leaves", async () => {
  const { call, outcome, results, runVms } = createEdgeScene({ quotas: { becVms: 3 } });
  await runVms();
  const { used, resourceUsage } = (await call("GET /v1/overview/summary")).body;
  const usageMap = { CHINA_MOBILE: { cpu: 2, memory: 4, storage: 40 } };
  assert.deepEqual([used, resourceUsage], [1, { usageMap }]);
  assert.equal((await call("GET /v1/overview/summary?region=NORTH_CHINA")).body.used, 0);
  const vm = (await call("GET /v1/overview/summary/vm")).body;
  const one = { total: 1, runningCount: 1, failedCount: 0, closedCount: 0 };
  assert.deepEqual([vm.serviceCount, vm.deploymentCount, vm.instanceCount, vm.bandwidth], [one, one, one, 10]);
  assert.deepEqual((await call("GET /v1/overview/summary/container")).body.cpu, 0);
  assert.equal((await results("GET /v1/resource/package/vm"))[1]?.code, "bec.g5.c2m4");
  assert.equal(await outcome("GET /v1/resource/package/horse"), "404 ResourceNotFound");
  assert.equal((await results("GET /v1/resource/disk/passthrough"))[0]?.sizeInGb, 4096);
  assert.equal(await outcome("GET /v1/overview/summary/horse"), "404 ResourceNotFound");
  assert.equal((await results("GET /v1/node/resource/allocatable"))[0]?.allocatable, 2);
});

it("metrics have a point for each step", async () => {
  const { call, details, outcome, runVms } = createEdgeScene();
  const { serviceId, vmId } = await runVms();
  const { blbId } = await details("POST /v1/blb", { lbType: "vm", regionId: "cn-hangzhou-cm" });
  for (const path of [`vm/${vmId}`, `service/vm/${serviceId}`, `lb/${blbId}`]) {
    const { metrics } = (await call(`GET /v1/monitor/${path}?metricsType=CPU&start=600&end=1200&stepInMin=5`)).body;
    assert.deepEqual(
      (metrics as Got[]).map(({ timeInSecond }) => timeInSecond),
      [600, 900, 1200],
      path,
    );
  }
  assert.equal(await outcome(`GET /v1/monitor/vm/${vmId}?metricsType=HORSES`), "400 BadRequest");
  assert.equal(await outcome(`GET /v1/monitor/vm/${vmId}?metricsType=CPU&start=2&end=1`), "400 BadRequest");
  for (const path of ["vm", "service/vm", "service/sts", "deployment", "pod", "lb", "nat"])
    assert.equal(await outcome(`GET /v1/monitor/${path}/none?metricsType=CPU`), "404 ResourceNotFound", path);
});
