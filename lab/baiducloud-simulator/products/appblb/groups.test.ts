import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BalancerScene, createBalancerScene } from "../../testing/balancers.ts";

type Row = Readonly<Record<string, unknown>>;
const HEALTH = {
  enableHealthCheck: true,
  healthCheckHost: "",
  healthCheckTimeoutInSecond: 3,
  healthCheckIntervalInSecond: 3,
  healthCheckDownRetry: 3,
  healthCheckUpRetry: 3,
  healthCheckNormalStatus: "http_2xx|http_3xx",
  healthCheckUrlPath: "/",
  udpHealthCheckString: "",
};

const start = async (options = {}) => {
  const scene = createBalancerScene(options);
  const id = await scene.balancer("appblb");
  return { ...scene, id, at: `/v1/appblb/${id}` };
};
const groupsAt = async (scene: BalancerScene, at: string, query = "") =>
  (await scene.must<{ appServerGroupList: Row[] }>(`GET ${at}/appservergroup${query}`)).appServerGroupList;
const ipGroupsAt = async (scene: BalancerScene, at: string, query = "") =>
  (await scene.must<{ appIpGroupList: Row[] }>(`GET ${at}/ipgroup${query}`)).appIpGroupList;

describe("a server group", () => {
  it("is made with machines, changed, and deleted", async () => {
    const scene = await start();
    const { must, done, end, at } = scene;
    const [a, b] = [scene.machine("a"), scene.machine("b")];
    const made = await must<Row>(`POST ${at}/appservergroup`, { name: "web", backendServerList: [{ instanceId: a }] });
    assert.match(String(made.id), /^sg-/);
    assert.deepEqual([made.name, made.desc, made.status], ["web", "", "updating"]);
    assert.equal(await end(`POST ${at}/appservergroup`, { name: "more" }), "409 OperationDenied");
    await scene.settle();
    const sgId = String(made.id);
    await done(`PUT ${at}/appservergroup`, { sgId, name: "other", desc: "d" });
    const [shown] = await groupsAt(scene, at, "?name=oth");
    assert.deepEqual([shown?.id, shown?.name, shown?.status, shown?.portList], [sgId, "other", "available", []]);
    assert.deepEqual(await groupsAt(scene, at, "?name=oth&exactlyMatch=true"), []);
    assert.equal(await end(`PUT ${at}/appservergroup`, { sgId: "sg-none", name: "x" }), "404 NoSuchObject");
    assert.equal(
      await end(`POST ${at}/appservergroup`, { backendServerList: [{ instanceId: "i-none" }] }),
      "404 NoSuchObject",
    );
    assert.equal(await end("POST /v1/appblb/lb-none/appservergroup", {}), "404 NoSuchObject");
    assert.equal(await end("GET /v1/appblb/lb-none/appservergroup"), "404 NoSuchObject");

    const members = async () => {
      const { backendServerList } = await must<{ backendServerList: Row[] }>(`GET ${at}/blbrs?sgId=${sgId}`);
      return Object.fromEntries(backendServerList.map(({ instanceId, weight }) => [instanceId, weight]));
    };
    await done(`POST ${at}/blbrs`, { sgId, backendServerList: [{ instanceId: b, weight: 5 }] });
    assert.deepEqual(await members(), { [a]: 100, [b]: 5 });
    assert.equal(
      await end(`POST ${at}/blbrs`, { sgId, backendServerList: [{ instanceId: b }] }),
      "409 BackendServerAlreadyExist",
    );
    await done(`PUT ${at}/blbrs`, {
      sgId,
      backendServerList: [
        { instanceId: a, weight: 1 },
        { instanceId: b, weight: null },
      ],
    });
    assert.deepEqual(await members(), { [a]: 1, [b]: 5 });
    assert.equal(
      await end(`PUT ${at}/blbrs`, { sgId, backendServerList: [{ instanceId: "i-none" }] }),
      "404 NoSuchObject",
    );
    const c = scene.machine("c");
    const mounted = async (call: string) =>
      (await must<{ backendServerList: Row[] }>(`GET ${at}/${call}?sgId=${sgId}`)).backendServerList.map(
        (one) => one.instanceId,
      );
    assert.deepEqual(await mounted("blbrsmount"), [a, b]);
    assert.deepEqual(await mounted("blbrsunmount"), [c]);
    await done(`PUT ${at}/blbrs?batchdelete`, { sgId, backendServerIdList: [a] });
    assert.deepEqual(await members(), { [b]: 5 });
    assert.equal(await end(`PUT ${at}/blbrs?batchdelete`, { sgId, backendServerIdList: [a] }), "404 NoSuchObject");
    const found = await must<{ blbList: Row[] }>(`GET /v1/appblb?bccId=${b}`);
    assert.equal(found.blbList.length, 1);
    scene.simulator.deleteInstance(b);
    await scene.settle();
    assert.deepEqual(await members(), {});
    for (const call of ["blbrs", "blbrsmount", "blbrsunmount"])
      assert.equal(await end(`GET ${at}/${call}?sgId=sg-none`), "404 NoSuchObject");

    await done(`PUT ${at}/appservergroup?delete`, { sgId });
    assert.equal(await end(`PUT ${at}/appservergroup?delete`, { sgId }), "404 NoSuchObject");
    assert.deepEqual(await groupsAt(scene, at), []);
  });

  it("has ports, each with its health check", async () => {
    const scene = await start();
    const { must, done, end, at } = scene;
    const { id: sgId } = await done<Row>(`POST ${at}/appservergroup`, { name: "web" });
    const path = `${at}/appservergroupport`;
    const made = await must<Row>(`POST ${path}`, { sgId, port: 80, type: "HTTP" });
    assert.match(String(made.id), /^port-/);
    await scene.settle();
    const ports = async () => (await groupsAt(scene, at))[0]?.portList;
    const http = { id: made.id, port: 80, type: "HTTP", status: "available", healthCheck: "HTTP", healthCheckPort: 80 };
    assert.deepEqual(await ports(), [{ ...HEALTH, ...http }]);
    await done(`PUT ${path}`, { sgId, portId: made.id, enableHealthCheck: false, healthCheckDownRetry: 5 });
    assert.deepEqual(await ports(), [{ ...HEALTH, ...http, enableHealthCheck: false, healthCheckDownRetry: 5 }]);
    const refused = [
      [`POST ${path}`, { sgId, port: 80, type: "TCP" }, "409 PortAlreadyExist"],
      [`POST ${path}`, { sgId, port: 81, type: "HTTPS" }, "400 BadRequest"],
      [`POST ${path}`, { sgId, port: 81, type: "TCP", healthCheck: "HTTP" }, "400 BadRequest"],
      [`POST ${path}`, { sgId, port: 53, type: "UDP" }, "400 InappropriateJSON"],
      [`POST ${path}`, { sgId: "sg-none", port: 81, type: "TCP" }, "404 NoSuchObject"],
      [`PUT ${path}`, { sgId, portId: "port-none" }, "404 NoSuchObject"],
      [`PUT ${path}?batchdelete`, { sgId, portIdList: ["port-none"] }, "404 NoSuchObject"],
      [`PUT ${path}?batchdelete`, { sgId, portIdList: [] }, "400 InappropriateJSON"],
    ] as const;
    for (const [line, body, expected] of refused) assert.equal(await end(line, body), expected, JSON.stringify(body));
    await done(`POST ${path}`, { sgId, port: 80, type: "UDP", udpHealthCheckString: "hi" });
    await done(`PUT ${path}?batchdelete`, { sgId, portIdList: [made.id] });
    assert.equal(((await ports()) as Row[]).length, 1);
  });

  it("takes as many machines as the quota", async () => {
    const { done, end, at, machine } = await start({ quotas: { backendsPerBlb: 1 } });
    const { id: sgId } = await done<Row>(`POST ${at}/appservergroup`, {});
    const backendServerList = [{ instanceId: machine("a") }, { instanceId: machine("b") }];
    assert.equal(await end(`POST ${at}/blbrs`, { sgId, backendServerList }), "403 QuotaLimitExceeded");
  });
});

