import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createEdgeScene, type Got } from "./testing.ts";

const REGION = "cn-hangzhou-cm";

/** An application load balancer that runs, in a VPC with a machine. */
async function createAppScene() {
  const scene = createEdgeScene();
  const { call, details, runVms } = scene;
  const vpcId = (await details("POST /v1/vpc", { name: "v", regionId: REGION, cidr: "10.0.0.0/16" })).vpcId;
  const subnetId = (await details("POST /v1/vpc/subnet", { name: "s", vpcId, cidr: "10.0.1.0/24" })).subnetId;
  const order = { name: "app", regionId: REGION, vpcId, subnetId, needPublicIp: true };
  const made = await call("POST /v2/appblb?clientToken=t", order);
  const { vmId } = await runVms({ deployInstances: [{ regionId: REGION, networkType: "vpc", vpcId, subnetId }] });
  const path = `/v2/appblb/${made.body.blbId}`;
  const list = async (line: string, field: string) => (await call(`GET ${path}${line}`)).body[field] as readonly Got[];
  const outcome = (line: string, body?: unknown) => scene.outcome(line.replace(" ", ` ${path}`), body);
  const id = async (line: string, body: unknown) => (await call(line.replace(" ", ` ${path}`), body)).body.id;
  return { ...scene, order, outcome, path, list, id, vmId };
}

