import assert from "node:assert/strict";
import { it } from "node:test";
import { createEdgeScene, type Got } from "./testing.ts";

/** A VPC with a subnet, and a machine in it. */
async function createNetworkScene() {
  const scene = createEdgeScene();
  const { details, runVms } = scene;
  const vpc = { name: "v", regionId: "cn-hangzhou-cm", cidr: "10.0.0.0/16" };
  const vpcId = String((await details("POST /v1/vpc", vpc)).vpcId);
  const subnetId = String((await details("POST /v1/vpc/subnet", { name: "s", vpcId, cidr: "10.0.1.0/28" })).subnetId);
  const place = { regionId: "cn-hangzhou-cm", networkType: "vpc", vpcId, subnetId };
  return { ...scene, vpcId, subnetId, ...(await runVms({ deployInstances: [place] })) };
}

it("VPCs and subnets are made, listed, renamed and deleted, the used ones not", async () => {
  const { call, outcome, results, settle, vpcId, subnetId, vmId } = await createNetworkScene();
  const make = (more: object) =>
    outcome("POST /v1/vpc", { name: "w", regionId: "cn-hangzhou-cm", cidr: "10.1.0.0/16", ...more });
  assert.equal(await make({ regionId: "cn-none-cm" }), "400 BadRequest");
  assert.equal(await make({ cidr: "10.1.0.0/33" }), "400 BadRequest");
  const subnet = (cidr: string, of = vpcId) => outcome("POST /v1/vpc/subnet", { name: "t", vpcId: of, cidr });
  assert.equal(await subnet("10.0.1.8/29"), "409 OperationDenied");
  assert.equal(await subnet("10.9.0.0/24"), "400 BadRequest");
  assert.equal(await subnet("10.0.2.0/24", "vpc-none"), "404 ResourceNotFound");
  const { vpc, internalIp } = (await call(`GET /v1/vm/instance/${vmId}`)).body;
  assert.deepEqual([(vpc as Got).vpcId, internalIp], [vpcId, "10.0.1.2"]);
  assert.deepEqual(await results("GET /v1/vpc/list?regionId=cn-hangzhou-un"), []);
  assert.deepEqual((await results("GET /v1/vpc")).length, 1);
  const [listed] = await results(`GET /v1/vpc/subnet/list?vpcId=${vpcId}`);
  assert.deepEqual([listed?.usedIp, listed?.availableIp], [1, 12]);
  assert.equal(await outcome(`PUT /v1/vpc/${vpcId}`, { name: "new" }), "200");
  assert.equal(((await call(`GET /v1/vpc/${vpcId}`)).body.vpc as Got).name, "new");
  assert.equal(await outcome(`PUT /v1/vpc/subnet/${subnetId}`, { description: "d" }), "200");
  assert.equal(((await call(`GET /v1/vpc/subnet/${subnetId}`)).body.subnet as Got).description, "d");
  assert.equal(await outcome(`DELETE /v1/vpc/${vpcId}`), "409 OperationDenied");
  assert.equal(await outcome(`DELETE /v1/vpc/subnet/${subnetId}`), "409 OperationDenied");
  await call(`DELETE /v1/vm/instance/${vmId}`);
  await settle();
  assert.equal(await outcome(`DELETE /v1/vpc/subnet/${subnetId}`), "200");
  assert.equal(await outcome(`GET /v1/vpc/subnet/${subnetId}`), "404 ResourceNotFound");
  assert.equal(await outcome(`DELETE /v1/vpc/${vpcId}`), "200");
  assert.equal(await outcome(`GET /v1/vpc/${vpcId}`), "404 ResourceNotFound");
  assert.deepEqual(await results("GET /v1/route/list"), []);
});

it("VPCs are refused above the quota", async () => {
  const { outcome } = createEdgeScene({ quotas: { vpcs: 0 } });
  const vpc = { name: "v", regionId: "cn-hangzhou-cm", cidr: "10.0.0.0/16" };
  assert.equal(await outcome("POST /v1/vpc", vpc), "413 LimitExceeded");
});

