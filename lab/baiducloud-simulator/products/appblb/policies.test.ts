import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createQuietDataPlane, type Forwarding } from "../../data-plane/data-plane.ts";
import { createBalancerScene } from "../../testing/balancers.ts";

type Row = Readonly<Record<string, unknown>>;
const ALL = [{ key: "*", value: "*" }];

/** An application load balancer with listeners of all protocols, a server group with a port of each, and an IP group. */
async function start() {
  let forwarded: readonly Forwarding[] = [];
  const quiet = createQuietDataPlane();
  const dataPlane = {
    ...quiet,
    apply(all: readonly Forwarding[]) {
      forwarded = all;
      quiet.apply(all);
    },
  };
  const scene = createBalancerScene({ dataPlane });
  const { done, must } = scene;
  const id = await scene.balancer("appblb");
  const at = `/v1/appblb/${id}`;
  const machine = scene.machine("a");
  const group = await done<Row>(`POST ${at}/appservergroup`, {
    name: "web",
    backendServerList: [{ instanceId: machine }],
  });
  const sgId = String(group.id);
  const portIds: Record<string, string> = {};
  for (const [type, port] of [
    ["TCP", 8001],
    ["UDP", 8002],
    ["HTTP", 8003],
  ] as const) {
    const body = { sgId, port, type, udpHealthCheckString: "hi" };
    portIds[type] = (await done<{ id: string }>(`POST ${at}/appservergroupport`, body)).id;
  }
  const ips = await done<Row>(`POST ${at}/ipgroup`, { name: "pods", memberList: [{ ip: "10.1.0.1", port: 80 }] });
  const ipGroupId = String(ips.id);
  const listen = (type: string, listenerPort: number) =>
    done(`POST ${at}/${type}listener`, { listenerPort, scheduler: "RoundRobin", certIds: ["cert-1"] });
  await listen("TCP", 1);
  await listen("UDP", 2);
  await listen("HTTP", 3);
  await listen("HTTPS", 4);
  await listen("SSL", 5);
  const policies = async (query: string) =>
    (await must<{ policyList: Row[] }>(`GET ${at}/policys?${query}`)).policyList;
  const create = (listenerPort: number, ...appPolicyVos: object[]) =>
    scene.end(`POST ${at}/policys`, { listenerPort, type: "", appPolicyVos });
  return { ...scene, id, at, machine, sgId, portIds, ipGroupId, policies, create, forwarded: () => forwarded };
}