describe("an IP group", () => {
  it("is made with members, changed, and deleted", async () => {
    const scene = await start();
    const { must, done, end, at } = scene;
    const made = await done<Row>(`POST ${at}/ipgroup`, { name: "pods", memberList: [{ ip: "10.1.0.1", port: 80 }] });
    const ipGroupId = String(made.id);
    assert.match(ipGroupId, /^ip_group-/);
    await done(`PUT ${at}/ipgroup`, { ipGroupId, name: "other", desc: "d" });
    const [shown] = await ipGroupsAt(scene, at, "?name=other&exactlyMatch=true");
    assert.deepEqual(
      [shown?.name, shown?.desc, shown?.groupTargetType, shown?.backendPolicyList],
      ["other", "d", "customized", []],
    );
    const path = `${at}/ipgroup/member`;
    const members = async () =>
      (await must<{ memberList: Row[] }>(`GET ${path}?ipGroupId=${ipGroupId}`)).memberList.sort((a, b) =>
        String(a.ip) < String(b.ip) ? -1 : 1,
      );
    await done(`POST ${path}`, { ipGroupId, memberList: [{ ip: "10.1.0.2", port: 80, weight: 7, desc: "two" }] });
    const [first, second] = await members();
    assert.deepEqual([first?.ip, first?.weight, second?.weight, second?.desc], ["10.1.0.1", 100, 7, "two"]);
    await done(`PUT ${path}`, { ipGroupId, memberList: [{ memberId: second?.memberId, port: 81, weight: 0 }] });
    const changed = (await members())[1];
    assert.deepEqual([changed?.port, changed?.weight, changed?.desc], [81, 0, "two"]);
    const refused = [
      [`POST ${path}`, { ipGroupId, memberList: [{ ip: "10.1.0.1", port: 80 }] }, "409 MemberAlreadyExist"],
      [`POST ${path}`, { ipGroupId, memberList: [{ ip: "ten", port: 80 }] }, "400 BadRequest"],
      [`POST ${path}`, { ipGroupId, memberList: [] }, "400 InappropriateJSON"],
      [`POST ${path}`, { ipGroupId: "none", memberList: [{ ip: "10.1.0.9", port: 80 }] }, "404 NoSuchObject"],
      [`PUT ${path}`, { ipGroupId, memberList: [{ memberId: "none" }] }, "404 NoSuchObject"],
      [
        `PUT ${path}`,
        {
          ipGroupId,
          memberList: [
            { memberId: second?.memberId, port: 80 },
            { memberId: first?.memberId, weight: 101 },
          ],
        },
        "400 BadRequest",
      ],
      [`PUT ${path}?delete`, { ipGroupId, memberIdList: ["none"] }, "404 NoSuchObject"],
      [`GET ${path}?ipGroupId=none`, undefined, "404 NoSuchObject"],
      [`PUT ${at}/ipgroup`, { ipGroupId: "none" }, "404 NoSuchObject"],
      [`PUT ${at}/ipgroup`, { ipGroupId, preserveClientIpEnabled: false }, "400 BadRequest"],
      [`POST ${at}/ipgroup`, { preserveClientIpEnabled: false }, "400 BadRequest"],
      ["GET /v1/appblb/lb-none/ipgroup", undefined, "404 NoSuchObject"],
    ] as const;
    for (const [line, body, expected] of refused)
      assert.equal(await end(line, body), expected, `${line} ${JSON.stringify(body)}`);
    await done(`POST ${at}/ipgroup`, { preserveClientIpEnabled: false, groupTargetType: "sameVpc" });
    await done(`PUT ${path}?delete`, { ipGroupId, memberIdList: [first?.memberId] });
    assert.deepEqual(
      (await members()).map(({ ip }) => ip),
      ["10.1.0.2"],
    );
    await done(`PUT ${at}/ipgroup?delete`, { ipGroupId });
    assert.equal(await end(`PUT ${at}/ipgroup?delete`, { ipGroupId }), "404 NoSuchObject");
  });

  it("speaks protocols, each with its health check", async () => {
    const scene = await start();
    const { must, done, end, at } = scene;
    const { id: ipGroupId } = await done<Row>(`POST ${at}/ipgroup`, {});
    const path = `${at}/ipgroup/backendpolicy`;
    const { id } = await must<Row>(`POST ${path}`, { ipGroupId, type: "HTTP", healthCheckPort: 8080 });
    await scene.settle();
    const policies = async () => (await ipGroupsAt(scene, at))[0]?.backendPolicyList as Row[];
    const http = { ...HEALTH, id, type: "HTTP", healthCheck: "HTTP", healthCheckPort: 8080 };
    assert.deepEqual(await policies(), [http]);
    await done(`PUT ${path}`, { ipGroupId, id, healthCheckUrlPath: "/well", healthCheck: "TCP" });
    assert.deepEqual(await policies(), [{ ...http, healthCheckUrlPath: "/well", healthCheck: "TCP" }]);
    const refused = [
      [`POST ${path}`, { ipGroupId, type: "HTTP", healthCheckPort: 1 }, "409 PolicyAlreadyExist"],
      [`POST ${path}`, { ipGroupId, type: "UDP" }, "400 InappropriateJSON"],
      [`POST ${path}`, { ipGroupId, type: "TCP", healthCheck: "ICMP" }, "400 BadRequest"],
      [`PUT ${path}`, { ipGroupId, id: "none" }, "404 NoSuchObject"],
      [`PUT ${path}?delete`, { ipGroupId, backendPolicyIdList: ["none"] }, "404 NoSuchObject"],
      [`DELETE ${path}`, { ipGroupId, backendPolicyIdList: [] }, "400 InappropriateJSON"],
    ] as const;
    for (const [line, body, expected] of refused) assert.equal(await end(line, body), expected, JSON.stringify(body));
    const other = await done<Row>(`POST ${path}`, { ipGroupId, type: "UDP", healthCheck: "ICMP" });
    await done(`PUT ${path}?delete`, { ipGroupId, backendPolicyIdList: [id] });
    // As the official Python client asks for it.
    await done(`DELETE ${path}`, { ipGroupId, backendPolicyIdList: [other.id] });
    assert.deepEqual(await policies(), []);
  });
});