it("a machine in a VPC has further addresses", async () => {
  const { call, outcome, vmId } = await createNetworkScene();
  const path = `/v1/vm/instance/${vmId}/privateIp`;
  assert.equal(await outcome(`POST ${path}`, {}), "400 BadRequest");
  const two = (await call(`POST ${path}`, { secondaryPrivateIpAddressCount: 2 })).body.result as Got;
  assert.deepEqual(two.ips, ["10.0.1.3", "10.0.1.4"]);
  assert.equal(await outcome(`POST ${path}`, { privateIps: ["10.0.1.4"] }), "409 OperationDenied");
  assert.equal(await outcome(`POST ${path}`, { privateIps: ["10.9.1.4"] }), "400 BadRequest");
  assert.equal(await outcome(`PUT ${path}/release`, { privateIps: ["10.0.1.3"] }), "200");
  assert.equal(await outcome(`PUT ${path}/release`, { privateIps: ["10.0.1.3"] }), "404 ResourceNotFound");
  assert.deepEqual((await call(`GET /v1/vm/instance/${vmId}`)).body.privateIps, ["10.0.1.4"]);
});

it("routes lead to machines of the VPC, which cannot go before them", async () => {
  const { call, details, outcome, results, vpcId, vmId } = await createNetworkScene();
  const [table] = await results(`GET /v1/route/list?vpcId=${vpcId}`);
  const tableId = String(table?.tableId);
  const route = { tableId, sourceAddress: "10.0.0.0/16", destinationAddress: "172.20.1.0/24", nexthop: vmId };
  assert.equal(await outcome("POST /v1/route/rule", { ...route, tableId: "rtb-none" }), "404 ResourceNotFound");
  assert.equal(await outcome("POST /v1/route/rule", { ...route, nexthop: "vm-none" }), "404 ResourceNotFound");
  assert.equal(await outcome("POST /v1/route/rule", { ...route, sourceAddress: "here" }), "400 BadRequest");
  const { ruleId, routeType } = await details("POST /v1/route/rule", route);
  assert.equal(routeType, "CUSTOM");
  assert.equal(await outcome("POST /v1/route/rule", route), "409 OperationDenied");
  assert.deepEqual(
    (await results(`GET /v1/route/rule/list/${tableId}`)).map((rule) => rule.ruleId),
    [ruleId],
  );
  assert.equal(await outcome("GET /v1/route/rule/list/rtb-none"), "404 ResourceNotFound");
  assert.equal(await outcome(`PUT /v1/route/update/${tableId}`, { tableId, tableName: "main" }), "200");
  const detail = (await call(`GET /v1/route/detail/${tableId}`)).body.details as { routeTableVo: Got };
  assert.deepEqual([detail.routeTableVo.name, detail.routeTableVo.ruleCount], ["main", 1]);
  assert.equal(await outcome("GET /v1/route/detail/rtb-none"), "404 ResourceNotFound");
  assert.equal(await outcome(`DELETE /v1/vm/instance/${vmId}`), "409 OperationDenied");
  assert.equal(await outcome(`DELETE /v1/route/rule/delete/${ruleId}`), "200");
  assert.equal(await outcome(`DELETE /v1/route/rule/delete/${ruleId}`), "404 ResourceNotFound");
  assert.equal(await outcome(`DELETE /v1/vm/instance/${vmId}`), "200");
});