describe("policies", () => {
  it("point a listener at a port of a server group, and its machines show their health there", async () => {
    const { must, at, machine, sgId, portIds, policies, create, settle } = await start();
    // As the official Go client sends it, with the fields of an answer.
    const policy = { appServerGroupId: sgId, backendPort: 8001, priority: 1, desc: "p", ruleList: ALL };
    const echo = { id: "", frontendPort: 0, appServerGroupName: "", portType: "" };
    assert.equal(await create(1, { ...policy, ...echo }), "200");
    assert.equal(await create(1, policy), "409 OperationDenied", "the load balancer is updating");
    await settle();
    const [made] = await policies("port=1");
    const { id, ruleList, ...rest } = made ?? {};
    assert.match(String(id), /^policy-/);
    assert.match(String((ruleList as Row[])[0]?.id), /^rule-/);
    assert.deepEqual(rest, {
      appServerGroupId: sgId,
      appServerGroupName: "web",
      appIpGroupId: "",
      appIpGroupName: "",
      groupType: "Server",
      frontendPort: 1,
      type: "TCP",
      backendPort: 8001,
      portType: "TCP",
      priority: 1,
      desc: "p",
    });
    const { backendServerList } = await must<{ backendServerList: Row[] }>(`GET ${at}/blbrs?sgId=${sgId}`);
    const { privateIp, ...member } = backendServerList[0] ?? {};
    assert.match(String(privateIp), /^192/);
    assert.deepEqual(member, {
      instanceId: machine,
      weight: 100,
      desc: "",
      portList: [
        {
          listenerPort: 1,
          backendPort: "8001",
          portType: "TCP",
          healthCheckPortType: "TCP",
          status: "Alive",
          portId: portIds.TCP,
          policyId: id,
        },
      ],
    });
  });

  it("fit in protocol, and are refused where they do not", async () => {
    const { done, at, sgId, ipGroupId, create, settle } = await start();
    const server = (backendPort: number, more: object = {}) => ({
      appServerGroupId: sgId,
      backendPort,
      priority: 1,
      ruleList: ALL,
      ...more,
    });
    const ip = { appIpGroupId: ipGroupId, priority: 1, ruleList: ALL };
    const refused = [
      [1, server(8002), "400 BadRequest"],
      [2, server(8001), "400 BadRequest"],
      [3, server(8001), "400 BadRequest"],
      [5, server(8003), "400 BadRequest"],
      [1, server(8001, { portType: "UDP" }), "400 BadRequest"],
      [1, server(8001, { appIpGroupId: ipGroupId }), "400 BadRequest"],
      [1, { priority: 1, ruleList: ALL }, "400 BadRequest"],
      [1, server(8001, { appServerGroupId: "sg-none" }), "404 NoSuchObject"],
      [9, server(8001), "404 NoSuchObject"],
      [1, server(8001, { priority: 0 }), "400 BadRequest"],
      [1, server(8001, { priority: 32769 }), "400 BadRequest"],
      [1, server(8001, { ruleList: [{ key: "host", value: "a.example" }] }), "400 BadRequest"],
      [3, server(8003, { ruleList: [] }), "400 BadRequest"],
      [3, server(8003, { ruleList: [...ALL, { key: "uri", value: "/a" }] }), "400 BadRequest"],
      [1, ip, "400 BadRequest"],
    ] as const;
    for (const [port, policy, expected] of refused)
      assert.equal(await create(port, policy), expected, `${port} ${JSON.stringify(policy)}`);
    assert.equal(await create(1), "400 InappropriateJSON");
    for (const [port, backendPort] of [
      [1, 8001],
      [2, 8002],
      [3, 8003],
      [4, 8003],
      [5, 8001],
    ] as const) {
      assert.equal(await create(port, server(backendPort)), "200");
      await settle();
    }
    assert.equal(await create(1, server(8001, { priority: 2 })), "409 OperationDenied", "one policy of TCP only");
    await done(`POST ${at}/ipgroup/backendpolicy`, { ipGroupId, type: "TCP" });
    assert.equal(await create(3, { ...ip, priority: 2 }), "200", "HTTP speaks TCP with the addresses of an IP group");
  });

  it("have priorities of their own, of which the listed order is made, and change in nothing else", async () => {
    const { must, done, end, at, sgId, policies, create, settle } = await start();
    const of = (priority: number, host: string) => ({
      appServerGroupId: sgId,
      backendPort: 8003,
      priority,
      ruleList: [
        { key: "host", value: host },
        { key: "uri", value: "/*" },
      ],
    });
    assert.equal(await create(3, of(20, "b.example"), of(10, "*.example")), "200");
    await settle();
    assert.equal(await create(3, of(20, "c.example")), "409 PolicyAlreadyExist");
    const order = async () => (await policies("port=3&type=HTTP")).map(({ priority }) => priority);
    assert.deepEqual(await order(), [10, 20]);
    const [first, second] = await policies("port=3");
    const update = (...policyList: object[]) =>
      end(`PUT ${at}/policys?batchupdate`, { port: 3, type: "HTTP", policyList });
    assert.equal(await update({ policyId: first?.id, priority: 20 }), "409 PolicyAlreadyExist");
    assert.equal(await update({ policyId: "policy-none", priority: 5 }), "404 NoSuchObject");
    assert.equal(await update({ policyId: first?.id }), "400 BadRequest");
    assert.equal(await update(), "400 InappropriateJSON");
    assert.equal(
      await update({ policyId: first?.id, priority: 20 }, { policyId: second?.id, priority: 10, description: "d" }),
      "200",
    );
    await settle();
    assert.deepEqual(
      (await policies("port=3")).map(({ id, desc }) => [id, desc]),
      [
        [second?.id, "d"],
        [first?.id, ""],
      ],
    );
    const page = await must<{ policyList: Row[]; nextMarker?: string }>(`GET ${at}/policys?port=3&maxKeys=1`);
    const rest = await policies(`port=3&maxKeys=1&marker=${page.nextMarker}`);
    assert.deepEqual(
      [...page.policyList, ...rest].map(({ priority }) => priority),
      [10, 20],
    );

    const remove = (...policyIdList: unknown[]) =>
      end(`PUT ${at}/policys?batchdelete`, { port: 3, policyIdList, type: "" });
    assert.equal(await remove(first?.id, "policy-none"), "404 NoSuchObject");
    assert.equal(await remove(), "400 InappropriateJSON");
    await done(`PUT ${at}/policys?batchdelete`, { port: 3, policyIdList: [first?.id] });
    assert.deepEqual(
      (await policies("port=3")).map(({ id }) => id),
      [second?.id],
    );
    assert.equal(await end(`GET ${at}/policys`), "400 BadRequest");
    assert.equal(await end(`GET ${at}/policys?port=9`), "404 NoSuchObject");
    assert.equal(await end("GET /v1/appblb/lb-none/policys?port=3"), "404 NoSuchObject");
  });

  it("need the protocol where a port has two, go with their listener, and hold what they use", async () => {
    const { done, end, at, sgId, portIds, ipGroupId, policies, create, settle } = await start();
    const policy = { appServerGroupId: sgId, backendPort: 8001, priority: 1, ruleList: ALL };
    await done(`POST ${at}/UDPlistener`, { listenerPort: 1, scheduler: "Hash" });
    assert.equal(await create(1, policy), "400 BadRequest");
    await done(`POST ${at}/policys`, { listenerPort: 1, type: "TCP", appPolicyVos: [policy] });
    assert.equal(await end(`GET ${at}/policys?port=1`), "400 BadRequest");
    assert.equal((await policies("port=1&type=TCP")).length, 1);
    assert.equal(await end(`PUT ${at}/appservergroup?delete`, { sgId }), "409 OperationDenied");
    const ports = { sgId, portIdList: [portIds.TCP] };
    assert.equal(await end(`PUT ${at}/appservergroupport?batchdelete`, ports), "409 OperationDenied");
    await done(`POST ${at}/ipgroup/backendpolicy`, { ipGroupId, type: "TCP" });
    const ip = { appIpGroupId: ipGroupId, priority: 1, ruleList: ALL };
    assert.equal(await create(5, ip), "200");
    await settle();
    assert.equal(await end(`PUT ${at}/ipgroup?delete`, { ipGroupId }), "409 OperationDenied");

    await done(`PUT ${at}/listener?batchdelete`, { portTypeList: [{ port: 1, type: "TCP" }] });
    await done(`PUT ${at}/listener?batchdelete`, { portList: [5] });
    await done(`POST ${at}/TCPlistener`, { listenerPort: 1, scheduler: "Hash" });
    assert.deepEqual(await policies("port=1&type=TCP"), []);
    await done(`PUT ${at}/appservergroupport?batchdelete`, ports);
    await done(`PUT ${at}/appservergroup?delete`, { sgId });
    await done(`PUT ${at}/ipgroup?delete`, { ipGroupId });
  });
});