describe("an edge application load balancer", () => {
  it("is CREATING, then RUNNING, made once for a clientToken, listed by marker, and goes", async () => {
    const { call, order, outcome, path } = await createAppScene();
    assert.match(path, /\/applb-cn-hangzhou-cm-[0-9a-z]{8}$/);
    const again = await call("POST /v2/appblb?clientToken=t", order);
    assert.ok(path.endsWith(String(again.body.blbId)));
    const second = await call("POST /v2/appblb", { ...order, name: "b" });
    const other = `/v2/appblb/${second.body.blbId}`;
    assert.equal((await call(`GET ${other}`)).body.status, "CREATING");
    assert.equal((await call(`PUT ${other}`, { name: "c" })).body.code, "OperationDenied");
    const first = (await call("GET /v2/appblb?maxKeys=1")).body;
    const rest = (await call(`GET /v2/appblb?maxKeys=1&marker=${first.nextMarker}`)).body;
    assert.deepEqual([first.isTruncated, rest.isTruncated, (rest.blbList as Got[]).length], [true, false, 1]);
    assert.equal(await outcome("PUT ", { desc: "mine" }), "200");
    const { status, address, vpcName, desc } = (await call(`GET ${path}`)).body;
    assert.deepEqual([status, address, vpcName, desc], ["RUNNING", "10.0.1.2", "v", "mine"]);
    assert.equal((await call("POST /v2/appblb", { ...order, subnetId: "sbn-none" })).body.code, "ResourceNotFound");
    assert.equal(await outcome("DELETE "), "200");
    assert.equal(await outcome("GET "), "404 ResourceNotFound");
    assert.equal(await outcome("DELETE "), "404 ResourceNotFound");
  });

  it("has TCP and UDP listeners", async () => {
    const { call, list, outcome, path } = await createAppScene();
    for (const type of ["TCP", "UDP"]) {
      const timeout = `${type.toLowerCase()}SessionTimeout`;
      const listener = { listenerPort: 80, scheduler: "RoundRobin", [timeout]: 60 };
      assert.equal(await outcome(`POST /${type}listener`, listener), "200");
      assert.equal(await outcome(`POST /${type}listener`, listener), "409 OperationDenied");
      assert.equal(await outcome(`POST /${type}listener`, { ...listener, scheduler: "Luck" }), "400 BadRequest");
      assert.equal(await outcome(`PUT /${type}listener?listenerPort=80`, { scheduler: "Hash" }), "200");
      assert.equal(await outcome(`PUT /${type}listener?listenerPort=81`, {}), "404 ResourceNotFound");
      assert.deepEqual(await list(`/${type}listener?listenerPort=80`, "listenerList"), [
        { listenerPort: 80, scheduler: "Hash", [timeout]: 60 },
      ]);
    }
    assert.deepEqual((await call(`GET ${path}`)).body.listener, [
      { port: "80", type: "TCP" },
      { port: "80", type: "UDP" },
    ]);
    const gone = { portTypeList: [{ port: 80, type: "UDP" }] };
    assert.equal(await outcome("PUT /listener?batchdelete", gone), "200");
    assert.equal(await outcome("PUT /listener?batchdelete", gone), "404 ResourceNotFound");
    assert.deepEqual(await list("/UDPlistener", "listenerList"), []);
  });

  it("sends by policies to IP groups, which need a check of the listener's protocol", async () => {
    const { id, list, outcome, call, path } = await createAppScene();
    const ipGroupId = await id("POST /ipgroup", { name: "g", memberList: [{ ip: "10.0.1.9", port: 80, weight: 5 }] });
    assert.equal(await outcome("POST /ipgroup", { memberList: [{ ip: "here", port: 80 }] }), "400 BadRequest");
    assert.equal(await outcome("PUT /ipgroup", { ipGroupId, desc: "d" }), "200");
    assert.equal((await list("/ipgroup?name=g&exactlyMatch=true&maker=", "appIpGroupList"))[0]?.desc, "d");
    const second = await id("POST /ipgroup", { name: "h" });
    const { nextMarker } = (await call(`GET ${path}/ipgroup?maxKeys=1`)).body;
    const [last] = await list(`/ipgroup?maker=${nextMarker}`, "appIpGroupList");
    assert.deepEqual(last?.id, [ipGroupId, second].map(String).sort()[1]);
    await outcome("POST /TCPlistener", { listenerPort: 80, scheduler: "RoundRobin" });
    const policy = { listenerPort: 80, type: "TCP", appPolicyVos: [{ appIpGroupId: ipGroupId, priority: 1 }] };
    assert.equal(await outcome("POST /policys", policy), "409 OperationDenied");
    assert.equal(await outcome("POST /ipgroup/backendpolicy", { ipGroupId, type: "UDP" }), "400 BadRequest");
    const check = await id("POST /ipgroup/backendpolicy", { ipGroupId, type: "TCP" });
    assert.equal(await outcome("POST /ipgroup/backendpolicy", { ipGroupId, type: "TCP" }), "409 OperationDenied");
    assert.equal(await outcome("PUT /ipgroup/backendpolicy", { ipGroupId, id: check, healthCheckPort: 81 }), "200");
    assert.equal(
      (await list(`/ipgroup/backendpolicy?ipGroupId=${ipGroupId}`, "backendPolicyList"))[0]?.healthCheckPort,
      81,
    );
    assert.equal(await outcome("POST /policys", policy), "200");
    assert.equal(await outcome("POST /policys", policy), "409 OperationDenied");
    assert.equal(await outcome("POST /policys", { ...policy, listenerPort: 81 }), "404 ResourceNotFound");
    const [sending] = await list("/policys?port=80&type=TCP", "policyList");
    assert.deepEqual([sending?.appIpGroupName, sending?.frontendPort], ["g", 80]);
    const checks = { ipGroupId, backendPolicyIdList: [check] };
    assert.equal(await outcome("PUT /ipgroup?delete", { ipGroupId }), "409 OperationDenied");
    assert.equal(await outcome("DELETE /ipgroup/backendpolicy", checks), "409 OperationDenied");
    const policies = { port: 80, type: "TCP", policyIdList: [sending?.id] };
    assert.equal(await outcome("PUT /policys?batchdelete", policies), "200");
    assert.equal(await outcome("PUT /policys?batchdelete", policies), "404 ResourceNotFound");
    assert.equal(await outcome("DELETE /ipgroup/backendpolicy", checks), "200");
    assert.equal(await outcome("PUT /ipgroup/backendpolicy?delete", checks), "404 ResourceNotFound");
    const more = { ipGroupId, memberList: [{ ip: "10.0.1.10", port: 80 }] };
    const [member] = (await call(`POST ${path}/ipgroup/member`, more)).body.memberList as Got[];
    assert.equal(await outcome("POST /ipgroup/member", more), "409 OperationDenied");
    const weigh = { ipGroupId, memberList: [{ memberId: member?.memberId, weight: 0 }] };
    assert.equal(await outcome("PUT /ipgroup/member", weigh), "200");
    const members = await list(`/ipgroup/member?ipGroupId=${ipGroupId}`, "memberList");
    assert.deepEqual(members.map(({ weight }) => weight).sort(), [0, 5]);
    const gone = { ipGroupId, memberIdList: [member?.memberId] };
    assert.equal(await outcome("PUT /ipgroup/member?delete", gone), "200");
    assert.equal(await outcome("PUT /ipgroup/member?delete", gone), "404 ResourceNotFound");
    assert.equal(await outcome("PUT /ipgroup?delete", { ipGroupId }), "200");
    assert.equal(await outcome("PUT /ipgroup?delete", { ipGroupId }), "404 ResourceNotFound");
  });

  it("has server groups of machines", async () => {
    const { call, id, list, outcome, settle, vmId } = await createAppScene();
    const sgId = await id("POST /appservergroup", { name: "sg" });
    assert.equal(await outcome("PUT /appservergroup", { sgId, name: "new" }), "200");
    assert.equal((await list("/appservergroup?name=ne", "appServerGroupList"))[0]?.name, "new");
    const port = await id("POST /appservergroupport", { sgId, port: 80, type: "TCP" });
    assert.equal(await outcome("POST /appservergroupport", { sgId, port: 80, type: "TCP" }), "409 OperationDenied");
    assert.equal(await outcome("PUT /appservergroupport", { sgId, portId: port, healthCheckPort: 81 }), "200");
    const servers = (instanceId: string, weight = 7) => ({ sgId, backendServerList: [{ instanceId, weight }] });
    assert.equal((await list(`/blbrsunmount?sgId=${sgId}`, "backendServerList"))[0]?.instanceId, vmId);
    assert.equal(await outcome("POST /blbrs", servers("vm-none")), "404 ResourceNotFound");
    assert.equal(await outcome("POST /blbrs", servers(vmId)), "200");
    assert.equal(await outcome("POST /blbrs", servers(vmId)), "409 OperationDenied");
    assert.equal(await outcome("PUT /blbrs", servers(vmId, 9)), "200");
    assert.deepEqual(await list(`/blbrsunmount?sgId=${sgId}`, "backendServerList"), []);
    const [server] = await list(`/blbrsmount?sgId=${sgId}`, "backendServerList");
    const at = (server?.portList as readonly Got[] | undefined)?.[0];
    assert.deepEqual([server?.weight, at?.backendPort, at?.healthCheckPort, at?.status], ["9", "80", 81, "Alive"]);
    const gone = { sgId, backendServerIdList: [vmId] };
    assert.equal(await outcome("PUT /blbrs?batchdelete", gone), "200");
    assert.equal(await outcome("PUT /blbrs?batchdelete", gone), "404 ResourceNotFound");
    await outcome("POST /blbrs", servers(vmId));
    await call(`DELETE /v1/vm/instance/${vmId}`);
    await settle();
    assert.deepEqual(await list(`/blbrs?sgId=${sgId}`, "backendServerList"), []);
    assert.equal(await outcome("PUT /appservergroupport?delete", { sgId, portIdList: [port] }), "200");
    assert.equal(await outcome("PUT /appservergroupport?delete", { sgId, portIdList: [port] }), "404 ResourceNotFound");
    assert.equal(await outcome("PUT /appservergroup?delete", { sgId }), "200");
    assert.equal(await outcome("PUT /appservergroup?delete", { sgId }), "404 ResourceNotFound");
  });
});
