import assert from "node:assert/strict";
import { it } from "node:test";
import { createEdgeScene, type Got } from "./testing.ts";

async function createNatScene() {
  const scene = createEdgeScene();
  const regionId = "cn-nanjing-ix";
  const { vpcId } = await scene.details("POST /v1/vpc", { name: "v", regionId, cidr: "10.0.0.0/16" });
  const order = { name: "n", bandwidth: 5, deployInstances: [{ regionId, vpcId, spec: "small" }] };
  const [made] = (await scene.call("POST /v1/nat/batch/create", order)).body.deployInstances as readonly Got[];
  return { ...scene, order, path: `/v1/nat/${made?.natId}`, natId: String(made?.natId) };
}

it("a NAT gateway is starting, then active, with an address of each carrier, and goes without rules", async () => {
  const { call, natId, order, outcome, path, results, settle } = await createNatScene();
  assert.equal((await call(`GET ${path}`)).body.status, "starting");
  assert.equal(await outcome(`PUT ${path}/update`, { name: "m" }), "409 OperationDenied");
  await settle();
  assert.equal(await outcome("POST /v1/nat/batch/create", order), "409 OperationDenied");
  const other = { ...order, deployInstances: [{ ...order.deployInstances[0], vpcId: "vpc-none" }] };
  assert.equal(await outcome("POST /v1/nat/batch/create", other), "404 ResourceNotFound");
  assert.equal(await outcome(`PUT ${path}/update`, { name: "m" }), "200");
  assert.equal(await outcome(`PUT ${path}/updateBandwidth`, { bandwidth: 0 }), "400 BadRequest");
  assert.equal(await outcome(`PUT ${path}/updateBandwidth`, { bandwidth: 9 }), "200");
  const [nat] = await results("GET /v1/nat/list?regionId=cn-nanjing-ix");
  assert.deepEqual(
    [nat?.name, nat?.status, nat?.bandwidth, (nat?.eips as unknown[] | undefined)?.length],
    ["m", "active", 9, 3],
  );
  assert.equal(await outcome(`POST ${path}/snatRule/create`, { sourceCIDR: "10.0.1.0/24" }), "200");
  assert.equal(await outcome("POST /v1/nat/batch/delete", { natIdList: [natId] }), "409 OperationDenied");
  const [rule] = await results(`GET ${path}/snatRule`);
  await call(`POST ${path}/snatRule/batch/delete`, { ruleIdList: [rule?.ruleId] });
  assert.equal(await outcome("POST /v1/nat/batch/delete", { natIdList: [natId] }), "200");
  assert.equal((await call(`GET ${path}`)).body.status, "deleting");
  await settle();
  assert.equal(await outcome(`GET ${path}`), "404 ResourceNotFound");
});

it("source and destination rules are added, changed and deleted", async () => {
  const { call, outcome, path, results, settle } = await createNatScene();
  await settle();
  const [eip] = (await call(`GET ${path}`)).body.dnatEips as readonly Got[];
  const dnat = {
    protocol: "TCP",
    privateIpAddress: "10.0.1.4",
    privatePort: "80",
    publicIpAddress: eip?.ip,
    publicPort: "8080",
  };
  const cases = [
    {
      kind: "snatRule",
      rule: { sourceCIDR: "10.0.1.0/24" },
      other: { sourceCIDR: "10.0.2.0/24" },
      bad: { sourceCIDR: "x" },
    },
    { kind: "dnatRule", rule: dnat, other: { ...dnat, publicPort: "8081" }, bad: { ...dnat, publicPort: "" } },
  ];
  for (const { kind, rule, other, bad } of cases) {
    assert.equal(await outcome(`POST ${path}/${kind}/create`, bad), "400 BadRequest");
    assert.equal(await outcome(`POST ${path}/${kind}/create`, rule), "200");
    assert.equal(await outcome(`POST ${path}/${kind}/create`, rule), "409 OperationDenied");
    assert.equal(await outcome(`POST ${path}/${kind}/batchCreate`, { [`${kind}s`]: [other] }), "200");
    const rules = await results(`GET ${path}/${kind}`);
    assert.deepEqual(
      rules.map(({ status }) => status),
      ["active", "active"],
    );
    const id = rules[0]?.ruleId;
    assert.equal(await outcome(`PUT ${path}/${kind}/${id}`, { ...rule, ruleName: "r" }), "200");
    assert.equal(await outcome(`PUT ${path}/${kind}/none`, rule), "404 ResourceNotFound");
    assert.equal((await results(`GET ${path}/${kind}`)).find(({ ruleId }) => ruleId === id)?.ruleName, "r");
    assert.equal(await outcome(`POST ${path}/${kind}/batch/delete`, { ruleIdList: [id] }), "200");
    assert.equal(await outcome(`POST ${path}/${kind}/batch/delete`, { ruleIdList: [id] }), "404 ResourceNotFound");
    assert.equal((await results(`GET ${path}/${kind}`)).length, 1);
  }
  const foreign = { ...dnat, publicIpAddress: "198.51.100.1", publicPort: "9" };
  assert.equal(await outcome(`POST ${path}/dnatRule/create`, foreign), "404 ResourceNotFound");
});