it("traffic goes where the first policy sends it, if it takes all requests", async () => {
  const { done, must, at, id, machine, sgId, portIds, ipGroupId, create, settle, forwarded } = await start();
  const targets = (protocol: string) => {
    const found = forwarded().find((one) => one.protocol === protocol && one.blbId === id);
    return found?.targets.map(({ instanceId, port, running }) => [instanceId, port, running]);
  };
  assert.equal(targets("TCP"), undefined);
  await done(`PUT ${at}/appservergroupport`, { sgId, portId: portIds.HTTP, enableHealthCheck: false });
  const server = { appServerGroupId: sgId, priority: 5, ruleList: ALL };
  assert.equal(await create(1, { ...server, backendPort: 8001 }), "200");
  await settle();
  assert.deepEqual(targets("TCP"), [[machine, 8001, true]]);
  assert.equal(await create(3, { ...server, backendPort: 8003 }), "200");
  await settle();
  assert.deepEqual(targets("HTTP"), [[machine, 8003, true]]);
  const enabled = Object.fromEntries(forwarded().map(({ protocol, health }) => [protocol, health.enabled]));
  assert.deepEqual(enabled, { TCP: undefined, HTTP: false }, "only a group port can do without a check");
  const byHost = { ...server, backendPort: 8003, priority: 1, ruleList: [{ key: "host", value: "a.example" }] };
  assert.equal(await create(3, byHost), "200");
  await settle();
  assert.equal(targets("HTTP"), undefined, "by host is not forwarded at all rather than to the wrong one");
  await done(`POST ${at}/ipgroup/backendpolicy`, { ipGroupId, type: "TCP", healthCheckDownRetry: 2 });
  assert.equal(await create(5, { appIpGroupId: ipGroupId, priority: 1, ruleList: ALL }), "200");
  await settle();
  const { memberList } = await must<{ memberList: Row[] }>(`GET ${at}/ipgroup/member?ipGroupId=${ipGroupId}`);
  assert.deepEqual(targets("SSL"), [[memberList[0]?.memberId, 80, true]]);
  assert.equal(forwarded().find(({ protocol }) => protocol === "SSL")?.health.unhealthyThreshold, 2);
  assert.deepEqual(memberList[0]?.portList, [{ healthCheckPortType: "TCP", status: "Alive" }]);
});