it("security groups have rules, and stay while a machine has them", async () => {
  const { call, details, outcome, results, vmId } = await createNetworkScene();
  const made = await details("POST /v1/securityGroup", { name: "g", withDefaultRules: true });
  const path = `/v1/securityGroup/${made.id}`;
  const group = async () => (await call(`GET ${path}`)).body.result as { name: string; rules: readonly Got[] };
  assert.equal((await group()).rules.length, 3);
  const rules = [{ direction: "ingress", protocol: "tcp", portRange: "80" }];
  assert.equal(await outcome(`POST ${path}/rule/batch/add`, { rules: [{ direction: "up" }] }), "400 BadRequest");
  assert.equal(await outcome(`POST ${path}/rule/batch/add`, { rules }), "200");
  assert.equal(await outcome(`POST ${path}/rule/batch/add`, { rules }), "409 OperationDenied");
  const id = (await group()).rules.at(-1)?.securityGroupRuleId;
  assert.equal(await outcome(`PUT ${path}/rule/${id}`, { remark: "web" }), "200");
  assert.equal((await group()).rules.at(-1)?.remark, "web");
  assert.equal(await outcome(`PUT ${path}/rule/sgr-none`, {}), "404 ResourceNotFound");
  assert.equal(await outcome(`PUT ${path}`, { name: "h" }), "200");
  assert.equal((await results("GET /v1/securityGroup"))[0]?.name, "h");
  const bind = (action: string) =>
    call(`PUT /v1/vm/instance/securityGroup/${action}`, {
      instances: [{ instanceId: vmId, securityGroupIds: [made.id] }],
    });
  assert.equal((await bind("twist")).body.code, "BadRequest");
  await bind("bind");
  assert.equal(((await call(`GET /v1/vm/instance/${vmId}`)).body.securityGroups as Got[])[0]?.id, made.id);
  assert.equal(await outcome(`DELETE ${path}`), "409 OperationDenied");
  await bind("unbind");
  assert.equal(await outcome(`POST ${path}/rule/batch/delete`, { securityGroupRuleIds: [id] }), "200");
  assert.equal(await outcome(`POST ${path}/rule/batch/delete`, { securityGroupRuleIds: [id] }), "404 ResourceNotFound");
  assert.equal(await outcome(`DELETE ${path}`), "200");
  assert.equal(await outcome(`GET ${path}`), "404 ResourceNotFound");
});

it("the ACL of a VPC has rules for each subnet, at positions of their own", async () => {
  const { call, details, outcome, results, vpcId, subnetId } = await createNetworkScene();
  const aclRules = [{ direction: "ingress", position: 2, action: "deny", protocol: "tcp", destinationPort: "23" }];
  const acl = async () => (await call(`GET /v1/vpc/acl/detail?vpcId=${vpcId}`)).body.acl as Got;
  const rules = async () => ((await acl()).aclEntrys as { aclRules: readonly Got[] }[])[0]?.aclRules ?? [];
  assert.equal(
    await outcome("POST /v1/vpc/acl/rule/batch/create", { subnetId: "sbn-none", aclRules }),
    "404 ResourceNotFound",
  );
  const made = await details("POST /v1/vpc/acl/rule/batch/create", { subnetId, aclRules });
  assert.equal(await outcome("POST /v1/vpc/acl/rule/batch/create", { subnetId, aclRules }), "409 OperationDenied");
  const [id] = made.aclRuleIds as readonly string[];
  assert.equal(await outcome(`PUT /v1/vpc/acl/rule/${id}`, { description: "no telnet" }), "200");
  assert.equal(await outcome("PUT /v1/vpc/acl/rule/ar-none", {}), "404 ResourceNotFound");
  assert.deepEqual(
    (await rules()).map((rule) => [rule.description, rule.action]),
    [["no telnet", "deny"]],
  );
  assert.equal(await outcome(`PUT /v1/vpc/acl/${(await acl()).aclId}`, { aclName: "wall" }), "200");
  assert.equal(await outcome("PUT /v1/vpc/acl/acl-none", { aclName: "wall" }), "404 ResourceNotFound");
  assert.equal((await results(`GET /v1/vpc/acl/list?vpcId=${vpcId}`))[0]?.aclName, "wall");
  assert.equal(await outcome("GET /v1/vpc/acl/detail?vpcId=vpc-none"), "404 ResourceNotFound");
  assert.equal(await outcome("POST /v1/vpc/acl/rule/batch/delete", { aclRuleIds: [id] }), "200");
  assert.equal(await outcome("POST /v1/vpc/acl/rule/batch/delete", { aclRuleIds: [id] }), "404 ResourceNotFound");
  assert.deepEqual(await rules(), []);
});
